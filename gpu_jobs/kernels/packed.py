"""Answers in the form that the large path reads: task by task, one 32-bit number each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gpu_jobs.kernels.em import sorted_answers
from gpu_jobs.kernels.values import Answers, Ints

Columns = npt.NDArray[Any]
NOBODY = np.iinfo(np.int32).max
"""Most (worker, label) pairs: a column is a 32-bit number."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Sorted answers: those of task t are `column[start[t]:start[t + 1]]`, each worker x n_classes + label."""

    start: Ints
    column: Columns
    n_workers: int
    n_classes: int
    gold: Ints  # a task's known class or -1

    @property
    def n_tasks(self) -> int:
        """How many tasks there are, with or without answers."""
        return len(self.gold)

    def answers(self) -> Answers:
        """The same with an index array each for task, worker and label."""
        task = np.repeat(np.arange(self.n_tasks), np.diff(self.start))
        worker, label = np.divmod(self.column.astype(np.int64), self.n_classes)
        return Answers(task, worker, label, self.n_tasks, self.n_workers, self.n_classes, self.gold)

    def part(self, rank: int, world: int) -> tuple[Packed, slice]:
        """One of `world` contiguous parts with about as many answers each, and which tasks it holds."""
        wanted = np.array([rank, rank + 1]) * len(self.column) // world
        first, last = np.searchsorted(self.start[:-1], wanted)
        if rank + 1 == world:
            last = self.n_tasks
        tasks = slice(int(first), int(last))
        low, high = self.start[first], self.start[last]
        start = self.start[first : last + 1] - low
        return Packed(start, self.column[low:high], self.n_workers, self.n_classes, self.gold[tasks]), tasks


def pack(answers: Answers) -> Packed:
    """Sort and pack; ValueError when worker x label does not fit in 32 bits."""
    if answers.n_workers * answers.n_classes > NOBODY:
        raise ValueError(f"{answers.n_workers} workers with {answers.n_classes} classes are too many for one fit")
    task, worker, label = sorted_answers(answers)
    start = np.concatenate([[0], np.cumsum(np.bincount(task, minlength=answers.n_tasks))])
    column = (worker * answers.n_classes + label).astype(np.int32)
    return Packed(start, column, answers.n_workers, answers.n_classes, answers.gold)
