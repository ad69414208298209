"""What every aggregation method in a batch run must keep to, on crowds small enough to work out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.model import METHODS as NAMES
from gpu_jobs.kernels import METHODS, method
from gpu_jobs.kernels.values import Answers, Fit

CHECKED = ("majority-vote", "hierarchical")


def crowd(
    rows: list[tuple[int, int, int]], *, tasks: int, classes: int = 2, gold: dict[int, int] | None = None
) -> Answers:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    known = np.full(tasks, -1)
    for task, label in (gold or {}).items():
        known[task] = label
    workers = int(table[:, 1].max(initial=-1)) + 1
    return Answers(table[:, 0], table[:, 1], table[:, 2], tasks, workers, classes, known)


def fit(name: str, answers: Answers) -> Fit:
    return method(name)(answers, iterations=50)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(KeyError):
        method("guess")
    assert set(CHECKED) <= set(METHODS), "the methods of a batch run are in the registry"
    assert sorted(METHODS) == sorted(NAMES), "a job file may name every method and no other"


@pytest.mark.parametrize("name", CHECKED)
def test_a_clear_majority_wins(name: str) -> None:
    answers = crowd([(0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 1, 0), (1, 2, 0)], tasks=2)

    assert fit(name, answers).labels.tolist() == [1, 0], "two of three, and three of three"


@pytest.mark.parametrize("name", CHECKED)
def test_a_control_task_has_its_known_class_whatever_was_said(name: str) -> None:
    answers = crowd([(0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0)], tasks=2, gold={0: 0})

    found = fit(name, answers)

    assert found.labels[0] == 0 and found.posterior[0].tolist() == [1.0, 0.0], "what is known is not inferred"


@pytest.mark.parametrize("name", CHECKED)
def test_one_worker_alone_is_believed(name: str) -> None:
    answers = crowd([(0, 0, 1), (1, 0, 0), (2, 0, 1)], tasks=3)

    assert fit(name, answers).labels.tolist() == [1, 0, 1], "there is nobody else to believe"


@pytest.mark.parametrize("name", CHECKED)
def test_a_single_class_is_certain(name: str) -> None:
    found = fit(name, crowd([(0, 0, 0), (1, 0, 0)], tasks=2, classes=1))

    assert found.labels.tolist() == [0, 0] and np.isfinite(found.posterior).all(), "one class leaves no choice"


@pytest.mark.parametrize("name", CHECKED)
def test_a_task_without_answers_has_no_label(name: str) -> None:
    found = fit(name, crowd([(0, 0, 1), (0, 1, 1)], tasks=2))

    assert found.labels.tolist() == [1, -1], "a label is never made up"
    assert found.posterior[1].sum() == pytest.approx(1.0), "its chances are still a distribution"


@pytest.mark.parametrize("name", CHECKED)
def test_the_order_of_answers_does_not_change_a_bit(name: str) -> None:
    rng = np.random.default_rng(7)
    answers = crowd(
        [(task, worker, int(rng.integers(3))) for task in range(40) for worker in range(5)], tasks=40, classes=3
    )
    order = rng.permutation(len(answers.task))
    mixed = replace(answers, task=answers.task[order], worker=answers.worker[order], label=answers.label[order])

    one, two = fit(name, answers), fit(name, mixed)

    assert np.array_equal(one.posterior, two.posterior), "equal answers must give equal posteriors"
    assert np.array_equal(one.confusion, two.confusion), "and equal confusions, since pay depends on them"


def test_a_tie_goes_to_the_commoner_class_not_to_the_first() -> None:
    answers = crowd([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 0, 1)], tasks=3)

    assert fit("majority-vote", answers).labels.tolist() == [1, 1, 1], "class 1 has four of five votes"


def test_good_workers_outvote_spammers_in_the_hierarchical_model() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(2, size=200)
    said = {worker: truth if worker < 2 else rng.integers(2, size=200) for worker in range(5)}
    answers = crowd([(task, worker, int(said[worker][task])) for task in range(200) for worker in said], tasks=200)

    vote, shrunk = ((fit(name, answers).labels == truth).mean() for name in CHECKED)

    assert shrunk > 0.98 > vote, "two reliable workers among five are found out, which a plain vote cannot do"
