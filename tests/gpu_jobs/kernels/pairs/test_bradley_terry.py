"""Bradley-Terry against closed forms, its own stationarity and crowd-kit."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import BradleyTerry as Oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels.pairs import BradleyTerry, bradley_terry

COLUMNS = ["worker", "left", "right", "label"]
duels = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 4), st.booleans()), min_size=1, max_size=30
).map(lambda rows: [(w, i, (i + step) % 5, i if left else (i + step) % 5) for w, i, step, left in rows])


def test_two_items_have_a_closed_form() -> None:
    rows = [("w", "a", "b", "a")] * 3 + [("w", "a", "b", "b")]
    scores = BradleyTerry(shape=2.0).fit_predict(pd.DataFrame(rows, columns=COLUMNS))
    # v_a (2 + 4 / (v_a + v_b)) = 1 + 3 with v_a + v_b = 1
    assert scores.to_dict() == pytest.approx({"a": 4 / 6, "b": 2 / 6}), "the posterior's mode, by hand"


def test_agrees_with_crowdkit_without_a_prior() -> None:
    rng = np.random.default_rng(0)
    pairs = [tuple(rng.choice(6, 2, replace=False)) for _ in range(400)]
    rows = [("w", i, j, i if rng.random() < (i + 1) / (i + j + 2) else j) for i, j in pairs]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    ours = BradleyTerry(shape=1.0).fit_predict(frame)
    # its test of convergence compares an array with itself and would stop it at the second step
    theirs = Oracle(n_iter=1000, tol=0).fit_predict(frame).reindex(ours.index)
    assert np.allclose(ours, theirs, atol=1e-6), "without a prior it is the maximum likelihood of crowd-kit"


@settings(max_examples=30, deadline=None)
@given(duels)
def test_scores_sum_to_one_whatever_the_order_of_rows(rows: list[tuple[int, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    scores = BradleyTerry().fit_predict(frame)
    assert scores.sum() == pytest.approx(1.0) and (scores > 0).all(), "scores are shares above 0"
    assert BradleyTerry().fit_predict(frame[::-1]).equals(scores), "the order of rows must not change a bit"


def test_an_unbeaten_item_stays_finite() -> None:
    scores = BradleyTerry().fit_predict(pd.DataFrame([("w", "a", "b", "a")] * 9, columns=COLUMNS))
    assert scores["a"] < 0.95, "the prior keeps some doubt"


def test_example_runs() -> None:
    outcome = doctest.testmod(bradley_terry)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
