"""A crowd's taggings as flat arrays of tokens, read from a data frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.frames import checked, factorise
from gpu_jobs.kernels.spans.bio import parse, tag_set
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["task", "worker", "label"]


@dataclass(frozen=True, slots=True)
class Sentences:
    """All tokens of all tasks in a row: task t holds tokens start[t] to start[t + 1].

    `token`, `worker`, `tag` and `previous` have one entry per answered token; `previous` is the same worker's tag of
    the token before, or the number of tags at the start of a sentence.
    """

    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    tags: list[str]
    start: Ints
    token: Ints
    worker: Ints
    tag: Ints
    previous: Ints

    @property
    def n_tokens(self) -> int:
        """How many tokens all tasks have."""
        return int(self.start[-1])

    def votes(self) -> Floats:
        """How many workers gave a token each tag, [token, tag]."""
        size = len(self.tags)
        cells = np.bincount(self.token * size + self.tag, minlength=self.n_tokens * size)
        return cells.reshape(-1, size).astype(np.float64)


def read(data: pd.DataFrame) -> Sentences:
    """Flat arrays in sorted order; ValueError when two workers saw a task with different numbers of tokens."""
    frame = checked(data, COLUMNS)
    task, tasks = factorise(frame["task"])
    worker, workers = factorise(frame["worker"])
    parsed = [parse(label) for label in frame["label"]]
    order = sorted(range(len(frame)), key=lambda row: (task[row], worker[row], parsed[row]))
    task, worker, lines = task[order], worker[order], [parsed[row] for row in order]
    tags = tag_set(tag for line in lines for tag in line)
    start = _starts(tasks, task, np.array([len(line) for line in lines], dtype=np.int64))
    codes = {tag: code for code, tag in enumerate(tags)}
    coded = [np.array([codes[tag] for tag in line], dtype=np.int64) for line in lines]
    nothing = np.empty(0, dtype=np.int64)
    tokens = [first + np.arange(len(line)) for first, line in zip(start[task], coded, strict=True)]
    return Sentences(
        tasks,
        workers,
        tags,
        start,
        token=np.concatenate([nothing, *tokens]),
        worker=np.repeat(worker, [len(line) for line in coded]),
        tag=np.concatenate([nothing, *coded]),
        previous=np.concatenate([nothing, *(np.concatenate([[len(tags)], line])[: len(line)] for line in coded)]),
    )


def _starts(tasks: pd.Index[Any], task: Ints, lengths: Ints) -> Ints:
    size = np.zeros(len(tasks), dtype=np.int64)
    size[task] = lengths
    if (wrong := np.flatnonzero(size[task] != lengths)).size:
        raise ValueError(f"task {tasks[task[wrong[0]]]!r} has answers with different numbers of tags")
    return np.concatenate([[0], np.cumsum(size)])
