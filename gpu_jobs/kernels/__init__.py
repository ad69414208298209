"""Aggregation methods behind one contract: answers in, a fit out; no files, no prints.

Adding a method is one file with a ``fit`` and one line here. A method is imported when it is asked for, so that
those without torch start at once.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from gpu_jobs.kernels.values import Answers, Fit

METHODS = {
    "majority-vote": "gpu_jobs.kernels.majority_vote",
    "dawid-skene": "gpu_jobs.kernels.dawid_skene",
}
Progress = Callable[[int, float], None]  # iteration, mean change of the posterior


class Aggregate(Protocol):
    """The one function that every method offers."""

    def __call__(self, answers: Answers, *, iterations: int, progress: Progress | None = None) -> Fit:
        """Infer each task's label and each worker's confusion."""
        ...


def method(name: str) -> Aggregate:
    """The method called `name`; KeyError when there is none."""
    return cast("Aggregate", import_module(METHODS[name]).fit)
