"""The label files that a requester gets: CSV for a spreadsheet, JSON lines for a program."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.intake.cells import guarded

Cell = str | int | float | bool | None

DIGITS = 6  # decimals of a probability
# a byte order mark, without which Excel reads UTF-8 as the local 8-bit code
CSV_ENCODING = "utf-8-sig"
OWN_COLUMNS = frozenset({"id", "label", "confidence", "answers", "by", "posterior"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """One task as the requester sees it; `label` is None and `posterior` empty when nobody answered."""

    ref: str
    payload: str  # the item as JSON
    label: str | None
    posterior: dict[str, float]
    answers: int
    by: str = ""  # people or model, in a job where a model labels some tasks alone

    def row(self) -> dict[str, object]:
        """The item's own columns between its id and its label."""
        return {
            "id": self.ref,
            **_item_columns(self.payload, self.ref),
            "label": self.label,
            "confidence": max(self.posterior.values(), default=None),
            "answers": self.answers,
            **({"by": self.by} if self.by else {}),
            "posterior": self.posterior,
        }


def write_jsonl(path: Path, rows: Iterable[Labelled]) -> None:
    """One JSON object a task."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(labelled.row(), ensure_ascii=False) + "\n" for labelled in rows)


def write_csv(path: Path, rows: Sequence[Labelled], classes: Sequence[str]) -> None:
    """One line a task: id, the item's columns, label, confidence, answers, and one ``p_`` column per class."""
    flat = [_flat(labelled, classes) for labelled in rows]
    given = dict.fromkeys(name for row in flat for name in row)
    own = [name for name in ("label", "confidence", "answers", "by") if name != "by" or any(row.by for row in rows)]
    tail = [*own, *(f"p_{name}" for name in classes)]
    columns = [*(name for name in given if name not in tail), *tail]
    with path.open("w", encoding=CSV_ENCODING, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([harmless(name) for name in columns])
        writer.writerows([harmless(row.get(name)) for name in columns] for row in flat)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """A CSV file of cells as they are, for a spreadsheet."""
    with path.open("w", encoding=CSV_ENCODING, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([harmless(cell) for cell in row] for row in rows)


def harmless(value: Cell) -> Cell:
    """`value`, with a quote mark before text that a spreadsheet would run as a formula; /newjob takes it off again."""
    return guarded(value) if isinstance(value, str) else value


def _item_columns(payload: str, ref: str) -> dict[str, object]:
    item = json.loads(payload)
    if not isinstance(item, dict):
        return {"item": item}
    if str(item.get("id")) == ref:
        item.pop("id")
    return {f"item_{name}" if name in OWN_COLUMNS else name: value for name, value in item.items()}


def _flat(labelled: Labelled, classes: Sequence[str]) -> dict[str, Cell]:
    row = labelled.row()
    del row["posterior"]
    probabilities = {f"p_{name}": labelled.posterior.get(name) for name in classes}
    return {name: _cell(value) for name, value in row.items()} | probabilities


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False)
