"""Reads an uploaded table (CSV, TSV or JSONL) row by row, so that a hostile file is refused before it fills the memory.

A line is measured before it is decoded and a record before it is parsed on; archives and office files are never opened.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import BadUpload
from core.intake.cells import clean, unguarded
from core.intake.faults import quoted

_SAMPLE = 64 * 1024
"""Bytes that are looked at to find the delimiter, and lines of them."""
_SAMPLE_LINES = 20
_MAX_NAME = 60
_LINES_PER_ROW = 10
"""Lines allowed per row on average, so that millions of line ends do not keep the reader busy."""
OURS = frozenset({"id", "task", "gold", "why", "teaching", "reserved_for", "unavailable_for"})
"""Columns with a meaning, in lower case; a line of JSONL may leave them out."""
_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or ZIP archive",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF-": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word document",
    b"BZh91AY": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"Rar!\x1a": "a RAR archive",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
}
_SOMETHING = re.compile(rb"\S")
_JSON_LINE = re.compile(rb'\s*\{\s*["}]')
_JSON_LIST = re.compile(rb"\s*\[\s*\{")
_QUOTES = "; a text that holds the delimiter must stand in quotes"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one upload may hold: bytes, rows, characters of a cell; max_cells bounds the memory of what is kept."""

    max_bytes: int = 20_000_000
    max_rows: int = 200_000
    max_cell: int = 4000
    max_columns: int = 30
    max_line: int = 1_000_000
    max_cells: int = 1_000_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Row:
    """One record: number counts from 1 below the header, line is where it begins; with a fault there are no cells."""

    number: int
    line: int
    cells: dict[str, str]
    fault: str = ""

    @property
    def where(self) -> str:
        """The row in words."""
        return _where(self.number, self.line)


@dataclass(slots=True)
class _Cursor:
    base: int
    """Bytes before the first line: the length of a byte order mark."""
    row: int = 0
    line: int = 0
    begun: int = 1
    """The line on which the record that is being read begins."""
    held: int = 0
    """Bytes of that record so far."""

    def stop(self, problem: str) -> BadUpload:
        return BadUpload([f"{_where(self.row, self.begun)}: {problem}"])

    def next_record(self) -> None:
        self.begun, self.held = self.line + 1, 0


def _where(row: int, line: int) -> str:
    return f"row {row} (line {line})" if row else f"header (line {line})"


def read_rows(data: bytes, name: str, limits: Limits) -> Iterator[Row]:
    """The rows of an upload, one at a time; BadUpload where nothing after that point could be trusted."""
    _refuse_foreign(data, limits)
    text = data.removeprefix(_BOM)
    if not _SOMETHING.search(text):
        raise BadUpload(["The file is empty."])
    cursor = _Cursor(len(data) - len(text))
    rows = _json_rows(text, cursor, limits) if _is_jsonl(text, name) else _csv_rows(text, name, cursor, limits)
    cells = 0
    for row in rows:
        cells += len(row.cells)
        if row.number > limits.max_rows:
            raise BadUpload([f"The file has more than {limits.max_rows:,} rows; split it into several jobs."])
        if cells > limits.max_cells:
            raise BadUpload([f"The file has more than {limits.max_cells:,} cells; leave out columns or split it."])
        yield row
    if cursor.row <= 1:
        raise BadUpload(["The file has a header and no rows."])


def _refuse_foreign(data: bytes, limits: Limits) -> None:
    for magic, kind in _FOREIGN.items():
        if data.startswith(magic):
            raise BadUpload([f"The file is {kind}, which is not opened; save the table as CSV UTF-8 and send that."])
    head = data[:200]
    if head.startswith(_UTF16) or head.count(0) * 3 > len(head):
        raise BadUpload(["The file is written in UTF-16, or is no text; save it as CSV UTF-8 and send that."])
    if len(data) > limits.max_bytes:
        raise BadUpload([f"The file is larger than {limits.max_bytes / 1e6:g} MB; split it into several jobs."])


def _is_jsonl(data: bytes, name: str) -> bool:
    if _JSON_LIST.match(data):
        raise BadUpload(
            ["The file is one JSON list; write one object per line, without [ ] around and , between them."]
        )
    return bool(_JSON_LINE.match(data)) or name.lower().endswith((".jsonl", ".ndjson", ".json"))


def _lines(data: bytes, cursor: _Cursor, limits: Limits) -> Iterator[str]:
    end = b"\n" if b"\n" in data else b"\r"
    start = 0
    while start < len(data):
        stop = data.find(end, start) + 1 or len(data)
        cursor.line += 1
        cursor.held += stop - start
        if cursor.held > limits.max_line:
            raise cursor.stop(f"goes on for more than {limits.max_line:,} bytes; is a closing quote missing?")
        if cursor.line > limits.max_rows * _LINES_PER_ROW:
            raise cursor.stop("the file has too many lines; split it into several jobs")
        yield _decode(data, start, stop, cursor)
        start = stop


def _decode(data: bytes, start: int, stop: int, cursor: _Cursor) -> str:
    line = data[start:stop]
    if b"\x00" in line:
        raise cursor.stop(
            f"byte {cursor.base + start + line.index(0)} is NUL, so this is no text; save the file as CSV UTF-8"
        )
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        place = f"byte {cursor.base + start + error.start} ({line[error.start]:#04x})"
        problem = f"{place} is not UTF-8; save the file as CSV UTF-8"
        raise cursor.stop(problem) from None


