"""An upload has two halves, and a bot must be able to tell which one it has and to ask for the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadUpload
from core.intake.upload import ITEMS_MISSING, JOB_MISSING, Parts, read_upload, sort_parts

JOB = "title: Spam\nquestion: Is it spam?\noptions: [spam, not spam]\n"
ITEMS = ("items.csv", b"text,gold\nhello,\nbuy now,spam\n")


def _problems(files: list[tuple[str, bytes]], text: str = "") -> list[str]:
    with pytest.raises(BadUpload) as caught:
        read_upload(files, text, 0)
    return caught.value.problems


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ([("job.yaml", JOB.encode()), ITEMS], ""),
        ([ITEMS, ("job.txt", JOB.encode())], "here you are"),
        ([("items", ITEMS[1])], JOB),
        ([ITEMS], f"```yaml\n{JOB}```"),
        ([ITEMS, ("j.toml", b'title="Spam"\nquestion="Is it spam?"\noptions=["spam","not spam"]')], ""),
        ([ITEMS, ("job.yml", b"\xef\xbb\xbf" + JOB.encode())], ""),
    ],
)
def test_halves_are_found(files: list[tuple[str, bytes]], text: str) -> None:
    upload = read_upload(files, text, 0)

    assert upload.spec.title == "Spam", "the job may come as a file of any name or as text"
    assert [item.gold for item in upload.items] == [None, 0], "the other file holds the items"


def test_template_line_is_a_job() -> None:
    upload = read_upload([("a.csv", b"text\nhello\n")], "template: sentiment\nprice: 0.05", 0)

    assert (upload.spec.template, upload.spec.price) == ("sentiment", 50_000), "a template needs one line in the chat"


def test_missing_half_is_asked_for() -> None:
    assert _problems([ITEMS], "please label these") == [JOB_MISSING], "chatter is no job file"
    assert _problems([], JOB) == [ITEMS_MISSING], "a job without items cannot start"
    assert _problems([]) == [JOB_MISSING, ITEMS_MISSING], "nothing came at all"


def test_parts_tell_what_is_there() -> None:
    parts = sort_parts([ITEMS])

    assert parts == Parts(items=ITEMS), "the half that came is kept"
    assert parts.missing == (JOB_MISSING,), "the other half is asked for"
    assert sort_parts([ITEMS], JOB).missing == (), "nothing is missing when both came"


@pytest.mark.parametrize(
    ("files", "text", "sentence"),
    [
        ([ITEMS, ("more.csv", b"x")], JOB, "There are 2 files with items ('items.csv' and 'more.csv')"),
        ([ITEMS, ("job.yaml", JOB.encode())], JOB, "There are 2 job files ('job.yaml' and 'the message')"),
        ([ITEMS, ("job.yaml", b"\xff")], "", "'job.yaml': byte 0 is not UTF-8"),
        ([ITEMS, ("job.yaml", b"x" * 70_000)], "", "'job.yaml' is larger than 64 kB"),
        ([("table.xlsx", b"PK\x03\x04")], JOB, "The file is an Excel workbook or ZIP archive"),
        ([ITEMS], JOB + "prise: 1", "prise: is not a field"),
    ],
)
def test_refused(files: list[tuple[str, bytes]], text: str, sentence: str) -> None:
    problems = _problems(files, text)

    assert len(problems) == 1 and problems[0].startswith(sentence), f"the sentences were {problems}"


_names = st.sampled_from(["a.yaml", "b.toml", "c.csv", "d.jsonl", "e.txt", ""])


@given(st.lists(st.tuples(_names, st.binary()), max_size=3), st.text())
def test_anything_is_an_upload_or_bad_upload(files: list[tuple[str, bytes]], text: str) -> None:
    try:
        told = [item.ref for item in read_upload(files, text, 0).items]
    except BadUpload as error:
        told = error.problems

    assert told and all(told), "there must be items, or a reason why not"
