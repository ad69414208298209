"""Where watched texts come from: a file that may grow, or an address that answers with JSON."""

from __future__ import annotations

import csv
import io
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.errors import BadUpload

BATCH = 256  # texts at a time at most
PAUSE = 5.0  # seconds between looks at a file or an address
TIMEOUT = 30.0
CHUNK = 1 << 16  # characters read at once
PATIENCE = 60  # looks in a row that an address may fail once it has answered: five minutes at the usual pause
REMEMBERED = 100_000  # ids that an address has given lately
MOST_BYTES = 64 * 1024 * 1024  # of one answer of an address
SEPARATORS = {".csv": ",", ".tsv": "\t"}
Texts = Iterator[list[str]]


def texts_of(source: str, column: str = "text", *, follow: bool = False, pause: float = PAUSE) -> Texts:
    """Texts in batches from a file (CSV, TSV, JSONL, or plain lines) or an http address; an empty batch is a pause.

    `follow` waits for more at the end of a file, as tail does. An address is asked every `pause` seconds and answers
    with a JSON list, or JSON lines, of texts or of objects with `column`; an "id" keeps one from counting twice.
    """
    if source.startswith(("http://", "https://")):
        return _polled(source, column, pause)
    path = Path(source)
    if not path.is_file():
        raise BadUpload([f"{source}: there is no such file"])
    if not (follow or path.stat().st_size):
        raise BadUpload([f"{source}: the file is empty"])
    return _decoded(path, _read(path, column, follow=follow, pause=pause))


def _decoded(path: Path, texts: Texts) -> Texts:
    try:
        yield from texts
    except UnicodeDecodeError as error:
        raise BadUpload([f"{path.name}: it is no UTF-8 ({error.reason}); save it as UTF-8"]) from None


def _read(path: Path, column: str, *, follow: bool, pause: float) -> Texts:
    with path.open(encoding="utf-8", newline="") as file:
        parse = _parser(path, file, column)
        quoted = path.suffix in SEPARATORS
        held, row = "", 0
        while True:
            chunk = file.read(CHUNK)
            lines, held = _whole_lines(held + chunk, quoted=quoted)
            if not chunk and not follow:
                yield from _batches(path, [held] if held.strip() else [], parse, row)
                return
            yield from _batches(path, lines, parse, row)
            row += len(lines)
            if not chunk:
                yield []
                time.sleep(pause)


def _whole_lines(text: str, *, quoted: bool) -> tuple[list[str], str]:
    """Complete lines, and the beginning of the next; where cells are `quoted`, one with line breaks stays whole."""
    lines = text.splitlines(keepends=True)
    whole: list[str] = []
    part = ""
    for line in lines:
        part += line
        if part.endswith("\n") and not (quoted and part.count('"') % 2):
            whole.append(part.rstrip("\r\n"))
            part = ""
    return whole, part


def _parser(path: Path, file: io.TextIOBase, column: str) -> Callable[[str], str]:
    if path.suffix in (".jsonl", ".ndjson"):
        return lambda line: _text_of(json.loads(line), column)
    separator = SEPARATORS.get(path.suffix)
    if separator is None:
        return str.strip
    names = next(csv.reader([file.readline().rstrip("\r\n")], delimiter=separator), [])
    if column not in names:
        raise BadUpload([f"{path.name}: no column {column!r}; it has {', '.join(names)}. Name it with --column"])
    place = names.index(column)
    return lambda line: next(csv.reader(io.StringIO(line), delimiter=separator))[place]


def _batches(path: Path, lines: list[str], parse: Callable[[str], str], row: int) -> Texts:
    for first in range(0, len(lines), BATCH):
        batch = []
        for number, line in enumerate(lines[first : first + BATCH], row + first + 1):
            if not line.strip():
                continue
            try:
                batch.append(parse(line))
            except (ValueError, IndexError, KeyError, csv.Error) as error:
                raise BadUpload([f"{path.name}, row {number}: {error}"]) from None
        if batch:
            yield batch


def _text_of(value: Any, column: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get(column), str):
        text: str = value[column]
        return text
    raise ValueError(f"neither a text nor an object with a text in {column!r}")


def _polled(address: str, column: str, pause: float) -> Texts:
    seen: dict[str, None] = {}
    failures = PATIENCE
    while True:
        fresh = []
        try:
            values, failures = _fetch(address), 0
        except BadUpload:
            failures += 1
            if failures > PATIENCE:
                raise
            values = []
        for value in values:
            key = str(value["id"]) if isinstance(value, dict) and "id" in value else None
            if key is None or key not in seen:
                fresh.append(_polled_text(address, value, column))
            if key is not None:
                seen[key] = None
        for key in list(seen)[: max(0, len(seen) - REMEMBERED)]:
            del seen[key]
        for first in range(0, len(fresh), BATCH):
            yield fresh[first : first + BATCH]
        yield []
        time.sleep(pause)


def _polled_text(address: str, value: Any, column: str) -> str:
    try:
        return _text_of(value, column)
    except ValueError as error:
        raise BadUpload([f"{address}: {error}; name the field with --column"]) from None


def _fetch(address: str) -> list[Any]:
    """What the address has now; BadUpload when it cannot be read."""
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as response:
            body = response.read(MOST_BYTES).decode("utf-8")
    except (urllib.error.URLError, OSError, UnicodeDecodeError) as error:
        raise BadUpload([f"{address}: {error}"]) from None
    try:
        found = json.loads(body)
    except ValueError:
        try:
            found = [json.loads(line) for line in body.splitlines() if line.strip()]
        except ValueError as error:
            raise BadUpload([f"{address}: neither JSON nor JSON lines ({error})"]) from None
    return found if isinstance(found, list) else [found]
