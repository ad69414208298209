"""The tables at the border accept exactly their columns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gpu_jobs import tables
from gpu_jobs.contract import BadInput

TASK = {"task": [1], "ref": ["a"], "payload": ["{}"], "control": [False], "gold": [-1]}


def test_a_table_reads_back_as_it_was_written(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "tasks", tables.TASKS, TASK)

    assert tables.read_table(tmp_path / "tasks", tables.TASKS).to_pydict() == TASK, "nothing may change on the way"


def test_equal_rows_make_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        tables.write_table(tmp_path / name, tables.TASKS, TASK)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes(), "hashes must not depend on the moment"


def test_other_columns_are_bad_input(tmp_path: Path) -> None:
    pq.write_table(pa.table({"task": [1]}), tmp_path / "tasks")

    with pytest.raises(BadInput, match="columns are"):
        tables.read_table(tmp_path / "tasks", tables.TASKS)


def test_an_empty_cell_is_bad_input(tmp_path: Path) -> None:
    tables.write_table(tmp_path / "tasks", tables.TASKS, {**TASK, "gold": [None]})

    with pytest.raises(BadInput, match="gold"):
        tables.read_table(tmp_path / "tasks", tables.TASKS)


def test_something_that_is_no_table_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "tasks").write_text("task,ref\n")

    with pytest.raises(BadInput, match="tasks"):
        tables.read_table(tmp_path / "tasks", tables.TASKS)
