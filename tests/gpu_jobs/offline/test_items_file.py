"""Item files: found by task, in every format, refused in one line."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from core.errors import BadUpload
from gpu_jobs.offline.items_file import read_items

TASKS = pa.array(["t1", "t2", "t3"])


def test_items_come_in_the_order_of_the_tasks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("task,text\nt3,cat\nt1,dog\nt2,cat\n")
    table, notes = read_items(tmp_path / "a.csv", {}, TASKS)
    rows = table.toarray()
    assert (rows[1] == rows[2]).all() and (rows[0] != rows[1]).any(), "t2 and t3 are cats"
    assert not notes, "nothing is missing"


def test_tasks_without_an_item_are_noted(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"item": "t1", "text": "dog"}\n')
    table, notes = read_items(tmp_path / "a.jsonl", {"task": "item"}, TASKS)
    assert notes == ("2 tasks have no item",) and table.shape[0] == 3, "they keep an empty row"


def test_what_workers_never_see_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("task,text,Gold,why\nt1,dog,yes,it barks\nt2,dog,no,\nt3,dog,yes,tail\n")
    rows = read_items(tmp_path / "a.csv", {}, TASKS)[0].toarray()
    assert (rows == rows[0]).all(), "a model that read known answers would only repeat them"


@pytest.mark.parametrize(
    ("text", "message"), [("id,text\nt1,a\n", "no column 'task'"), ("task\nt1\n", "nothing|no column beside 'task'")]
)
def test_unusable_items_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadUpload, match=message):
        read_items(tmp_path / "a.csv", {}, TASKS)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadUpload, match="no such file"):
        read_items(tmp_path / "none.csv", {}, TASKS)
