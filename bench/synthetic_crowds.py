"""Draws crowds with known truth and known faults, and judges `auto` on them.

    python -m bench.synthetic_crowds [--crowds 6]

Prints the columns of bench.auto_crowds for that many crowds of each kind, without control tasks and with a random tenth
of the truth as control tasks; then the same for the kinds of bench.held_out_crowds, for which nothing was tuned.

Every kind names one way in which real crowds go wrong. Sizes, classes and activity vary with the seed; a crowd's
activity is long-tailed, as recorded crowds are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from bench import held_out_crowds
from bench.judging import ORDINAL, SINGLES, Row, Scores, judge, table, with_controls
from gpu_jobs.kernels.values import Answers, Floats, Ints

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a crowd and its task truths."""

    truth: Ints
    n_workers: int
    n_classes: int
    per_task: int


def mixed_skill(rng: Rng, shape: Shape) -> Floats:
    """One accuracy per worker, errors even."""
    return _coins(rng.beta(6, 2.5, shape.n_workers), shape.n_classes)


def spammers(rng: Rng, shape: Shape) -> Floats:
    """A third answers without looking: evenly, or always alike."""
    rows = mixed_skill(rng, shape)
    habit = rng.dirichlet(np.full(shape.n_classes, 0.3), shape.n_workers)
    lazy = rng.random(shape.n_workers) < 0.35
    return np.where(lazy[:, None, None], habit[:, None, :], rows)


def biased(rng: Rng, shape: Shape) -> Floats:
    """Rows of their own: good at some classes, poor at others, and wrong in the same direction as the rest."""
    shared = rng.dirichlet(np.full(shape.n_classes, 0.6), shape.n_classes)
    skill = rng.beta(5, 2.5, (shape.n_workers, shape.n_classes))[:, :, None]
    return np.eye(shape.n_classes) * skill + (1 - skill) * shared


def ordinal(rng: Rng, shape: Shape) -> Floats:
    """Errors fall on neighbouring classes, shifted by the worker's severity."""
    grades = np.arange(shape.n_classes)
    centre = grades[None, :] + rng.normal(0, 0.5, shape.n_workers)[:, None]
    spread = rng.gamma(4, 0.2, shape.n_workers)[:, None, None] + 0.2
    return _rows(np.exp(-(((grades - centre[:, :, None]) / spread) ** 2) / 2) + 1e-6)


def adversarial(rng: Rng, shape: Shape) -> Floats:
    """One in seven answers against the truth on purpose."""
    skill = rng.beta(7, 2.5, shape.n_workers)
    return _coins(np.where(rng.random(shape.n_workers) < 0.14, 0.1, skill), shape.n_classes)


def own_rows(rng: Rng, shape: Shape) -> Floats:
    """A free confusion matrix per worker, with a diagonal that leads on average."""
    noise = rng.dirichlet(np.full(shape.n_classes, 1.0), (shape.n_workers, shape.n_classes))
    return 0.5 * np.eye(shape.n_classes) + 0.5 * noise


def _coins(accuracy: Floats, size: int) -> Floats:
    even = (1 - accuracy)[:, None, None] / (size - 1)
    return np.eye(size) * (accuracy[:, None, None] - even) + even


