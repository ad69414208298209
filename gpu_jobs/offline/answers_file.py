"""Reads answers from CSV, TSV, JSONL or Parquet into dense indices, ten million rows in seconds, with clear rules.

Labels, tasks and workers are text, exactly as written: 1, 01 and 1.0 are three labels. A worker's later answer to a
task replaces the earlier one. An empty cell is an error that names its row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv
from pyarrow import json as pa_json

from core.errors import BadUpload
from gpu_jobs.kernels.packed import NOBODY, Packed
from gpu_jobs.kernels.values import Answers, Floats, Ints

NEEDED = ("task", "worker", "label")
KNOWN = ("task", "label")
SUFFIXES = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
MOST_INDICES = 2**31 - 1
KEY_BITS = 63
Indices = np.ndarray[tuple[int], np.dtype[Any]]
Columns = Mapping[str, str]
"""Our name of a column → its name in the file."""


@dataclass(frozen=True)
class AnswersTable:
    """Answers with dense indices in sorted order, the names behind them, and what had to be decided on the way."""

    packed: Packed
    tasks: pa.Array  # as typed in the file
    workers: pa.Array
    labels: pa.Array  # text
    notes: tuple[str, ...]
    prior: Floats | None = field(default=None)  # [task, class], what the items say before any answer

    @cached_property
    def answers(self) -> Answers:
        """The answers in index arrays, made when first asked for."""
        answers = self.packed.answers()
        return answers if self.prior is None else replace(answers, prior=self.prior)


def read_answers(path: Path, columns: Columns, controls: Path | None = None) -> AnswersTable:
    """The answers in `path`, with the known labels of `controls`. BadUpload names file, column and row."""
    known = read_known(controls, columns) if controls else {}
    parts = _columns(path, {name: columns.get(name, name) for name in NEEDED})
    task, tasks = _encode(next(parts))
    if not len(task):
        raise BadUpload([f"{path.name}: there are no answers in it"])
    worker, workers = _encode(next(parts))
    label, labels = _encode_labels(next(parts), known.values())
    given = len(task)
    start, column = _in_order(task, worker, label, (len(tasks), len(workers), len(labels)))
    notes = _notes(given - len(column), len(workers), len(labels))
    gold, unanswered = _gold(known, tasks, labels)
    if unanswered:
        notes.append(f"{unanswered} control tasks have no answer and are left out")
    packed = Packed(start, column, len(workers), len(labels), gold)
    return AnswersTable(packed, tasks, workers, labels, tuple(notes))


def read_known(path: Path, columns: Columns) -> dict[str, str]:
    """Known labels by task, from a file with task and label columns."""
    table = read_table(path, {name: columns.get(name, name) for name in KNOWN})
    pairs = zip(_as_text(table["task"]).to_pylist(), _as_text(table["label"]).to_pylist(), strict=True)
    known: dict[str, str] = {}
    for row, (task, label) in enumerate(pairs, 1):
        if known.setdefault(task, label) != label:
            raise BadUpload([f"{path.name}, row {row}: task {task!r} has two different labels"])
    return known


def _columns(path: Path, columns: Columns) -> Iterator[pa.ChunkedArray]:
    """One column after the other; from Parquet each is read when it is asked for, which halves the memory."""
    if path.suffix == ".parquet" and path.exists():
        yield from (read_table(path, {ours: theirs})[ours] for ours, theirs in columns.items())
        return
    table = read_table(path, columns)
    for name in columns:
        column = table[name]
        table = table.drop_columns([name])
        yield column


def read_table(path: Path, columns: Columns, *, empty: Collection[str] = ()) -> pa.Table:
    """The named columns of a file, under our names; no cell may be empty but in the columns `empty`."""
    try:
        table = _open(path, list(columns.values()))
    except FileNotFoundError:
        raise BadUpload([f"{path}: there is no such file"]) from None
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
        raise BadUpload([f"{path.name}: {str(error).splitlines()[0]}"]) from None
    missing = [name for name in columns.values() if name not in table.column_names]
    if missing:
        have = ", ".join(table.column_names)
        raise BadUpload(
            [
                f"{path.name}: no column {name!r}; it has {have}. Map it, as in --columns {ours}={name}"
                for ours, name in columns.items()
                if name in missing
            ]
        )
    table = table.select(list(columns.values())).rename_columns(list(columns))
    for ours, theirs in columns.items():
        if ours not in empty:
            _refuse_empty(path, theirs, table[ours])
    return table


def _open(path: Path, wanted: list[str]) -> pa.Table:
    if path.suffix == ".parquet":
        present = [name for name in wanted if name in pq.read_schema(path).names]
        return pq.read_table(path, columns=present) if len(present) == len(wanted) else pq.read_table(path).slice(0, 0)
    if path.suffix in (".jsonl", ".ndjson"):
        return pa_json.read_json(path)
    convert = csv.ConvertOptions(column_types={name: pa.string() for name in wanted}, strings_can_be_null=True)
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(delimiter=SUFFIXES.get(path.suffix, ","), newlines_in_values=True),
        convert_options=convert,
    )


def _refuse_empty(path: Path, column: str, values: pa.ChunkedArray) -> None:
    empty = values.is_null(nan_is_null=True)
    if pa.types.is_string(values.type):
        empty = pc.or_(empty, pc.equal(pc.fill_null(values, ""), ""))
    if pc.any(empty).as_py():
        row = pc.index(empty, True).as_py() + 1
        raise BadUpload([f"{path.name}, row {row}: column {column!r} is empty"])


def _as_text(values: pa.ChunkedArray) -> pa.Array:
    return pc.cast(values, pa.string()).combine_chunks()


def _encode(values: pa.ChunkedArray) -> tuple[Indices, pa.Array]:
    """Index of each value among the sorted distinct ones, and those."""
    if len(values) and pa.types.is_integer(values.type) and (coded := _encode_numbers(values)):
        return coded
    coded_values = values.combine_chunks().dictionary_encode()
    order = pc.sort_indices(coded_values.dictionary).to_numpy()
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    return rank[coded_values.indices.to_numpy()], coded_values.dictionary.take(pa.array(order))


def _encode_labels(values: pa.ChunkedArray, more: Iterable[str]) -> tuple[Indices, pa.Array]:
    """The same for labels, which are text and include `more`."""
    code, names = _encode(values)
    texts = pc.cast(names, pa.string()).to_pylist()
    labels = sorted({*texts, *more})
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place[text] for text in texts], np.int32)[code], pa.array(labels, pa.string())


def _encode_numbers(values: pa.ChunkedArray) -> tuple[Indices, pa.Array] | None:
    """The same for integers that lie close together, by counting instead of hashing; None for others."""
    extremes = pc.min_max(values).as_py()
    least, width = extremes["min"], extremes["max"] - extremes["min"] + 1
    if width > min(4 * len(values) + 1024, MOST_INDICES):
        return None
    numbers = np.empty(len(values), np.int32)
    place = 0
    for chunk in values.chunks:
        np.subtract(chunk.to_numpy(), least, out=numbers[place : place + len(chunk)], casting="unsafe")
        place += len(chunk)
    seen = np.zeros(width, bool)
    seen[numbers] = True
    found = np.flatnonzero(seen)
    if len(found) < width:
        numbers = (np.cumsum(seen, dtype=np.int32) - np.int32(1))[numbers]
    return numbers, pa.array(found + least, values.type)


def _in_order(task: Indices, worker: Indices, label: Indices, sizes: tuple[int, int, int]) -> tuple[Ints, Indices]:
    """Where each task's answers start, and worker x labels + label of all in order; the last of each pair only.

    One number holds a whole answer, because sorting numbers is many times faster than sorting rows.
    """
    n_tasks, n_workers, n_labels = sizes
    shift = max(1, (n_workers * n_labels - 1).bit_length())
    if n_workers * n_labels > NOBODY or n_tasks.bit_length() + shift >= KEY_BITS:
        raise BadUpload(
            [f"{n_tasks} tasks, {n_workers} workers and {n_labels} labels are too many to aggregate at once"]
        )
    packed = task.astype(np.int64)
    packed <<= shift
    packed += worker.astype(np.int64) * n_labels
    packed += label
    packed.sort()
    column = (packed & ((1 << shift) - 1)).astype(np.int32)
    early = _early(packed, column, n_labels, shift)
    if len(early):
        last = early[np.append(np.diff(early) > 1, True)] + 1
        pairs = column[last] // n_labels, packed[last] >> shift
        column[last] += _last_labels((task, worker, label), pairs, n_tasks) - column[last] % n_labels
        column = np.delete(column, early)
        task = np.delete(packed, early) >> shift
    start = np.zeros(n_tasks + 1, np.int64)
    np.cumsum(np.bincount(task, minlength=n_tasks), out=start[1:])
    return start, column


def _early(packed: Ints, column: Indices, n_labels: int, shift: int) -> Ints:
    """Places of sorted answers that are followed by one of the same worker to the same task."""
    near = np.flatnonzero(packed[1:] - packed[:-1] < n_labels)
    same = column[near] // n_labels == column[near + 1] // n_labels
    early: Ints = near[same & (packed[near] >> shift == packed[near + 1] >> shift)]
    return early


def _last_labels(rows: tuple[Indices, Indices, Indices], pairs: tuple[Indices, Ints], n_tasks: int) -> Indices:
    """The label in the last row of each (worker, task) pair; pairs come sorted by task, then worker."""
    task, worker, label = rows
    wanted = np.zeros(n_tasks, bool)
    wanted[pairs[1]] = True
    near = np.flatnonzero(wanted[task])
    latest = {(w, t): lab for w, t, lab in zip(worker[near].tolist(), task[near].tolist(), label[near], strict=True)}
    return np.array([latest[pair] for pair in zip(pairs[0].tolist(), pairs[1].tolist(), strict=True)], np.int32)


def _gold(known: Mapping[str, str], tasks: pa.Array, labels: pa.Array) -> tuple[Ints, int]:
    gold = np.full(len(tasks), -1, np.int64)
    if not known:
        return gold, 0
    place = pc.index_in(pa.array(known, pa.string()), pc.cast(tasks, pa.string()))
    klass = pc.index_in(pa.array(list(known.values()), pa.string()), labels)
    found = place.is_valid().to_numpy(zero_copy_only=False)
    gold[place.drop_null().to_numpy()] = klass.to_numpy()[found]
    return gold, int((~found).sum())


def _notes(replaced: int, workers: int, labels: int) -> list[str]:
    notes = []
    if replaced:
        notes.append(f"{replaced} answers were replaced by a later one of the same worker to the same task")
    if workers == 1:
        notes.append("there is one worker only: the labels are their answers")
    if labels == 1:
        notes.append("there is one label only: every task gets it")
    return notes
