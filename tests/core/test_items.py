"""A table becomes items cell for cell; what cannot be used is refused with row and reason, in bounded memory."""

from __future__ import annotations

import csv
import io
import json
import string
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadUpload
from core.intake.items import Limits, read_items
from core.intake.rows import OURS
from core.model import Handle, Item, JobSpec, Option

SPEC = JobSpec(title="t", question="q", options=(Option("pos", "Positive"), Option("neg", "Not good")))
MB = 1_000_000


def _read(text: str | bytes, name: str = "items.csv", **limits: int) -> tuple[Item, ...]:
    data = text if isinstance(text, bytes) else text.encode()
    return read_items(data, name, SPEC, Limits(**limits))


def _problems(text: str | bytes, name: str = "items.csv", **limits: int) -> list[str]:
    with pytest.raises(BadUpload) as caught:
        _read(text, name, **limits)
    return caught.value.problems


def _peak(action: Callable[[], object]) -> int:
    """Bytes that the action held at most."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_csv_with_all_our_columns() -> None:
    items = _read('ID,text,gold,reserved_for\nm1,"a, b",POS,telegram:1001 slack:U7\nm2,c,not good,\nm3,d,,\n')

    assert items == (
        Item("m1", {"text": "a, b"}, 0, (Handle("telegram", "1001"), Handle("slack", "U7"))),
        Item("m2", {"text": "c"}, 1),
        Item("m3", {"text": "d"}),
    ), "id, gold and reserved_for are taken out, workers see the rest"


def test_jsonl_values_stay_as_typed() -> None:
    items = _read('{"task": 7, "price": 1.50, "new": true}\n\n{"price": 2, "new": false, "gold": "pos"}\n', "x")

    assert items == (
        Item("7", {"price": "1.50", "new": "true"}),
        Item("row-2", {"price": "2", "new": "false"}, 0),
    ), "numbers keep their zeros, and our columns may be left out"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, end: str) -> None:
    rows = [["text", "more"], ["a", "b"], ["c", "d"]]

    items = _read(end.join(delimiter.join(row) for row in rows), "export")

    assert [list(item.columns.values()) for item in items] == rows[1:], "every common way to write a table is read"


def test_rows_without_id_are_numbered() -> None:
    assert [item.ref for item in _read("text\na\n\nb\n")] == ["row-1", "row-2"], "empty lines do not count"


def test_excel_marks() -> None:
    assert _read("\ufefftext\n=HYPERLINK(1)\n")[0].columns == {"text": "=HYPERLINK(1)"}, "formulas are only text here"


def test_hidden_marks_are_dropped() -> None:
    items = _read("text\n\u202eabc\u200b\n\U0001f469\u200d\U0001f52c\n")

    assert [item.columns["text"] for item in items] == ["abc", "\U0001f469\u200d\U0001f52c"], "an emoji keeps its glue"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty."),
        ("\n \n", "The file is empty."),
        ("text\n", "The file has a header and no rows."),
        (b"text\na\nb\xffc\n", "row 2 (line 3): byte 8 (0xff) is not UTF-8"),
        (b"\xef\xbb\xbftext\n\xff\n", "row 1 (line 2): byte 8 (0xff) is not UTF-8"),
        (b'{"a": 1}\n{"a": "\xff"}', "row 2 (line 2): byte 16 (0xff) is not UTF-8"),
        ("text\na".encode("utf-16"), "The file is written in UTF-16"),
        ("text\na".encode("utf-16-le"), "The file is written in UTF-16"),
        (b"text\nabcdefgh\n\0a\n", "row 2 (line 3): byte 14 is NUL"),
        ("a,b\n1\n", "row 1 (line 2): has 1 cells, the header has 2"),
        ("text\nHello, you\n", "row 1 (line 2): has 2 cells, the header has 1; a text that holds the delimiter"),
        ("a,A\n1,2\n", "header (line 1): the column 'A' is there twice"),
        ("a,,b\n1,2,3\n", "header (line 1): column 2 has no name"),
        (",".join(map(str, range(31))) + "\n", "header (line 1): has 31 columns, at most 30 fit"),
        ("id,gold\n1,\n", "row 1 (line 2): no column is left for workers to see"),
        ("id,text\nx,a\nx,b\n", "row 2 (line 3), column id: 'x' is already the id of row 1"),
        ("id,text\n ,a\n", "row 1 (line 2), column id: must have 1 to 100 characters"),
        ("id,text\n1,\u200b \n", "row 1 (line 2): is empty"),
        ("text,gold\na,positiv\n", "row 1 (line 2), column gold: 'positiv' is none of the options; did you mean"),
        ("text,reserved_for\na,bob\n", "row 1 (line 2), column reserved_for: 'bob' is not a handle"),
        ("text\n\x1b[31m\n", "row 1 (line 2), column text: holds the control character 0x001b"),
        ("text\n" + "x" * 4001, "row 1 (line 2), column text: has 4,001 characters, at most 4,000 fit"),
        ('text\n"a\nb\n', "row 1 (line 2): its quotes cannot be read"),
        ('text\n"a"b\n', "row 1 (line 2): its quotes cannot be read"),
        ('{"a": 1}\n{"a": [1]}', "row 2 (line 2): column 'a': must be a text, a number, true or false"),
        ('{"a": null}', "row 1 (line 1): column 'a': must be a text"),
        ('{"a": 1}\n{"b": 1}', "row 2 (line 2): has other fields than the first row: see 'a'"),
        ('{"a": 1}\n[1]', "row 2 (line 2): is not an object"),
        ('{"a": 1}\n{"a": 1', "row 2 (line 2): is not JSON"),
        ('{"a": 1, "a": 2}', "row 1 (line 1): the column 'a' is there twice"),
        ('{"a": NaN}', "row 1 (line 1): NaN is not a number"),
        ('{"a": "\\ud800"}', "row 1 (line 1), column a: holds the control character 0xd800"),
        ('{"a": ' + "[" * 100_000, "row 1 (line 1): is nested"),
        ('[{"a": 1}]', "The file is one JSON list"),
        (b"PK\x03\x04rest", "The file is an Excel workbook or ZIP archive, which is not opened"),
        (b"\x1f\x8brest", "The file is a gzip archive"),
        (b"%PDF-1.7", "The file is a PDF document"),
    ],
)
def test_refused_with_row_and_reason(text: str | bytes, sentence: str) -> None:
    problems = _problems(text)

    assert len(problems) == 1 and problems[0].startswith(sentence), f"the sentences were {problems}"


def test_twenty_faults_are_told() -> None:
    problems = _problems("text,gold\n" + "a,?\n" * 332)

    assert len(problems) == 21 and problems[-1] == "and 312 more", "a long list helps nobody"


def test_limits() -> None:
    assert _problems("text\n" + "a\n" * 4, max_rows=3)[0].startswith("The file has more than 3 rows"), (
        "rows are limited"
    )
    assert _problems("a,b\n" + "1,2\n" * 4, max_cells=7)[0].startswith("The file has more than 7 cells"), "cells too"
    assert _problems("text\na", max_bytes=3)[0].startswith("The file is larger than"), "and bytes"
    assert "too many lines" in _problems("text\n" + "\n" * 100, max_rows=3)[0], "and empty lines"


@pytest.mark.parametrize("head", [b"text\n", b'text\n"', b'{"a": "'])
def test_endless_line_takes_no_memory(head: bytes) -> None:
    data = head + b"x" * (64 * MB)

    peak = _peak(lambda: _problems(data, "x", max_bytes=100 * MB))

    assert peak < 5 * MB, f"a line must be measured before it is decoded, but {peak:,} bytes were held"


def test_open_quote_takes_little_memory() -> None:
    data = b'text\n"' + b"abcdefg\n" * (2 * MB)

    peak = _peak(lambda: _problems(data))

    assert peak < 5 * MB, f"an open quote must not swallow the file, but {peak:,} bytes were held"


def test_millions_of_rows_stop_at_the_limit() -> None:
    data = b"a\n" * (10 * MB)

    peak = _peak(lambda: _problems(data, max_rows=20_000))

    assert peak < 40 * MB, f"reading must stop at the row limit, but {peak:,} bytes were held"


def test_wrong_rows_are_not_kept() -> None:
    data = b"text,gold\n" + b"a,?\n" * 50_000

    peak = _peak(lambda: _problems(data))

    assert peak < 10 * MB, f"faults are counted, not collected, but {peak:,} bytes were held"


_cells = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Cn"]) | st.sampled_from('\n\t,;"'))
_names = st.text(string.ascii_letters, min_size=1, max_size=8).filter(lambda name: name.lower() not in OURS)


@st.composite
def _tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    header = draw(st.lists(_names, min_size=1, max_size=5, unique_by=str.casefold))
    rows = draw(st.lists(st.lists(_cells, min_size=len(header), max_size=len(header)), min_size=1, max_size=8))
    return header, [["x" + row[0], *row[1:]] for row in rows]


@given(_tables(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_csv_round_trip(table: tuple[list[str], list[list[str]]], delimiter: str, end: str) -> None:
    header, rows = table
    file = io.StringIO()
    # a header of one column shows no delimiter, so that a comma in a text needs quotes there
    style: type[csv.Dialect] = csv.unix_dialect if len(header) == 1 else csv.excel
    csv.writer(file, style, delimiter=delimiter, lineterminator=end).writerows([header, *rows])

    items = _read(file.getvalue(), "table.tsv" if delimiter == "\t" else "table.csv")

    assert [dict(item.columns) for item in items] == [dict(zip(header, row, strict=True)) for row in rows], (
        "every cell must come back as it was written"
    )


@given(_tables())
def test_jsonl_round_trip(table: tuple[list[str], list[list[str]]]) -> None:
    header, rows = table
    objects = [dict(zip(header, row, strict=True)) for row in rows]

    items = _read("\n".join(map(json.dumps, objects)), "table.jsonl")

    assert [dict(item.columns) for item in items] == objects, "every value must come back as it was written"


_bytes = st.binary() | st.text('a,;\t"\n\r{}[]:0é\u202e\x00').map(str.encode)


@given(_bytes | _bytes.map(b"id,text,gold\n".__add__), st.sampled_from(["a.csv", "a.jsonl", "a.tsv", ""]))
def test_any_bytes_give_items_or_bad_upload(data: bytes, name: str) -> None:
    try:
        refs = [item.ref for item in read_items(data, name, SPEC)]
    except BadUpload as error:
        refs = error.problems[:1]

    assert refs and len(set(refs)) == len(refs), "there must be rows with ids of their own, or a reason why not"


def test_reasons_teaching_and_exclusions_are_read_and_not_shown() -> None:
    head = "id,text,gold,why,teaching,unavailable_for"
    taught, plain = _read(f"{head}\na,x,pos,it sells,yes,\nb,y,,,,telegram:1 slack:U2\n")
    assert (taught.why, taught.teaching, dict(taught.columns)) == ("it sells", True, {"text": "x"}), "ours, not theirs"
    assert [str(one) for one in plain.unavailable_for] == ["telegram:1", "slack:U2"], "whom the item is kept from"


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("a,x,,because,", "column why: stands in a row without gold"),
        ("a,x,,,yes", "column teaching: stands in a row without gold"),
        ("a,x,pos,,perhaps", "column teaching: 'perhaps' is not one of yes, no"),
        (f"a,x,pos,{'w' * 301},", "column why: has 301 characters, at most 300 fit"),
    ],
)
def test_what_is_wrong_with_a_lesson_is_told(row: str, part: str) -> None:
    problems = _problems(f"id,text,gold,why,teaching\n{row}\n".encode())
    assert any(part in problem for problem in problems), f"the row and the column are named: {problems}"
