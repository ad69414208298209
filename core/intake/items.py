"""Turns the rows of an uploaded table into items: which column is the id, which the known answer, what workers see."""

from __future__ import annotations

import re

from core.errors import BadUpload
from core.intake.cells import clean, visible
from core.intake.faults import Faults, did_you_mean, quoted
from core.intake.rows import LIMITS, Limits, Row, read_rows
from core.model import Handle, Item, JobSpec, parse_handle

__all__ = ["LIMITS", "Limits", "read_items"]

_MAX_REF = 100
_MAX_HANDLES = 50
_MAX_WHY = 300
_MARKS = {"": False, "no": False, "false": False, "0": False, "yes": True, "true": True, "1": True}
_SEPARATOR = re.compile(r"[\s;,]+")


def read_items(data: bytes, name: str, spec: JobSpec, limits: Limits = LIMITS) -> tuple[Item, ...]:
    """Read CSV, TSV or JSONL; the columns id, gold, why, teaching, reserved_for and unavailable_for are ours.

    Workers see the others.

    BadUpload names the row and column of every fault (the first twenty, and how many more).
    """
    reader = _Reader(spec, limits)
    try:
        for row in read_rows(data, name, limits):
            reader.take(row)
    except BadUpload as stop:
        reader.faults.extend(stop.problems)
    reader.faults.check()
    return tuple(reader.items)


class _Reader:
    def __init__(self, spec: JobSpec, limits: Limits) -> None:
        self.items: list[Item] = []
        self.faults = Faults()
        self._limits = limits
        self._refs: dict[str, int] = {}
        texts = {option.text.casefold(): place for place, option in enumerate(spec.options)}
        self._answers = texts | {option.id.casefold(): place for place, option in enumerate(spec.options)}

    def take(self, row: Row) -> None:
        """Keep the row as an item, or note what is wrong with it; after the first fault nothing is kept."""
        if row.fault:
            self.faults.add(f"{row.where}: {row.fault}")
        cells = {column: self._cell(row, column, cell) for column, cell in row.cells.items()}
        item = None if row.fault else self._item(row, cells)
        if item and not self.faults.count:
            self.items.append(item)

    def _item(self, row: Row, cells: dict[str, str]) -> Item:
        ref = self._ref(row, cells)
        gold = self._gold(row, cells.pop("gold", "").strip())
        lesson = self._lesson(row, cells, gold)
        reserved = self._handles(row, "reserved_for", cells.pop("reserved_for", ""))
        excluded = self._handles(row, "unavailable_for", cells.pop("unavailable_for", ""))
        if not cells:
            raise BadUpload([f"{row.where}: no column is left for workers to see; add one such as text"])
        if not any(map(visible, cells.values())):
            self.faults.add(f"{row.where}: is empty; there is nothing for workers to see")
        return Item(ref, cells, gold, reserved, *lesson, excluded)

    def _cell(self, row: Row, column: str, cell: str) -> str:
        try:
            text = clean(cell)
        except ValueError as error:
            self._fault(row, column, str(error))
            return "?"
        if len(text) > self._limits.max_cell:
            self._fault(row, column, f"has {len(text):,} characters, at most {self._limits.max_cell:,} fit")
        return text

    def _ref(self, row: Row, cells: dict[str, str]) -> str:
        column = "id" if "id" in cells else "task"
        ref = cells.pop(column, f"row-{row.number}").strip()
        if not visible(ref) or len(ref) > _MAX_REF:
            self._fault(row, column, f"must have 1 to {_MAX_REF} characters")
        if (first := self._refs.setdefault(ref, row.number)) != row.number:
            self._fault(row, column, f"{quoted(ref)} is already the id of row {first}")
        return ref

    def _gold(self, row: Row, answer: str) -> int | None:
        if not answer:
            return None
        place = self._answers.get(answer.casefold())
        if place is None:
            near = "" if self.faults.full else did_you_mean(answer, self._answers)
            self._fault(row, "gold", f"{quoted(answer)} is none of the options{near}")
        return place

    def _lesson(self, row: Row, cells: dict[str, str], gold: int | None) -> tuple[str, bool]:
        """Why the known answer is right, and whether that is told at once; both for rows with gold only."""
        why, mark = cells.pop("why", "").strip(), cells.pop("teaching", "").strip().casefold()
        if len(why) > _MAX_WHY:
            self._fault(row, "why", f"has {len(why):,} characters, at most {_MAX_WHY} fit")
        if mark not in _MARKS:
            self._fault(row, "teaching", f"{quoted(mark)} is not one of yes, no")
        teaching = _MARKS.get(mark, False)
        if gold is None and (why or teaching):
            self._fault(row, "why" if why else "teaching", "stands in a row without gold; give the right answer too")
        return why, teaching

    def _handles(self, row: Row, column: str, cell: str) -> tuple[Handle, ...]:
        names = [name for name in _SEPARATOR.split(cell) if name]
        if len(names) > _MAX_HANDLES:
            self._fault(row, column, f"names {len(names)} people, at most {_MAX_HANDLES} fit")
        handles = {self._handle(row, column, name): None for name in names[:_MAX_HANDLES]}
        return tuple(handle for handle in handles if handle)

    def _handle(self, row: Row, column: str, name: str) -> Handle | None:
        try:
            return parse_handle(name)
        except ValueError:
            self._fault(row, column, f"{quoted(name)} is not a handle such as telegram:1001 or slack:U123")
        return None

    def _fault(self, row: Row, column: str, problem: str) -> None:
        self.faults.add(f"{row.where}, column {column}: {problem}")
