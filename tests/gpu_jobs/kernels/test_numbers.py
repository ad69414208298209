"""The robust mean of numbers."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels import numbers
from gpu_jobs.kernels.numbers import RobustMean

COLUMNS = ["task", "worker", "label"]
crowds = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(-50, 50)), min_size=1, max_size=20)


def noisy(outliers: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    """200 numbers, five answers each, workers from 0.3 to 3 in standard deviation."""
    rng = np.random.default_rng(0)
    truth, spread = rng.normal(0, 10, 200), np.linspace(0.3, 3, 20)
    rows = [(t, w, truth[t] + spread[w] * rng.normal()) for t in range(200) for w in rng.choice(20, 5, replace=False)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    hit = rng.random(len(frame)) < outliers
    frame.loc[hit, "label"] += 300.0
    return frame, truth


def test_equal_workers_give_the_mean() -> None:
    rows = [("t", "a", 1.0), ("t", "b", 2.0), ("t", "c", 3.0), ("s", "a", 7.0)]
    found = RobustMean().fit_predict(pd.DataFrame(rows, columns=COLUMNS))
    assert found.to_dict() == pytest.approx({"s": 7.0, "t": 2.0}), "symmetric answers meet in the middle"


def test_weighs_workers_by_precision() -> None:
    frame, truth = noisy()
    method = RobustMean()
    error = method.fit_predict(frame) - truth
    plain = frame.groupby("task")["label"].mean() - truth
    assert (error**2).mean() < 0.6 * (plain**2).mean(), "precise workers must count more"
    assert np.corrcoef(method.skills_.rank(), np.arange(20))[0, 1] < -0.9, "precision is learned"
    covered = (error.abs() < 1.96 * method.errors_).mean()
    assert 0.85 < covered < 0.99, "standard errors mean what they say, roughly"


def test_gross_errors_have_no_pull() -> None:
    frame, truth = noisy(outliers=0.03)
    assert ((RobustMean().fit_predict(frame) - truth).abs() < 5).mean() > 0.99, "a typing error must not move a task"


@settings(max_examples=50, deadline=None)
@given(crowds)
def test_lies_between_the_answers_whatever_the_order(rows: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    found = RobustMean().fit_predict(frame)
    bounds = frame.groupby("task")["label"].agg(["min", "max"])
    assert ((found >= bounds["min"] - 1e-9) & (found <= bounds["max"] + 1e-9)).all(), "a weighted mean stays inside"
    assert RobustMean().fit_predict(frame[::-1]).equals(found), "rows are a set"


@settings(max_examples=25, deadline=None)
@given(crowds)
def test_moves_and_scales_with_the_answers(rows: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    found = RobustMean(n_iter=5).fit_predict(frame)
    moved = RobustMean(n_iter=5).fit_predict(frame.assign(label=4.0 * frame["label"] + 3))
    assert np.allclose(moved, 4 * found + 3, atol=1e-6), "the unit of measure must not matter"


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        RobustMean().fit(pd.DataFrame([("t", "a", np.inf)], columns=COLUMNS))


def test_example_runs() -> None:
    outcome = doctest.testmod(numbers)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
