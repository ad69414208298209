"""Reads a folder of recorded answers (answers.csv, gold.csv) into what a replay draws from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.beliefs import UNKNOWN
from core.beliefs.evidence import Ints
from core.errors import BadUpload
from gpu_jobs.offline.answers_file import read_answers

ANSWERS, GOLD = "answers.csv", "gold.csv"


@dataclass(frozen=True)
class Recording:
    """All answers to tasks of known class: `shelves[w]` are the tasks that worker w answered, `said[w]` the answers."""

    name: str
    gold: Ints  # [task]
    n_classes: int
    shelves: tuple[Ints, ...]
    said: tuple[Ints, ...]

    @property
    def n_tasks(self) -> int:
        """Tasks with known class and at least one answer."""
        return len(self.gold)

    @property
    def n_workers(self) -> int:
        """Workers with at least one answer to those."""
        return len(self.shelves)

    @property
    def deepest(self) -> int:
        """Most answers that any task has."""
        return int(np.bincount(np.concatenate(self.shelves)).max())


def read_recording(folder: Path) -> Recording:
    """The recording; BadUpload says what is wrong with the files."""
    table = read_answers(folder / ANSWERS, {}, folder / GOLD)
    answers = table.answers
    known = np.flatnonzero((answers.gold != UNKNOWN) & (np.bincount(answers.task, minlength=answers.n_tasks) > 0))
    if not len(known):
        raise BadUpload([f"{folder}: no task of {GOLD} has an answer in {ANSWERS}"])
    place = np.full(answers.n_tasks, UNKNOWN)
    place[known] = np.arange(len(known))
    kept = place[answers.task] != UNKNOWN
    task, worker, label = place[answers.task][kept], answers.worker[kept], answers.label[kept]
    return shelved(folder.resolve().name, answers.gold[known], answers.n_classes, (task, worker, label))


def shelved(name: str, gold: Ints, n_classes: int, answers: tuple[Ints, Ints, Ints]) -> Recording:
    """The recording of answers given as (task, worker, label) each; every task has some."""
    task, worker, label = answers
    order = np.lexsort((task, worker))
    cuts = np.flatnonzero(np.diff(worker[order])) + 1
    shelves, said = np.split(task[order], cuts), np.split(label[order].astype(np.int64), cuts)
    return Recording(name, gold, n_classes, tuple(shelves), tuple(said))
