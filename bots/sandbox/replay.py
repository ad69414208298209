"""Reads a folder of recorded answers, so that every recorded worker can come back as a chat user."""

from __future__ import annotations

import csv
import hashlib
import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bots.sandbox.minds import Thought
from core.errors import TapcrowdError

ANSWERS, GOLD, ITEMS = "answers.csv", "gold.csv", "items.csv"
SECONDS = (1.0, 60.0)
"""Recorded times are kept within these bounds: a worker who had lunch over a task need not have it again."""


class BadRecording(TapcrowdError):
    """The folder holds no recorded answers that could be replayed."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Tasks with known truth and at least one answer: their columns, their gold, and who answered what."""

    tasks: Mapping[str, Mapping[str, str]]
    gold: Mapping[str, str]
    answers: Mapping[str, Mapping[str, Thought]]
    """By worker, then by task."""

    @property
    def labels(self) -> list[str]:
        """Every label in use; numbers in their order."""
        found = set(self.gold.values()) | {
            str(thought.answer) for mine in self.answers.values() for thought in mine.values()
        }
        return sorted(found, key=lambda label: (not label.isdigit(), int(label) if label.isdigit() else 0, label))

    def workers_of(self, task: str) -> list[str]:
        """Who answered a task."""
        return [worker for worker, mine in self.answers.items() if task in mine]


def read_recording(folder: Path) -> Recording:
    """Read answers.csv, gold.csv and, if there, items.csv; BadRecording says what is wrong."""
    gold = {row["task"]: row["label"] for row in _rows(folder / GOLD, "task", "label")}
    answers: dict[str, dict[str, Thought]] = {}
    for row in _rows(folder / ANSWERS, "task", "worker", "label"):
        if row["task"] in gold:
            seconds = _seconds(row.get("duration_ms") or "")
            answers.setdefault(row["worker"], {}).setdefault(row["task"], Thought(row["label"], seconds))
    answered = {task for mine in answers.values() for task in mine}
    texts = _items(folder / ITEMS) if (folder / ITEMS).exists() else {}
    tasks = {task: texts.get(task) or {"text": f"Item {task}"} for task in gold if task in answered}
    if not tasks:
        raise BadRecording(f"{folder}: no task of {GOLD} has an answer in {ANSWERS}")
    return Recording(tasks, {task: gold[task] for task in tasks}, answers)


def on_telegram(worker: str) -> bool:
    """Which half of the recorded workers uses Telegram; always the same for a name."""
    return hashlib.sha256(worker.encode()).digest()[0] % 2 == 0


def _items(path: Path) -> dict[str, dict[str, str]]:
    """What workers see of each task; marks such as &apos; are read as the characters that they stand for."""
    return {
        row["task"]: {name: html.unescape(text) for name, text in row.items() if name != "task"}
        for row in _rows(path, "task")
    }


def _rows(path: Path, *columns: str) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise BadRecording(f"{path}: the column {' and '.join(missing)} is missing")
            for row in reader:
                yield {name: text or "" for name, text in row.items() if name is not None}
    except FileNotFoundError:
        raise BadRecording(f"{path} is missing") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadRecording(f"{path} cannot be read as CSV in UTF-8: {error}") from None


def _seconds(text: str) -> float | None:
    """A recorded duration as seconds; None when there is none."""
    try:
        return min(SECONDS[1], max(SECONDS[0], float(text) / 1000))
    except ValueError:
        return None
