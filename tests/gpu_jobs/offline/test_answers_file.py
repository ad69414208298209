"""Answers from files: every format, and a clear rule for each kind of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadUpload
from gpu_jobs.offline.answers_file import _in_order, read_answers

ROWS = [("t1", "a", "yes"), ("t1", "b", "no"), ("t2", "a", "no")]


def write(folder: Path, name: str, rows: list[tuple[str, str, str]]) -> Path:
    path = folder / name
    columns = {"task": [r[0] for r in rows], "worker": [r[1] for r in rows], "label": [r[2] for r in rows]}
    if name.endswith(".parquet"):
        pq.write_table(pa.table(columns), path)
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))
    else:
        mark = "\t" if name.endswith(".tsv") else ","
        path.write_text("\n".join(mark.join(row) for row in [tuple(columns), *rows]) + "\n")
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_every_format_gives_the_same_answers(tmp_path: Path, name: str) -> None:
    table = read_answers(write(tmp_path, name, ROWS), {})
    assert table.tasks.to_pylist() == ["t1", "t2"], "tasks come sorted"
    assert table.answers.label.tolist() == [1, 0, 0], "labels are indices of the sorted labels no, yes"


def test_a_later_answer_of_the_same_worker_replaces_the_first(tmp_path: Path) -> None:
    table = read_answers(write(tmp_path, "a.csv", [*ROWS, ("t1", "a", "no")]), {})
    assert table.answers.label.tolist() == [0, 0, 0], "the later answer to t1 counts"
    assert any("replaced" in note for note in table.notes), "and the report says that one was replaced"


def test_labels_that_look_like_numbers_stay_as_written(tmp_path: Path) -> None:
    table = read_answers(write(tmp_path, "a.csv", [("t", "a", "1"), ("t", "b", "01"), ("t", "c", "1.0")]), {})
    assert table.labels.to_pylist() == ["01", "1", "1.0"], "1, 01 and 1.0 are three labels"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_an_empty_cell_is_named_with_its_row(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, [ROWS[0], ("t1", "b", "")])
    with pytest.raises(BadUpload, match="row 2: column 'label' is empty"):
        read_answers(path, {})


def test_a_missing_column_is_named_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("item,worker,label\nt1,a,yes\n")
    with pytest.raises(BadUpload, match=r"no column 'task'.*task=task"):
        read_answers(path, {})
    assert read_answers(path, {"task": "item"}).answers.n_tasks == 1, "a mapped column is found"


def test_controls_are_clamped_and_those_without_an_answer_are_counted(tmp_path: Path) -> None:
    controls = tmp_path / "c.csv"
    controls.write_text("task,label\nt1,yes\nt9,no\n")
    table = read_answers(write(tmp_path, "a.csv", ROWS), {}, controls)
    assert table.answers.gold.tolist() == [1, -1], "t1 is known to be yes"
    assert table.notes == ("1 control tasks have no answer and are left out",), "t9 is named in the notes"


def test_a_control_with_a_label_that_nobody_gave_is_a_class_of_its_own(tmp_path: Path) -> None:
    controls = tmp_path / "c.csv"
    controls.write_text("task,label\nt1,maybe\n")
    table = read_answers(write(tmp_path, "a.csv", ROWS), {}, controls)
    assert table.labels.to_pylist() == ["maybe", "no", "yes"], "the known label joins the classes"


def test_two_known_labels_for_one_task_are_refused(tmp_path: Path) -> None:
    controls = tmp_path / "c.csv"
    controls.write_text("task,label\nt1,yes\nt1,no\n")
    with pytest.raises(BadUpload, match="row 2: task 't1' has two different labels"):
        read_answers(write(tmp_path, "a.csv", ROWS), {}, controls)


@pytest.mark.parametrize("text", ["", "task,worker,label\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadUpload):
        read_answers(tmp_path / "a.csv", {})


TRIPLES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=60)


@given(TRIPLES)
def test_order_keeps_the_last_answer_of_each_pair(rows: list[tuple[int, int, int]]) -> None:
    task, worker, label = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    start, column = _in_order(task, worker, label, (6, 5, 3))
    found = [
        (int(t), int(c) // 3, int(c) % 3) for t, c in zip(np.repeat(np.arange(6), np.diff(start)), column, strict=True)
    ]
    wanted = {(t, w): lab for t, w, lab in rows}
    assert found == [(t, w, wanted[t, w]) for t, w in sorted(wanted)], "sorted by task and worker, the last one wins"
