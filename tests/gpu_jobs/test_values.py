"""The shared arithmetic of all methods, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from gpu_jobs.kernels.values import CREDIBLE, Answers, credible_interval, labels_of

TAIL = (1 - CREDIBLE) / 2


@pytest.mark.parametrize(("right", "wrong"), [(1.0, 1.0), (20.0, 1.0), (3.0, 40.0), (8000.0, 2000.0)])
def test_the_interval_is_the_betas(right: float, wrong: float) -> None:
    lower, upper = credible_interval(np.array([right]), np.array([wrong]))

    spread = beta.std(right, wrong)
    assert lower[0] == pytest.approx(beta.ppf(TAIL, right, wrong), abs=0.05 * spread), "the lower 2.5 %"
    assert upper[0] == pytest.approx(beta.ppf(1 - TAIL, right, wrong), abs=0.05 * spread), "the upper 2.5 %"


def test_many_workers_are_done_in_parts_and_none_is_none() -> None:
    lower, upper = credible_interval(np.full(5000, 3.0), np.full(5000, 2.0))

    assert len(np.unique(lower)) == len(np.unique(upper)) == 1, "equal workers get equal intervals in every part"
    assert [len(end) for end in credible_interval(np.empty(0), np.empty(0))] == [0, 0], "no workers, no intervals"


def test_an_equal_posterior_goes_to_the_lowest_class_and_silence_to_none() -> None:
    answers = Answers(np.array([0]), np.array([0]), np.array([1]), 2, 1, 2, np.array([-1, -1]))

    assert labels_of(answers, np.full((2, 2), 0.5)).tolist() == [0, -1], "deterministic, and nothing made up"
