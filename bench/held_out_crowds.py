"""Draws crowds of other kinds than bench.synthetic_crowds: `auto` is judged on them.

Two to ten classes, 30 to 1,500 tasks, 2 to 20 answers per task; errors even, shared, ordered or of one gang.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.values import Answers, Floats, Ints

Rng = np.random.Generator
KINDS = ("coins", "dense", "tiny", "many-classes", "zipf", "shared-bias", "mixture", "timid", "correlated", "gang")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a crowd is."""

    n_classes: int
    n_tasks: int
    n_workers: int
    per_task: int


def draw(kind: str, seed: int) -> tuple[Answers, Ints]:
    """One crowd and its truth; the same for the same kind and seed."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    size = _size(rng, kind)
    shares = rng.dirichlet(np.full(size.n_classes, 5.0))
    if kind == "zipf":
        shares = 1 / np.arange(1, size.n_classes + 1) ** 1.5
    truth = rng.choice(size.n_classes, size.n_tasks, p=shares / shares.sum())
    task, worker = _activity(rng, size)
    chances = _rows(rng, kind, size)[worker, truth[task]]
    if kind == "correlated":  # on a third of the tasks all lean to one wrong class
        wrong = (truth + rng.integers(1, size.n_classes, size.n_tasks)) % size.n_classes
        lured = 0.6 * chances + 0.4 * np.eye(size.n_classes)[wrong[task]]
        chances = np.where((rng.random(size.n_tasks) < 0.35)[task, None], lured, chances)
    label = _pick(rng, chances)
    if kind == "gang":  # a third of the workers mostly hand in what their leader would say
        said = _pick(rng, _coins(np.array([rng.uniform(0.4, 0.8)]), size.n_classes)[0][truth])
        copied = (rng.random(size.n_workers) < 0.3)[worker] & (rng.random(len(task)) < 0.8)
        label = np.where(copied, said[task], label)
    seen, compact = np.unique(worker, return_inverse=True)
    unknown = np.full(size.n_tasks, -1)
    return Answers(task, compact.astype(np.int64), label, size.n_tasks, len(seen), size.n_classes, unknown), truth


def _size(rng: Rng, kind: str) -> Size:
    classes, tasks = int(rng.choice([2, 3, 5, 8, 10])), int(rng.integers(150, 1500))
    per_task, workers = int(rng.integers(2, 10)), int(rng.integers(12, 120))
    if kind == "dense":
        return Size(int(rng.integers(2, 4)), int(rng.integers(80, 200)), 30, 20)
    if kind == "tiny":
        return Size(classes, int(rng.integers(30, 80)), 8, int(rng.integers(3, 7)))
    if kind == "many-classes":
        return Size(10, tasks, workers, 3)
    if kind in ("zipf", "timid"):
        classes = int(rng.integers(5, 10))
    return Size(classes, tasks, workers, per_task)


def _activity(rng: Rng, size: Size) -> tuple[Ints, Ints]:
    busy = rng.pareto(1.5, size.n_workers) + 0.4
    keys = rng.random((size.n_tasks, size.n_workers)) ** (1 / busy)
    chosen = np.argpartition(-keys, size.per_task - 1, axis=1)[:, : size.per_task]
    return np.repeat(np.arange(size.n_tasks), size.per_task), chosen.ravel().astype(np.int64)


def _rows(rng: Rng, kind: str, size: Size) -> Floats:
    """Confusion rows of every worker."""
    own: dict[str, Callable[[Rng, Size, Floats], Floats]] = {
        "shared-bias": _shared_bias,
        "mixture": _mixture,
        "timid": _timid,
    }
    accuracy = 1 / size.n_classes + (1 - 1 / size.n_classes) * rng.beta(6, 3, size.n_workers)
    coins = _coins(accuracy, size.n_classes)
    return own[kind](rng, size, coins) if kind in own else coins


def _shared_bias(rng: Rng, size: Size, coins: Floats) -> Floats:
    """Half of the errors go where the whole crowd errs."""
    shared = rng.dirichlet(np.full(size.n_classes, 0.5), size.n_classes)
    skill = 0.6 * rng.beta(4, 3, (size.n_workers, size.n_classes))[:, :, None]
    eye = np.eye(size.n_classes)
    return skill * eye + (1 - skill) * (0.5 * shared + 0.5 * eye)


def _mixture(rng: Rng, size: Size, coins: Floats) -> Floats:
    """Half coins, three in ten with rows of their own, two in ten spammers, one in twenty adversarial."""
    habit = rng.dirichlet(np.full(size.n_classes, 0.3), size.n_workers)[:, None, :]
    noise = rng.dirichlet(np.ones(size.n_classes), (size.n_workers, size.n_classes))
    part = rng.random(size.n_workers)[:, None, None]
    rows = np.where(part < 0.2, habit, np.where(part < 0.5, 0.4 * np.eye(size.n_classes) + 0.6 * noise, coins))
    return np.where(part > 0.95, _coins(np.full(size.n_workers, 0.1), size.n_classes), rows)


def _timid(rng: Rng, size: Size, coins: Floats) -> Floats:
    """An ordered scale of which many use the middle only; errors fall off exponentially."""
    level, middle = np.arange(size.n_classes), (size.n_classes - 1) / 2
    scale = rng.uniform(0.5, 1.1, size.n_workers)[:, None]
    centre = middle + scale * (level - middle) + rng.normal(0, 0.4, size.n_workers)[:, None]
    table = np.exp(-np.abs(level - centre[:, :, None]) / rng.uniform(0.4, 1.5, size.n_workers)[:, None, None])
    rows: Floats = table / table.sum(axis=2, keepdims=True)
    return rows


def _coins(accuracy: Floats, size: int) -> Floats:
    even = (1 - accuracy)[:, None, None] / (size - 1)
    return np.eye(size) * (accuracy[:, None, None] - even) + even


def _pick(rng: Rng, chances: Floats) -> Ints:
    draws = rng.random(len(chances))[:, None]
    label: Ints = (draws > np.cumsum(chances, axis=1)[:, :-1]).sum(axis=1).astype(np.int64)
    return label
