"""Boxes are matched by overlap, averaged by worker and dropped without support."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels import boxes
from gpu_jobs.kernels.boxes import CORNERS, BoxClusters

COLUMNS = ["task", "worker", *CORNERS]
NONE = (None,) * 4
crowds = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), *[st.integers(0, 4)] * 2, *[st.integers(1, 4)] * 2).map(
        lambda row: (*row[:4], row[2] + row[4], row[3] + row[5])
    ),
    min_size=1,
    max_size=10,
)


def found(*rows: tuple) -> pd.DataFrame:
    return BoxClusters().fit_predict(pd.DataFrame(rows, columns=COLUMNS))


def test_two_things_stay_two() -> None:
    rows = [("t", w, *box) for w in "abc" for box in [(0, 0, 10, 10), (20, 0, 30, 10)]]
    result = found(*rows)
    assert result[CORNERS].to_numpy().tolist() == [[0, 0, 10, 10], [20, 0, 30, 10]], "one box for each thing"
    assert result["support"].tolist() == [1.0, 1.0], "everybody saw both"


def test_corners_are_averaged() -> None:
    result = found(("t", "a", 0, 0, 10, 10), ("t", "b", 2, 0, 12, 10))
    assert result[CORNERS].to_numpy().tolist() == [[1, 0, 11, 10]], "equal workers meet in the middle"


def test_one_workers_overlapping_boxes_are_two_things() -> None:
    rows = [("t", w, *box) for w in "ab" for box in [(0, 0, 10, 10), (0, 0, 10, 8)]]
    assert len(found(*rows)) == 2, "a worker is in a cluster once"


def test_what_few_saw_is_dropped_and_nothing_is_an_answer() -> None:
    rows = [("t", "a", 0, 0, 10, 10), ("t", "b", *NONE), ("t", "c", *NONE), ("s", "a", 0, 0, 1, 1)]
    result = found(*rows)
    assert list(result.index) == ["s"], "one of three is too few, one of one is not"


def test_careful_workers_count_more() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for task in range(40):
        for worker in range(5):
            noise = rng.normal(0, 4 if worker == 4 else 0.3, 4)
            rows.append((task, worker, *(np.array([0, 0, 30, 30]) + noise)))
    method = BoxClusters()
    method.fit(pd.DataFrame(rows, columns=COLUMNS))
    assert method.skills_.idxmin() == 4, "who draws loosely overlaps less"
    assert (method.intervals_["lower"] < method.skills_).all(), "skills have intervals"


def test_labels_are_voted() -> None:
    frame = pd.DataFrame([("t", w, 0, 0, 9, 9) for w in "abc"], columns=COLUMNS).assign(label=["cat", "dog", "cat"])
    assert BoxClusters().fit_predict(frame)["label"].tolist() == ["cat"], "the heaviest label of the cluster"


@pytest.mark.parametrize("box", [(5, 0, 5, 9), (0, 0, None, 9), (0, 0, np.inf, 9)])
def test_bad_boxes_are_refused(box: tuple) -> None:
    with pytest.raises(ValueError, match="corners"):
        found(("t", "a", *box))


@settings(max_examples=40, deadline=None)
@given(crowds)
def test_invariances(rows: list[tuple[int, ...]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    result = BoxClusters().fit_predict(frame)
    assert BoxClusters().fit_predict(frame[::-1]).equals(result), "rows are a set"
    assert (result["x_min"] < result["x_max"]).all() and result["support"].between(0.499, 1.001).all(), "sound boxes"
    bounds = frame.groupby("task")[CORNERS]
    low, high = bounds.min().reindex(result.index), bounds.max().reindex(result.index)
    inside = (result[CORNERS] >= low - 1e-9) & (result[CORNERS] <= high + 1e-9)
    assert inside.to_numpy().all(), "averages stay among the answers"


def test_example_runs() -> None:
    outcome = doctest.testmod(boxes)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
