"""How freely rows move is learnt from the crowd: errors that tell only accuracy, or a lean of everybody's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.beliefs import ROUTING, Evidence, Settings, all_hypotheses, class_shares, refit
from core.beliefs.evidence import Floats, Ints
from core.beliefs.strength import Told, row_answers

Crowd = Callable[[np.random.Generator], Floats]
STRENGTHS = Settings().row_strengths
CLASSES, WORKERS = 3, 15


def coins(rng: np.random.Generator) -> Floats:
    """[worker, true class, said class]: errors even over the other classes."""
    skill = rng.uniform(0.5, 0.9, WORKERS)[:, None, None]
    eye = np.eye(CLASSES)
    return skill * eye + (1 - skill) / (CLASSES - 1) * (1 - eye)


def leaning(rng: np.random.Generator) -> Floats:
    """The same for workers of whom each says one class of their own far too often."""
    lean = np.eye(CLASSES)[rng.integers(CLASSES, size=WORKERS)][:, None, :]
    return 0.55 * np.eye(CLASSES) + 0.4 * lean + 0.05 / CLASSES


def answers(rows: Floats, rng: np.random.Generator, tasks: int, each: int = 3) -> tuple[Evidence, Ints]:
    """So many answers per task by a crowd with these rows, and the true classes."""
    truth = rng.integers(CLASSES, size=tasks)
    task = np.repeat(np.arange(tasks), each)
    worker = np.concatenate([rng.permutation(WORKERS)[:each] for _ in range(tasks)] or [np.zeros(0, np.int64)])
    chances = rows[worker, truth[task]].cumsum(axis=1)
    label = np.minimum((rng.random(len(task))[:, None] > chances).sum(axis=1), CLASSES - 1)
    return Evidence(task, worker, label, tasks, WORKERS, CLASSES), truth


def strength(evidence: Evidence, truth: Ints) -> float:
    """The strength by somebody who knows every class, over rows that tell each worker's accuracy alone."""
    known = np.eye(CLASSES)[truth[evidence.about]]
    counts = evidence.per_saying(known)
    right, total = np.trace(counts, axis1=1, axis2=2), counts.sum(axis=(1, 2))
    own = ((right + 6) / (total + 8))[:, None, None]
    start = own * np.eye(CLASSES) + (1 - own) / (CLASSES - 1) * (1 - np.eye(CLASSES))
    return row_answers(evidence, counts, start, Told(known, known, np.zeros(len(known))), Settings())


def surprise(evidence: Evidence, truth: Ints, strengths: tuple[float, ...]) -> float:
    """Nats of surprise at the true class, per task."""
    snapshot = refit(evidence, settings=replace(ROUTING, row_strengths=strengths))
    shares = class_shares(snapshot, all_hypotheses(snapshot, evidence))
    return float(-np.log(shares[np.arange(len(truth)), truth]).mean())


def test_without_answers_it_is_the_setting() -> None:
    evidence, truth = answers(coins(np.random.default_rng(0)), np.random.default_rng(0), 0)
    assert strength(evidence, truth) == Settings().row_answers, "nothing has been foretold"


def test_workers_who_differ_in_accuracy_alone_keep_the_rows_of_their_accuracy() -> None:
    rng = np.random.default_rng(1)
    assert strength(*answers(coins(rng), rng, 300)) > 16, "what looks like a lean is the luck of a few answers"


def test_workers_who_lean_get_rows_of_their_own() -> None:
    rng = np.random.default_rng(2)
    assert strength(*answers(leaning(rng), rng, 300)) < 2, "their answers say far more than their accuracy"


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.booleans())
def test_it_lies_between_the_strengths_and_no_order_of_answers_changes_it(seed: int, tasks: int, leans: bool) -> None:
    rng = np.random.default_rng(seed)
    evidence, truth = answers((leaning if leans else coins)(rng), rng, tasks)
    found = strength(evidence, truth)
    assert STRENGTHS[0] - 1e-9 <= found <= STRENGTHS[-1] + 1e-9, "it is a mean of them"
    order = rng.permutation(len(evidence.task))
    mixed = replace(evidence, task=evidence.task[order], worker=evidence.worker[order], label=evidence.label[order])
    assert strength(mixed, truth) == pytest.approx(found), "who answered first does not matter"


@pytest.mark.parametrize(("crowd", "other"), [(coins, STRENGTHS[0]), (leaning, STRENGTHS[-1])])
def test_the_truth_surprises_less_than_with_the_strength_of_another_crowd(crowd: Crowd, other: float) -> None:
    gained = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        drawn = answers(crowd(rng), rng, 150)
        gained.append(surprise(*drawn, (other,)) - surprise(*drawn, STRENGTHS))
    assert np.mean(gained) > 0.01, f"learning the strength saves surprise, not {np.mean(gained):.3f} nats a task"
