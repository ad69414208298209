"""Noisy Bradley-Terry must find out whom to believe."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from gpu_jobs.kernels.pairs import NoisyBradleyTerry, noisy_bradley_terry
from gpu_jobs.kernels.pairs.comparisons import read

COLUMNS = ["worker", "left", "right", "label"]


def crowd(seed: int = 0) -> pd.DataFrame:
    """Ten items in order, six careful workers, one who always takes the left, one who ranks upside down."""
    rng = np.random.default_rng(seed)
    rows = []
    for worker in range(8):
        for _ in range(60):
            left, right = (int(item) for item in rng.choice(10, 2, replace=False))
            better = rng.random() < 1 / (1 + np.exp(right - left))
            choice = {6: True, 7: not better}.get(worker, better)
            rows.append((worker, left, right, left if choice else right))
    return pd.DataFrame(rows, columns=COLUMNS)


def test_gradient_is_that_of_the_loss() -> None:
    seen, method = read(crowd()), NoisyBradleyTerry()
    point = np.random.default_rng(1).normal(size=len(seen.items) + 2 * len(seen.workers))
    gap = check_grad(lambda x: method._loss(x, seen)[0], lambda x: method._loss(x, seen)[1], point)
    assert gap < 1e-3, "the analytic gradient must match finite differences"


def test_finds_the_order_the_taste_and_the_contrarian() -> None:
    method = NoisyBradleyTerry()
    scores = method.fit_predict(crowd())
    assert np.corrcoef(scores, scores.index)[0, 1] > 0.95, "scores follow the true order"
    assert method.skills_.idxmin() == 7 and method.skills_[7] < 0, "who ranks upside down has a negative skill"
    assert method.biases_.idxmax() == 6, "who always takes the left has the greatest bias"
    assert (method.intervals_["lower"] < method.skills_).all(), "intervals hold their skill"


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_order_of_rows_does_not_change_a_bit(seed: int) -> None:
    frame = crowd(seed)
    shuffled = frame.sample(frac=1, random_state=seed)
    assert NoisyBradleyTerry().fit_predict(shuffled).equals(NoisyBradleyTerry().fit_predict(frame)), "rows are a set"


def test_names_of_workers_do_not_matter() -> None:
    frame = crowd()
    renamed = frame.assign(worker=9 - frame["worker"])
    assert np.allclose(NoisyBradleyTerry().fit_predict(renamed), NoisyBradleyTerry().fit_predict(frame), atol=1e-3), (
        "scores must not depend on what workers are called"
    )


def test_example_runs() -> None:
    outcome = doctest.testmod(noisy_bradley_terry)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