def _rows(table: Floats) -> Floats:
    rows: Floats = table / table.sum(axis=2, keepdims=True)
    return rows


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of crowd is drawn."""

    rows: Callable[[Rng, Shape], Floats]
    classes: tuple[int, ...] = (2, 3, 4, 6)
    rare: bool = False  # one class in twenty tasks
    copying: float = 0.0  # share of answers that repeat an earlier one to the task
    hard: float = 0.0  # share of tasks on which everyone leans to one wrong class
    fleeting: bool = False  # workers who give one or two answers
    per_task: tuple[int, int] = (3, 8)


KINDS = {
    "mixed": Kind(mixed_skill),
    "spammers": Kind(spammers),
    "biased": Kind(biased),
    "copying": Kind(mixed_skill, copying=0.3),
    "ordinal": Kind(ordinal, classes=(4, 5, 7)),
    "rare-class": Kind(biased, classes=(2,), rare=True),
    "rare-spam": Kind(spammers, classes=(2, 3), rare=True),
    "adversarial": Kind(adversarial),
    "fleeting": Kind(mixed_skill, fleeting=True),
    "own-rows": Kind(own_rows),
    "hard-tasks": Kind(mixed_skill, hard=0.3),
    "few-answers": Kind(biased, per_task=(2, 2)),
}


def draw(kind: str, seed: int, per_task: tuple[int, int] | None = None) -> tuple[Answers, Ints]:
    """One crowd and its truth; the same for the same arguments. `per_task`: least and most answers, not the kind's."""
    recipe = replace(KINDS[kind], per_task=per_task or KINDS[kind].per_task)
    rng = np.random.default_rng([sorted(KINDS).index(kind), seed])
    size = int(rng.choice(recipe.classes))
    tasks = int(rng.integers(200, 1000))
    shares = rng.dirichlet(np.full(size, 5.0))
    if recipe.rare:
        shares = np.r_[0.06, np.full(size - 1, 0.94 / (size - 1))]
    per_task = int(rng.integers(recipe.per_task[0], recipe.per_task[1] + 1))
    workers = tasks * per_task * 2 // 3 if recipe.fleeting else int(rng.integers(15, 80))
    shape = Shape(rng.choice(size, tasks, p=shares), workers, size, per_task)
    task, worker = _activity(rng, shape, recipe.fleeting)
    label = _answers(rng, recipe, shape, (task, worker))
    seen, compact = np.unique(worker, return_inverse=True)
    answers = Answers(task, compact.astype(np.int64), label, tasks, len(seen), size, np.full(tasks, -1))
    return answers, shape.truth


def _activity(rng: Rng, shape: Shape, fleeting: bool) -> tuple[Ints, Ints]:
    """Who answers what: each task by different workers, busy ones more often."""
    busy = np.ones(shape.n_workers) if fleeting else rng.pareto(1.2, shape.n_workers) + 0.3
    keys = rng.random((len(shape.truth), shape.n_workers)) ** (1 / busy)
    chosen = np.argpartition(-keys, shape.per_task - 1, axis=1)[:, : shape.per_task]
    task = np.repeat(np.arange(len(shape.truth)), shape.per_task)
    return task, chosen.ravel().astype(np.int64)


def _answers(rng: Rng, recipe: Kind, shape: Shape, who: tuple[Ints, Ints]) -> Ints:
    task, worker = who
    rows = recipe.rows(rng, shape)
    chances = rows[worker, shape.truth[task]]
    hard = rng.random(len(shape.truth)) < recipe.hard
    lure = (shape.truth + rng.integers(1, shape.n_classes, len(shape.truth))) % shape.n_classes
    lured = 0.5 * chances + 0.5 * np.eye(shape.n_classes)[lure[task]]
    chances = np.where(hard[task][:, None], lured, chances)
    draws = rng.random(len(task))[:, None]
    label = (draws > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1).astype(np.int64)
    copied = (rng.random(len(task)) < recipe.copying) & (np.arange(len(task)) % shape.per_task > 0)
    first = np.arange(len(task)) // shape.per_task * shape.per_task
    given: Ints = np.where(copied, label[first], label)
    return given


def judged(kind: str, seed: int, *, controls: bool) -> tuple[Row, Scores]:
    """One crowd of a kind of this file or of the held-out ones."""
    answers, truth = draw(kind, seed) if kind in KINDS else held_out_crowds.draw(kind, seed)
    given = with_controls(answers, truth, seed) if controls else answers
    return judge(given, truth, (*SINGLES, ORDINAL))


def main() -> None:
    """Print four tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--crowds", type=int, default=6)
    seeds = range(100, 100 + parser.parse_args().crowds)
    with ProcessPoolExecutor() as pool:
        for title, kinds in (("drawn", tuple(KINDS)), ("held-out", held_out_crowds.KINDS)):
            for controls in (False, True):
                each = ((kind, list(pool.map(partial(judged, kind, controls=controls), seeds))) for kind in kinds)
                table(f"{title} crowds, {len(seeds)} of each kind, {'with' if controls else 'no'} control tasks", each)


if __name__ == "__main__":
    main()
