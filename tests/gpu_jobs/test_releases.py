"""What the requester opens: complete, readable, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.cells import FORMULA_STARTS
from gpu_jobs.releases import CSV_ENCODING, Labelled, harmless, write_csv, write_jsonl

CLASSES = ("no", "yes")
TASK = Labelled("a", '{"text": "=1+1", "tags": ["x"]}', "yes", {"no": 0.25, "yes": 0.75}, 4)
LONELY = Labelled("b", '{"text": "hé"}', None, {}, 0)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding=CSV_ENCODING, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＠x"])
def test_a_formula_gets_a_quote_mark(text: str) -> None:
    assert harmless(text) == "'" + text, "a spreadsheet must show this and not run it"


@pytest.mark.parametrize("value", ["-5", "+3.25", "-1e-7", "cat", "", "a=b", -5, 0.5, None, True])
def test_plain_numbers_and_plain_text_stay_as_they_are(value: str | float | None) -> None:
    assert harmless(value) is value, "only what could run may change"


@given(st.text())
def test_no_text_can_start_a_formula(text: str) -> None:
    shown = harmless(text)

    assert isinstance(shown, str), "text stays text"
    if shown.startswith(FORMULA_STARTS):
        float(shown)  # raises for anything but a number


def test_the_csv_has_the_item_then_the_label_then_the_probabilities(tmp_path: Path) -> None:
    write_csv(tmp_path / "labels.csv", [TASK, LONELY], CLASSES)

    first, second = read_csv(tmp_path / "labels.csv")

    assert list(first) == ["id", "text", "tags", "label", "confidence", "answers", "p_no", "p_yes"], "columns in order"
    assert list(first.values()) == ["a", "'=1+1", '["x"]', "yes", "0.75", "4", "0.25", "0.75"], "and their values"
    assert second["label"] == second["confidence"] == second["p_yes"] == "", "no answers, no label"


def test_excel_can_tell_that_the_csv_is_utf8(tmp_path: Path) -> None:
    write_csv(tmp_path / "labels.csv", [LONELY], CLASSES)

    assert (tmp_path / "labels.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the byte order mark"


def test_the_jsonl_keeps_text_and_structure_untouched(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "labels.jsonl", [TASK, LONELY])

    first, second = map(json.loads, (tmp_path / "labels.jsonl").read_text(encoding="utf-8").splitlines())

    assert (first["text"], first["tags"], first["label"]) == ("=1+1", ["x"], "yes"), "programs get the item itself"
    assert first["posterior"] == {"no": 0.25, "yes": 0.75}, "with the chance of every class"
    assert second["label"] is None and second["posterior"] == {}, "no answers, no label"


def test_an_items_own_columns_never_hide_ours() -> None:
    row = Labelled("a", '{"id": "a", "label": "theirs", "answers": 99}', "yes", {"yes": 1.0}, 2).row()

    assert (row["label"], row["answers"]) == ("yes", 2), "our columns keep their names"
    assert (row["item_label"], row["item_answers"]) == ("theirs", 99), "the item's are kept under another"
    assert "item_id" not in row, "the same id twice would say nothing"


def test_an_item_that_is_no_object_gets_a_column(tmp_path: Path) -> None:
    assert Labelled("a", '"just text"', None, {}, 0).row()["item"] == "just text", "bare items need a name"
