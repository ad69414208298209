"""M-MSR: skills from agreement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from crowds import crowd, drawn

from gpu_jobs.kernels import MMSR
from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.mmsr import MOST_WORKERS, _pairs


def test_agreement_beyond_chance_is_scaled_to_one() -> None:
    rows = [(task, worker, int(worker == 2 and task < 2)) for task in range(4) for worker in range(3)]

    agreement, common = _pairs(Crowd(crowd(rows, tasks=4)))

    assert common[0].tolist() == [0, 4, 4], "four tasks in common, none with oneself"
    assert agreement[0].tolist() == [0, 1, 0], "always, and half of the time: as by chance"


def test_skills_recover_a_rank_one_matrix() -> None:
    skill = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    met = np.ones((5, 5)) - np.eye(5)

    found, _ = MMSR(trim=0.0)._rank_one(np.outer(skill, skill) * met, met)

    assert found == pytest.approx(skill, abs=1e-3), "the products determine the factors"


def test_too_many_workers_are_refused() -> None:
    answers, _ = drawn(0, tasks=5)
    with pytest.raises(ValueError, match="5000 workers at most"):
        MMSR().fit(replace(answers, n_workers=MOST_WORKERS + 1))
