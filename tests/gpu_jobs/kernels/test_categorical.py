"""What every categorical method must keep to, whatever its model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from crowds import NAMES, accuracy, bits, crowd, drawn, frame, shuffled
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels import class_of, method
from gpu_jobs.kernels.values import Answers, Fit

FAST = tuple(name for name in NAMES if name not in ("auto", "ebcc", "glad"))


def fit(name: str, answers: Answers) -> Fit:
    return method(name)(answers, iterations=50)


@pytest.mark.parametrize("name", FAST)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_no_bit(name: str, seed: int) -> None:
    answers, _ = drawn(seed % 97, tasks=20, workers=6, overlap=3)

    one, other = fit(name, answers), fit(name, shuffled(answers, seed))

    assert bits(one.posterior, one.confusion, one.accuracy) == bits(other.posterior, other.confusion, other.accuracy), (
        "pay depends on these: equal answers, equal bits"
    )


@pytest.mark.parametrize("name", ["auto", "ebcc", "glad"])
def test_the_order_of_rows_changes_no_bit_of_the_slower_ones(name: str) -> None:
    answers, _ = drawn(5, tasks=30)

    one, other = fit(name, answers), fit(name, shuffled(answers, 1))

    assert bits(one.posterior, one.confusion) == bits(other.posterior, other.confusion), "equal answers, equal bits"


@pytest.mark.parametrize("name", NAMES)
def test_control_tasks_are_clamped(name: str) -> None:
    answers, truth = drawn(1, tasks=40)
    gold = np.where(np.arange(40) < 8, (truth + 1) % 3, -1)  # against what most say

    found = fit(name, replace(answers, gold=gold))

    assert (found.labels[:8] == gold[:8]).all(), "what is known is not inferred"
    assert (found.posterior[:8] == np.eye(3)[gold[:8]]).all(), "nor is it uncertain"


@pytest.mark.parametrize("name", NAMES)
def test_a_prior_decides_where_answers_are_even(name: str) -> None:
    answers = crowd([(0, 0, 1), (0, 1, 0), (1, 0, 1), (1, 1, 1), (2, 0, 0), (2, 1, 0)], tasks=3)
    prior = np.array([[0.05, 0.95], [0.5, 0.5], [0.5, 0.5]])

    for swapped in (False, True):
        given_prior = prior[:, ::-1].copy() if swapped else prior
        labels = fit(name, replace(answers, prior=given_prior)).labels
        assert labels[0] == int(not swapped), "one against one: the prior tips the scales"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ebcc"])  # may take one of two classes for noise
def test_one_worker_alone_is_believed(name: str) -> None:
    assert fit(name, crowd([(0, 0, 1), (1, 0, 0), (2, 0, 1)], tasks=3)).labels.tolist() == [1, 0, 1], (
        "nobody else spoke"
    )


@pytest.mark.parametrize("name", NAMES)
def test_one_class_is_certain(name: str) -> None:
    found = fit(name, crowd([(0, 0, 0), (1, 0, 0)], tasks=2, classes=1))

    assert found.labels.tolist() == [0, 0] and (found.posterior == 1).all(), "one class leaves no choice"


@pytest.mark.parametrize("name", NAMES)
def test_a_task_without_answers_has_no_label(name: str) -> None:
    found = fit(name, crowd([(0, 0, 1), (0, 1, 1), (2, 0, 0), (2, 1, 0)], tasks=3))

    assert found.labels.tolist() == [1, -1, 0], "a label is never made up"
    assert found.posterior.sum(axis=1) == pytest.approx(1), "its chances are still a distribution"


@pytest.mark.parametrize("name", NAMES)
def test_no_answers_at_all_give_no_labels(name: str) -> None:
    found = fit(name, crowd([], tasks=2))

    assert found.labels.tolist() == [-1, -1] and np.isfinite(found.posterior).all(), "nothing in, nothing out"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ebcc"])  # its start is random per class
def test_renaming_the_classes_renames_the_labels(name: str) -> None:
    answers, _ = drawn(3, tasks=80)
    renamed = np.array([2, 0, 1])

    one, other = fit(name, answers), fit(name, replace(answers, label=renamed[answers.label]))

    moved = one.posterior[:, np.argsort(renamed)]
    close = 0.05 if name == "auto" else 1e-6  # auto holds EBCC
    assert np.abs(moved - other.posterior).max() < close, "classes have no order"


@pytest.mark.parametrize("name", NAMES)
def test_workers_come_with_quality_and_interval(name: str) -> None:
    answers, truth = drawn(2)

    found = fit(name, answers)

    assert accuracy(found.labels, truth) > 0.85, "five answers of decent workers suffice"
    assert ((found.lower < found.accuracy) & (found.accuracy < found.upper)).all(), "the mean lies in its interval"
    assert found.confusion.shape == (12, 3, 3) and found.confusion.sum(axis=2) == pytest.approx(1), "rows sum to one"


@pytest.mark.parametrize("name", NAMES)
def test_frames_have_the_shapes_of_crowd_kit(name: str) -> None:
    answers, _ = drawn(4, tasks=15)
    made = class_of(name)()

    labels = made.fit_predict(frame(answers))

    assert labels.index.name == "task" and labels.name == "agg_label", "a series by task"
    assert list(made.probas_.columns) == [0, 1, 2] and len(made.probas_) == 15, "tasks by labels"
    assert made.skills_.index.name == "worker" and made.errors_.index.names == ["worker", "label"], "workers too"
