"""The answers in force of one job as index arrays, in the two orders that a fit runs through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
UNKNOWN = -1
"""Gold of a task that is no control task."""


@dataclass(frozen=True)
class Evidence:
    """Answer i says that `task[i]` has class `label[i]`, by `worker[i]`; all are indices from 0."""

    task: Ints
    worker: Ints
    label: Ints
    n_tasks: int
    n_workers: int
    n_classes: int
    gold: Ints | None = None  # per task, UNKNOWN or the class that a control task is known to have
    prior: Floats | None = None  # [task, class], what a model says before any answer; zeros where it says nothing
    balance: Floats | None = None  # [class], expected shares, for a fit that is told no class of a task

    @cached_property
    def foretold(self) -> Bools:
        """[task]: whether a model says something of it, which tells how common each class is as well."""
        said: Bools = np.zeros((self.n_tasks, 1), bool) if self.prior is None else self.prior > 0
        return np.asarray(said.any(axis=1))

    @cached_property
    def known(self) -> Ints:
        """The control tasks whose class is known."""
        return np.zeros(0, np.int64) if self.gold is None else np.flatnonzero(self.gold != UNKNOWN)

    @cached_property
    def votes(self) -> Floats:
        """[task, class]: how many workers said so."""
        cells = np.bincount(self.task * self.n_classes + self.label, minlength=self.n_tasks * self.n_classes)
        return cells.reshape(self.n_tasks, self.n_classes).astype(np.float64)

    @cached_property
    def said(self) -> Ints:
        """worker x classes + label of each answer, tasks in order."""
        order = np.lexsort((self.label, self.worker, self.task))
        said: Ints = (self.worker * self.n_classes + self.label)[order]
        return said

    @cached_property
    def about(self) -> Ints:
        """The task of each answer, in order."""
        return np.sort(self.task)

    @cached_property
    def degree(self) -> Ints:
        """Answers per task."""
        return np.bincount(self.task, minlength=self.n_tasks)

    @cached_property
    def _by_task(self) -> tuple[Ints, Ints]:
        return _starts(self.about)

    @cached_property
    def _by_saying(self) -> tuple[Ints, Ints, Ints]:
        order = np.argsort(self.said, kind="stable")
        starts, firsts = _starts(self.said[order])
        return order, starts, firsts

    def per_task(self, values: Floats) -> Floats:
        """Sum of [answer, ...] over the answers of each task."""
        keys, starts = self._by_task
        sums = np.zeros((self.n_tasks, *values.shape[1:]))
        if len(keys):
            sums[keys] = np.add.reduceat(values, starts, axis=0)
        return sums

    def per_saying(self, values: Floats) -> Floats:
        """Sum of [answer, class] as [worker, class, label]."""
        order, keys, starts = self._by_saying
        sums = np.zeros((self.n_workers * self.n_classes, values.shape[1]))
        if len(keys):
            sums[keys] = np.add.reduceat(values[order], starts, axis=0)
        return sums.reshape(self.n_workers, self.n_classes, values.shape[1]).transpose(0, 2, 1)


def _starts(keys: Ints) -> tuple[Ints, Ints]:
    """Distinct values of a sorted array and where each begins."""
    if not len(keys):
        return keys, keys
    starts = np.concatenate([[0], np.flatnonzero(np.diff(keys)) + 1])
    return keys[starts], starts
