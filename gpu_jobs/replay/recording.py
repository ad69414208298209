"""Reads a folder of recorded answers (answers.csv, gold.csv, items.csv if any) into what a replay draws from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import sparse

from core.beliefs import UNKNOWN
from core.beliefs.evidence import Ints
from core.errors import BadUpload
from gpu_jobs.offline.answers_file import AnswersTable, read_answers
from gpu_jobs.offline.items_file import read_items

ANSWERS, GOLD, ITEMS = "answers.csv", "gold.csv", "items.csv"


@dataclass(frozen=True)
class Recording:
    """All answers to tasks of known class: `shelves[w]` are the tasks that worker w answered, `said[w]` the answers."""

    name: str
    gold: Ints  # [task]
    n_classes: int
    shelves: tuple[Ints, ...]
    said: tuple[Ints, ...]
    text: sparse.csr_array | None = None  # [task, feature], what the items say
    note: str = ""  # what of the items is read, or why nothing is

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


def read_recording(folder: Path, *, items: bool = False) -> Recording:
    """The recording, with `items` their text too; BadUpload says what is wrong with the files."""
    table = read_answers(folder / ANSWERS, {}, folder / GOLD)
    answers = table.answers
    known = np.flatnonzero((answers.gold != UNKNOWN) & (np.bincount(answers.task, minlength=answers.n_tasks) > 0))
    if not len(known):
        raise BadUpload([f"{folder}: no task of {GOLD} has an answer in {ANSWERS}"])
    place = np.full(answers.n_tasks, UNKNOWN)
    place[known] = np.arange(len(known))
    kept = place[answers.task] != UNKNOWN
    task, worker, label = place[answers.task][kept], answers.worker[kept], answers.label[kept]
    found = shelved(folder.resolve().name, answers.gold[known], answers.n_classes, (task, worker, label))
    return _with_text(found, folder / ITEMS, table, known) if items and (folder / ITEMS).exists() else found


def _with_text(recording: Recording, path: Path, table: AnswersTable, known: Ints) -> Recording:
    """The same with what the items say; items that are not the tasks' own are left alone."""
    try:
        features, notes = read_items(path, {}, table.tasks)
    except BadUpload as error:
        return replace(recording, note=f"{path.name} is not read: {error}")
    told = "; ".join(
        (f"{path.name} is read: its text speaks before a task's answers, as far as they bear it out", *notes)
    )
    return replace(recording, text=features[known], note=told)


def shelved(name: str, gold: Ints, n_classes: int, answers: tuple[Ints, Ints, Ints]) -> Recording:
    """The recording of answers given as (task, worker, label) each; every task has some."""
    task, worker, label = answers
    order = np.lexsort((task, worker))
    cuts = np.flatnonzero(np.diff(worker[order])) + 1
    shelves, said = np.split(task[order], cuts), np.split(label[order].astype(np.int64), cuts)
    return Recording(name, gold, n_classes, tuple(shelves), tuple(said))
