"""Weighting by agreement, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from crowds import crowd

from gpu_jobs.kernels import Wawa
from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.wawa import agreement_with, weighted_shares

# workers 0, 1 and 2 agree twice; 3 and 4 are against them
ROWS = [(task, worker, int(worker < 3)) for task in (0, 1) for worker in range(5)]


def test_agreement_is_the_share_of_equal_answers() -> None:
    prepared = Crowd(crowd(ROWS, tasks=2))

    assert agreement_with(prepared, prepared.vote_shares()).tolist() == [1, 1, 1, 0, 0], "three against two"


def test_weights_are_summed() -> None:
    prepared = Crowd(crowd([(0, 0, 1), (0, 1, 0), (0, 2, 0)], tasks=1))

    assert weighted_shares(prepared, np.array([0.9, 0.3, 0.3]))[0] == pytest.approx([0.4, 0.6]), "0.6 against 0.9"


def test_those_who_agreed_outvote_those_who_did_not() -> None:
    rows = [*ROWS, (2, 0, 1), (2, 3, 0), (2, 4, 0)]

    found = Wawa().fit(crowd(rows, tasks=3))

    # skills: 0 agrees on two of three, 3 and 4 on one of three each: a tie of 2/3 that plain votes settle
    assert found.posterior[2] == pytest.approx([0.5, 0.5]) and found.labels[2] == 0, "a third and a third make two"
