"""Sets of labels: one by one, and with the skill that a worker's labels share."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels import multilabel
from gpu_jobs.kernels.ibcc import IBCC
from gpu_jobs.kernels.multilabel import BinaryRelevance, JointMultiLabel

COLUMNS = ["task", "worker", "label"]
METHODS = [BinaryRelevance, JointMultiLabel]
crowds = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.lists(st.sampled_from("abc"), max_size=3)),
    min_size=1,
    max_size=12,
)


def tagged() -> tuple[pd.DataFrame, np.ndarray]:
    """300 tasks with 8 labels of different frequency, four answers each by twenty workers of different care."""
    rng = np.random.default_rng(0)
    truth = rng.random((300, 8)) < rng.uniform(0.03, 0.3, 8)
    hit, spare = rng.beta(6, 3, 20), rng.beta(25, 2, 20)
    rows = [
        (
            task,
            worker,
            np.flatnonzero(np.where(truth[task], rng.random(8) < hit[worker], rng.random(8) > spare[worker])),
        )
        for task in range(300)
        for worker in rng.choice(20, 4, replace=False)
    ]
    return pd.DataFrame(rows, columns=COLUMNS), truth


def f1(lists: pd.Series, truth: np.ndarray) -> float:
    found = np.array([[label in labels for label in range(truth.shape[1])] for labels in lists])
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


@pytest.mark.parametrize("method", METHODS)
def test_majority_by_hand(method: type) -> None:
    rows = [
        ("t", "a", ["x", "y"]),
        ("t", "b", ["x"]),
        ("t", "c", "x, z"),
        ("s", "a", []),
        ("s", "b", ""),
        ("s", "c", "z"),
    ]
    found = method().fit_predict(pd.DataFrame(rows, columns=COLUMNS))
    assert found.to_dict() == {"s": [], "t": ["x"]}, "lists and strings with commas; an empty set is an answer"


def test_shared_skill_beats_one_by_one() -> None:
    frame, truth = tagged()
    joint, vote = (f1(method().fit_predict(frame), truth) for method in (JointMultiLabel, BinaryRelevance))
    single = f1(BinaryRelevance(base=IBCC).fit_predict(frame), truth)
    assert joint > single + 0.02 and joint > vote + 0.05, "rare labels profit from what the common ones tell of workers"


def test_each_label_has_its_own_fitted_method() -> None:
    method = BinaryRelevance(base=IBCC)
    method.fit(tagged()[0])
    assert sorted(method.methods_) == list(range(8)), "one fit per label"
    assert len({id(one) for one in method.methods_.values()}) == 8, "fits are not shared"


def test_worker_skill_is_the_share_of_right_decisions() -> None:
    rows = [(task, worker, ["x"] if task % 2 else ["y"]) for task in range(20) for worker in "abc"]
    rows += [(task, "odd", ["y"] if task % 2 else ["x"]) for task in range(20)]
    method = JointMultiLabel()
    method.fit(pd.DataFrame(rows, columns=COLUMNS))
    assert method.skills_["odd"] < 0.1 < 0.9 < method.skills_["a"], "who gives the other label is never right"
    assert (method.intervals_["lower"] < method.skills_).all(), "skills have intervals"


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=30, deadline=None)
@given(crowds)
def test_invariances(method: type, rows: list[tuple[int, int, list[str]]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    found = method().fit_predict(frame)
    assert method().fit_predict(frame[::-1]).equals(found), "rows are a set"


@settings(max_examples=30, deadline=None)
@given(crowds)
def test_a_vote_cannot_give_what_nobody_gave(rows: list[tuple[int, int, list[str]]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    found = BinaryRelevance().fit_predict(frame)
    named = frame.groupby("task")["label"].agg(lambda lists: set().union(*lists))
    assert all(set(found[task]) <= named[task] for task in found.index), "labels come from the task's answers"


def test_example_runs() -> None:
    outcome = doctest.testmod(multilabel)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
