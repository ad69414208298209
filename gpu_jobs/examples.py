"""A job's items as the table that finetune and predict runs read: their text, soft labels, and what is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.store.jobs import Job
from core.store.tx import Row
from gpu_jobs import tables
from gpu_jobs.learn.params import Task
from gpu_jobs.learn.values import EXAMPLES

Soft = Mapping[int, Sequence[float]]
PAIR = 2
NOTHING: tuple[list[str], bytes] = ([], b"")
"""Words and image of an item that is a text."""


class Texts:
    """How a job's items become texts: the columns that differ between items, joined, or as a pair where there are two.

    The columns are chosen over all items, so that a model is later asked about the same ones that it learnt from.
    """

    def __init__(self, job: Job, rows: Sequence[Row]) -> None:
        self._items: dict[int, dict[str, str]] = {row[0]: json.loads(row[2]) for row in rows}
        names = dict.fromkeys(name for item in self._items.values() for name in item)
        self._columns = [name for name in names if self._differs(name)] or list(names)
        self.task: Task = "text"
        if job.spec.kind == "rating":
            self.task = "rating"
        elif len(self._columns) == PAIR:
            self.task = "pair"

    def _differs(self, name: str) -> bool:
        return len({item.get(name, "") for item in self._items.values()}) > 1

    def of(self, task: int) -> tuple[str, str]:
        """The item's text, and the second one of a pair."""
        item = self._items[task]
        values = [str(item.get(name, "")) for name in self._columns]
        if self.task == "pair":
            return values[0], values[1]
        return "\n".join(values), ""


def write_examples(path: Path, texts: Texts, items: Sequence[int], soft: Soft, known: Mapping[int, int]) -> None:
    """Write these items; what is known of them is held out of training."""
    both = [texts.of(item) for item in items]
    words, image = NOTHING
    columns = {
        "item": list(items),
        "text": [text for text, _ in both],
        "other": [other for _, other in both],
        "words": [words] * len(both),
        "image": [image] * len(both),
        "posterior": [list(soft.get(item, ())) for item in items],
        "weight": [1.0] * len(both),
        "gold": [[known[item]] if item in known else [] for item in items],
        "held": [item in known for item in items],
    }
    tables.write_table(path, EXAMPLES, columns)