def _csv_rows(data: bytes, name: str, cursor: _Cursor, limits: Limits) -> Iterator[Row]:
    header: list[str] = []
    for record in _records(data, name, cursor, limits):
        if not header:
            header = _header(record, cursor, limits)
        elif len(record) == len(header):
            yield Row(cursor.row, cursor.begun, dict(zip(header, map(unguarded, record), strict=True)))
        else:
            yield Row(cursor.row, cursor.begun, {}, f"has {len(record)} cells, the header has {len(header)}{_QUOTES}")
        cursor.row += 1
        cursor.next_record()


def _records(data: bytes, name: str, cursor: _Cursor, limits: Limits) -> Iterator[list[str]]:
    reader = csv.reader(_lines(data, cursor, limits), delimiter=_delimiter(data, name), strict=True)
    try:
        for record in reader:
            if record:
                yield record
            else:
                cursor.next_record()
    except csv.Error as error:
        raise cursor.stop(f"its quotes cannot be read ({error}); is a closing quote missing?") from None


def _delimiter(data: bytes, name: str) -> str:
    """The one that splits the first rows evenly, else the one that splits the header into most columns."""
    sample = data[:_SAMPLE].decode(errors="replace").replace("\r", "\n").split("\n")[:_SAMPLE_LINES]
    order = "\t,;" if name.lower().endswith((".tsv", ".tab")) else ",;\t"
    return max(order, key=lambda delimiter: _evenness([f"{line}\n" for line in sample], delimiter))


def _evenness(lines: list[str], delimiter: str) -> tuple[bool, int]:
    try:
        widths = [len(record) for record in csv.reader(lines, delimiter=delimiter) if record]
    except csv.Error:
        return False, 0
    return bool(widths) and len(set(widths)) == 1 and widths[0] > 1, widths[0] if widths else 0


def _header(record: list[str], cursor: _Cursor, limits: Limits) -> list[str]:
    if len(record) > limits.max_columns:
        raise cursor.stop(f"has {len(record)} columns, at most {limits.max_columns} fit")
    try:
        return _columns(record)
    except ValueError as error:
        raise cursor.stop(str(error)) from None


def _columns(names: list[str]) -> list[str]:
    columns = [_column(name, place) for place, name in enumerate(names, start=1)]
    seen: set[str] = set()
    for column in columns:
        if column.casefold() in seen:
            raise ValueError(f"the column {quoted(column)} is there twice")
        seen.add(column.casefold())
    return columns


def _column(name: str, place: int) -> str:
    try:
        column = clean(name).strip()
    except ValueError as error:
        raise ValueError(f"the name of column {place} {error}") from None
    if not column:
        raise ValueError(f"column {place} has no name; the first row must name every column")
    if len(column) > _MAX_NAME:
        raise ValueError(f"the name of column {place} has {len(column)} characters, at most {_MAX_NAME} fit")
    return column.lower() if column.lower() in OURS else column


def _json_rows(data: bytes, cursor: _Cursor, limits: Limits) -> Iterator[Row]:
    columns: set[str] = set()
    cursor.row = 1
    for line in _lines(data, cursor, limits):
        if line.strip():
            row = _json_row(line, cursor, columns, limits)
            columns = columns or row.cells.keys() - OURS
            yield row
            cursor.row += 1
        cursor.next_record()


def _json_row(line: str, cursor: _Cursor, columns: set[str], limits: Limits) -> Row:
    try:
        cells = _json_cells(line, limits)
    except RecursionError:
        return Row(cursor.row, cursor.begun, {}, "is nested; every value must be a text, a number, true or false")
    except ValueError as error:
        return Row(cursor.row, cursor.begun, {}, str(error))
    strange = (cells.keys() ^ columns) - OURS if columns else ()
    if strange:
        return Row(cursor.row, cursor.begun, {}, f"has other fields than the first row: see {quoted(min(strange))}")
    return Row(cursor.row, cursor.begun, cells)


def _json_cells(line: str, limits: Limits) -> dict[str, str]:
    pairs = _json_pairs(line)
    if not isinstance(pairs, tuple):
        raise ValueError('is not an object; write one such as {"text": "…"} per line')
    if len(pairs) > limits.max_columns:
        raise ValueError(f"has {len(pairs)} fields, at most {limits.max_columns} fit")
    columns = _columns([name for name, _ in pairs])
    filled = ((column, value) for column, (_, value) in zip(columns, pairs, strict=True))
    return {column: _scalar(column, value) for column, value in filled if value is not None or column not in OURS}


def _json_pairs(line: str) -> object:
    try:
        # tuples are objects, kept as pairs to see a name that is there twice; numbers stay as they were typed
        return json.loads(
            line, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON ({error.msg} at character {error.colno}); write one object per line") from None


def _scalar(column: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise ValueError(f"column {quoted(column)}: must be a text, a number, true or false")
    return value


def _refuse_constant(constant: str) -> str:
    raise ValueError(f"{constant} is not a number that JSON knows")
