"""The values that every aggregation method takes and gives, and the arithmetic that they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Interval = tuple[Floats, Floats]

CREDIBLE = 0.95  # mass of a credible interval
GRID_POINTS = 513
GRID_REACH = 8.0  # standard deviations to either side; the tails beyond hold less than 1e-12
GRID_ROWS = 4096  # workers at once, to bound memory


@dataclass(frozen=True, slots=True)
class Answers:
    """Who said what about which task, as dense indices; `gold` is a task's known class or -1.

    `prior`, where given, holds each task's class probabilities before any answer, [task, class]: a model's
    out-of-sample prediction or what the item's features say.
    """

    task: Ints
    worker: Ints
    label: Ints
    n_tasks: int
    n_workers: int
    n_classes: int
    gold: Ints
    prior: Floats | None = None

    def votes(self) -> Floats:
        """How many answers each task got per class, [task, class]."""
        cells = np.bincount(self.task * self.n_classes + self.label, minlength=self.n_tasks * self.n_classes)
        return cells.reshape(self.n_tasks, self.n_classes).astype(np.float64)

    def told(self) -> Bools:
        """[task]: whether anything is known of it, by answers or as a control task."""
        return (np.bincount(self.task, minlength=self.n_tasks) > 0) | (self.gold >= 0)

    def clamp(self, posterior: Floats) -> Floats:
        """`posterior` with the rows of control tasks set to what is known."""
        known = self.gold >= 0
        clamped = posterior.copy()
        clamped[known] = np.eye(self.n_classes)[self.gold[known]]
        return clamped


@dataclass(frozen=True, slots=True)
class Fit:
    """What a method inferred; `confusion` is [worker, true class, answered class], rows sum to one."""

    labels: Ints  # -1 where a task has neither an answer nor a known class
    posterior: Floats  # [task, class]
    confusion: Floats
    accuracy: Floats  # [worker], posterior mean
    lower: Floats
    upper: Floats
    iterations: int
    log_likelihood: float
    device: str = "cpu"
    world: int = 1
    chosen: str = ""  # for a method that picks or blends others: which
    reason: str = ""  # and why, one sentence


def labels_of(answers: Answers, posterior: Floats) -> Ints:
    """The likeliest class of each task, the lowest index among equals, -1 where nothing is known."""
    if not posterior.size:
        return np.full(len(posterior), -1, dtype=np.int64)
    seen = (np.bincount(answers.task, minlength=answers.n_tasks) > 0) | (answers.gold >= 0)
    return np.where(seen, posterior.argmax(axis=1), -1).astype(np.int64)


def credible_interval(right: Floats, wrong: Floats) -> Interval:
    """The central credible interval of accuracies that are Beta(`right`, `wrong`), both positive."""
    parts = [
        _interval(right[start : start + GRID_ROWS, None], wrong[start : start + GRID_ROWS, None])
        for start in range(0, len(right), GRID_ROWS)
    ]
    if not parts:
        return np.empty(0), np.empty(0)
    return np.concatenate([low for low, _ in parts]), np.concatenate([high for _, high in parts])


def _interval(right: Floats, wrong: Floats) -> Interval:
    # integrate the density of the log odds, which is near normal, on a grid around its centre
    spread = np.sqrt(1 / right + 1 / wrong)
    odds = np.log(right / wrong) + spread * np.linspace(-GRID_REACH, GRID_REACH, GRID_POINTS)
    density = right * odds - (right + wrong) * np.logaddexp(0.0, odds)
    mass = np.cumsum(np.exp(density - density.max(axis=1, keepdims=True)), axis=1)
    mass /= mass[:, -1:]
    tail = (1 - CREDIBLE) / 2
    low, high = ((mass < quantile).sum(axis=1, keepdims=True) for quantile in (tail, 1 - tail))
    return tuple(1 / (1 + np.exp(-np.take_along_axis(odds, index, axis=1)[:, 0])) for index in (low, high))  # type: ignore[return-value]
