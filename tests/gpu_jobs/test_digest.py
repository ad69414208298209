"""The digest run draws one picture per page in its own process and posts them; bad pages are bad input.

Proves gpu_jobs.digest, gpu_jobs.digest_chart and gpu_jobs.digest_run.
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from builders import ADMIN, ADMIN_PLACE, Town, make_items, worker
from chats import until

from core.digest import Day, Page, dumps
from core.messages import Speech
from core.ports import SystemClock
from gpu_jobs import contract
from gpu_jobs.__main__ import run
from gpu_jobs.batches import BatchWorker
from gpu_jobs.contract import BatchSpec, Limits
from gpu_jobs.digest import PAGES_FILE
from gpu_jobs.events import EventLog

PNG = b"\x89PNG"


def digest_folder(folder: Path, text: str) -> Path:
    inputs = folder / contract.IN
    inputs.mkdir(parents=True)
    (inputs / PAGES_FILE).write_text(text, encoding="utf-8")
    limits = Limits(lock_folder=str(folder))
    contract.write_job(folder, BatchSpec(run_id="d", kind="digest", inputs=contract.hashes_of(inputs), limits=limits))
    return folder


@pytest.mark.parametrize("days", [[Day() for _ in range(7)], [Day(9, 3, 2, 4, 7_000_000, 0.91) for _ in range(7)]])
def test_a_page_becomes_a_picture(tmp_path: Path, days: list[Day]) -> None:
    page = Page("admins-0", "telegram", "-9", "Price $5_or^more", ["Mon 1"] * 7, days, asset="USD")
    report = run(digest_folder(tmp_path / "run", dumps([page])), EventLog(io.StringIO()))
    assert (report.status, report.metrics) == ("done", {"pages": 1}), f"the run is done: {report.error}"
    assert (tmp_path / "run" / "out" / "admins-0.png").read_bytes().startswith(PNG), "a picture, also of an empty week"


@pytest.mark.parametrize("text", ["nonsense", '[{"name": 1}]'])
def test_pages_that_cannot_be_read_are_bad_input(tmp_path: Path, text: str) -> None:
    report = run(digest_folder(tmp_path / "run", text), EventLog(None))
    assert report.status == "bad-input" and PAGES_FILE in report.error, "it says which file"


def posted(town: Town) -> list[Speech]:
    """What came with files; how far the run is, is told besides."""
    return [said for said in town.said[ADMIN_PLACE] if said.files]


async def test_an_asked_digest_goes_through_the_queue_into_the_chat(town: Town, tmp_path: Path) -> None:
    await town.publish(make_items(2))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    await town.say(ADMIN, "digest", place=ADMIN_PLACE)
    queue = BatchWorker(town.database, SystemClock(1000.0), town.house, tmp_path, town.hear)
    task = asyncio.create_task(queue.run())
    assert await until(lambda: posted(town), 60), "the digest comes"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    drawn = tmp_path / "run-000001" / "out" / "admins-0.png"
    digest = posted(town)[0]
    assert digest.files[0][0] == str(drawn), "with the picture that the subprocess drew"
    assert drawn.read_bytes().startswith(PNG), "a PNG"
    assert "Answers: 1, and 0 on control tasks" in digest.card.text, "and the figures in words"
