"""Small crowds for the tests of the aggregation methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from gpu_jobs.kernels import METHODS
from gpu_jobs.kernels.values import Answers, Floats, Ints

NAMES = tuple(METHODS)
"""Of every categorical method."""


def table(rows: str) -> pd.DataFrame:
    """A frame from words of task, worker and label: "ta1" is task t, worker a, label 1."""
    return pd.DataFrame([tuple(row) for row in rows.split()], columns=["task", "worker", "label"])


def crowd(
    rows: list[tuple[int, int, int]], tasks: int, classes: int = 2, gold: dict[int, int] | None = None
) -> Answers:
    """Answers from (task, worker, label)."""
    cells = np.array(rows, dtype=np.int64).reshape(-1, 3)
    known = np.full(tasks, -1)
    for task, label in (gold or {}).items():
        known[task] = label
    workers = int(cells[:, 1].max(initial=-1)) + 1
    return Answers(cells[:, 0], cells[:, 1], cells[:, 2], tasks, workers, classes, known)


def drawn(
    seed: int = 0, tasks: int = 120, workers: int = 12, classes: int = 3, overlap: int = 5
) -> tuple[Answers, Ints]:
    """Workers who are right 55 to 95 % of the time, errors even; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, tasks)
    task = np.repeat(np.arange(tasks), overlap)
    worker = np.concatenate([rng.permutation(workers)[:overlap] for _ in range(tasks)])
    right = rng.random(len(task)) < rng.uniform(0.55, 0.95, workers)[worker]
    wrong = (truth[task] + rng.integers(1, classes, len(task))) % classes
    label = np.where(right, truth[task], wrong)
    return Answers(task, worker, label, tasks, workers, classes, np.full(tasks, -1)), truth


def shuffled(answers: Answers, seed: int) -> Answers:
    """The same answers in another order."""
    order = np.random.default_rng(seed).permutation(len(answers.task))
    return replace(answers, task=answers.task[order], worker=answers.worker[order], label=answers.label[order])


def frame(answers: Answers) -> pd.DataFrame:
    """The answers as a data frame."""
    return pd.DataFrame({"task": answers.task, "worker": answers.worker, "label": answers.label})


def accuracy(labels: Ints, truth: Ints) -> float:
    """Share of right labels."""
    return float((labels == truth).mean())


def bits(*arrays: Floats) -> bytes:
    """The very bits of arrays."""
    return b"".join(array.tobytes() for array in arrays)
