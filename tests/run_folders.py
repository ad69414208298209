"""A run folder as the bot would export it, small enough to work out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from gpu_jobs import contract, tables

# (task, worker, label); -1 is "can't tell". Task 13 is a control task, nobody answered task 14.
ANSWERS = [(10, 1, 0), (10, 2, 0), (10, 3, 1), (11, 1, 1), (11, 2, 1), (11, 3, -1), (12, 3, 0), (13, 1, 1), (13, 3, 0)]
TASKS = [(10, "a", -1), (11, "b", -1), (12, "c", -1), (13, "known", 1), (14, "lonely", -1)]
MakeRun = Callable[..., Path]
Hold = Callable[[], AbstractContextManager[None]]


def write_inputs(folder: Path, answers: list[tuple[int, int, int]], tasks: list[tuple[int, str, int]]) -> None:
    """Export `answers` and `tasks` into an input folder."""
    folder.mkdir(parents=True)
    columns: dict[str, list[Any]] = {
        "task": [task for task, _, _ in answers],
        "worker": [worker for _, worker, _ in answers],
        "label": [label for _, _, label in answers],
        "control": [False] * len(answers),
        "at": list(range(len(answers))),
        "duration_ms": [900] * len(answers),
    }
    tables.write_table(folder / contract.ANSWERS_FILE, tables.ANSWERS, columns)
    items: dict[str, list[Any]] = {
        "task": [task for task, _, _ in tasks],
        "ref": [ref for _, ref, _ in tasks],
        "payload": [json.dumps({"text": f"=item {ref}"}) for _, ref, _ in tasks],
        "control": [gold >= 0 for _, _, gold in tasks],
        "gold": [gold for _, _, gold in tasks],
    }
    tables.write_table(folder / contract.TASKS_FILE, tables.TASKS, items)
