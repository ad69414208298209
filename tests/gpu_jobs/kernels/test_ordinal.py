"""Ordinal answers with kind, harsh and vague workers."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels import ordinal
from gpu_jobs.kernels.ordinal import BIASES, SPREADS, Ordinal, log_table

COLUMNS = ["task", "worker", "label"]
crowds = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 5)), min_size=1, max_size=20)


def biased() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """300 tasks on five levels, five answers each, twenty workers with biases from -1 to 1 level."""
    rng = np.random.default_rng(0)
    truth, bias = rng.integers(0, 5, 300), np.linspace(-1, 1, 20)
    rows = [
        (t, w, int(np.clip(np.rint(truth[t] + bias[w] + 0.6 * rng.normal()), 0, 4)))
        for t in range(300)
        for w in rng.choice(20, 5, replace=False)
    ]
    return pd.DataFrame(rows, columns=COLUMNS), truth, bias


def test_table_by_hand() -> None:
    table = np.exp(log_table(3))
    assert table.shape == (len(BIASES) * len(SPREADS), 3, 3), "a table of answered by true at every grid point"
    assert np.allclose(table.sum(axis=1), 1.0), "answers to a true level are a distribution"
    unbiased = table[15 * len(SPREADS)]  # bias 0, the least spread 0.25
    assert unbiased[0, 0] == pytest.approx(1 / (1 + np.exp(-8) + np.exp(-32))), "exp of minus half a squared distance"


def test_removes_bias() -> None:
    frame, truth, bias = biased()
    method = Ordinal()
    right = (method.fit_predict(frame) == truth).mean()
    median = (frame.groupby("task")["label"].median().round() == truth).mean()
    assert right > median + 0.05, "better than the median of the answers"
    assert np.corrcoef(method.biases_, bias)[0, 1] > 0.95, "biases are learned"
    assert (method.expected_ - truth).abs().mean() < 0.3, "expected values are near the truth"


def test_expected_value_and_median_of_a_split_task() -> None:
    frame = pd.DataFrame([("t", "a", "low"), ("t", "b", "high")], columns=COLUMNS)
    method = Ordinal(levels=["low", "mid", "high"])
    label = method.fit_predict(frame)["t"]
    assert method.expected_["t"] == pytest.approx(1.0), "as far from low as from high"
    assert label == "mid" and method.probas_.columns.tolist() == ["low", "mid", "high"], "levels keep their order"


def test_a_label_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="'odd'"):
        Ordinal(levels=["low", "high"]).fit(pd.DataFrame([("t", "a", "odd")], columns=COLUMNS))


@settings(max_examples=40, deadline=None)
@given(crowds)
def test_invariances(rows: list[tuple[int, int, int]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    method = Ordinal(levels=[1, 2, 3, 4, 5], n_iter=5)
    probas = method.fit_predict_proba(frame)
    assert np.allclose(probas.sum(axis=1), 1.0), "a distribution per task"
    assert method.fit_predict_proba(frame[::-1]).equals(probas), "rows are a set"
    renamed = method.fit_predict_proba(frame.assign(worker=-frame["worker"]))
    assert np.allclose(renamed, probas, atol=1e-6), "names of workers do not matter"


def test_one_who_repeats_the_truth_does_not_change_a_clear_result() -> None:
    frame = biased()[0]
    labels = Ordinal().fit_predict(frame)
    echo = pd.DataFrame([(task, 99, label) for task, label in labels.items()], columns=COLUMNS)
    changed = (Ordinal().fit_predict(pd.concat([frame, echo])) != labels).mean()
    assert changed < 0.02, "agreement confirms"


def test_example_runs() -> None:
    outcome = doctest.testmod(ordinal)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
