"""Bad uploads: refused in the chat with the row and the reason, and nothing of them is kept."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from chats import ITEMS, JOB_FILE, open_chats
from side_slack import SlackSide
from sides import Side


def zipped() -> bytes:
    """A small file that unpacks to a large one."""
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("items.csv", b"0" * 10_000_000)
    return folder.getvalue()


BAD_ITEMS: dict[str, tuple[bytes, str]] = {
    "not UTF-8": (b"id,text\nt0,fine\nt1,caf\xe9\n", "UTF-8"),
    "NUL": (b"id,text\nt0,a\x00b\n", "row 1 (line 2): byte 12 is NUL"),
    "duplicate ids": (b"id,text\nt0,one\nt0,two\n", "row 2 (line 3), column id: 't0' is already the id of row 1"),
    "no text": (b"id\nt0\n", "no column is left for workers to see"),
    "a row too long": (b"id,text\nt0,one,two,three\n", "row 1 (line 2): has 4 cells"),
    "an unknown gold": (b"id,text,gold\nt0,one,Apple\n", "row 1 (line 2), column gold: 'Apple' is none of the options"),
    "a zip bomb": (zipped(), "ZIP archive"),
    "nothing": (b"id,text\n", "no rows"),
}
BAD_JOBS = {
    "a wrong type": (JOB_FILE.replace("0.02 USD", "cheap"), "price"),
    "an unknown field": (JOB_FILE + "colour: red\n", "colour"),
    "one option": (JOB_FILE.replace("[Apples, Bread]", "[Apples]"), "options"),
    "a YAML tag": (JOB_FILE + "deadline: !!python/object/apply:os.system [ls]\n", "is not a time such as 3 days"),
}
KEPT = "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM task) + (SELECT count(*) FROM pending_upload)"


@pytest.mark.parametrize("kind", BAD_ITEMS)
async def test_bad_items_are_refused_with_row_and_reason(platform: Side, kind: str) -> None:
    data, part = BAD_ITEMS[kind]
    told = await platform.refusal_of(data)
    assert "nothing was imported" in told and part in told, f"the requester learns what to mend: {told}"
    assert platform.chats.value(KEPT) == 0, "nothing is half-imported"


@pytest.mark.parametrize("kind", BAD_JOBS)
async def test_a_bad_job_file_is_refused_with_field_and_reason(platform: Side, kind: str) -> None:
    jobfile, part = BAD_JOBS[kind]
    told = await platform.refusal_of(ITEMS, jobfile)
    assert "nothing was imported" in told and part in told, f"the requester learns what to mend: {told}"
    assert platform.chats.value(KEPT) == 0, "nothing is kept"


async def test_a_mended_upload_is_taken(platform: Side) -> None:
    await platform.refusal_of(b"id\nt0\n")
    await platform.post_job()
    await platform.see_in(platform.channel, "Job #1 “Topics” is open")


async def test_in_slack_the_form_stays_open_with_the_reason(platform: Side) -> None:
    await platform.refusal_of(b"id\nt0\n")
    forms = [view["title"]["text"] for view in platform.open_forms()]
    assert forms == (["New job"] if platform.name == "slack" else []), "a form can be mended and sent again"


async def test_the_reason_stands_under_the_input_that_it_is_about(tmp_path: Path) -> None:
    async with open_chats(tmp_path) as chats:
        side = SlackSide(chats)
        first = await side.upload(b"id\nt0\n")
        second = await side.upload(ITEMS, "title: no question")
    assert list(first.payload["errors"]) == ["items"], "a bad row is the fault of the items"
    assert list(second.payload["errors"]) == ["job"], "a missing field is the fault of the job"
