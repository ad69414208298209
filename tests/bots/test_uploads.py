"""Files become jobs once: whole, in halves, delivered twice, too large, interrupted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from builders import CHANNEL, REQUESTER, Town

from bots.uploads import HALF_LIVES_MS, SLICE, Intake, drop_half_imported
from core.errors import BadUpload, StoreError, Unavailable
from core.intake.rows import Limits
from core.messages import Attachment, Card, Reply, Upload
from core.ports import SystemClock

JOB = "title: Topics\nquestion: Which?\noptions: [Apples, Bread]\n"
ITEMS = "id,text\nt0,one\nt1,two\n"


@dataclass
class Files:
    """A Chat that only hands out files: text by reference; `broken` fails like a platform that is down."""

    texts: dict[str, str] = field(default_factory=lambda: {"items.csv": ITEMS, "job.yaml": JOB})
    platform: str = "telegram"
    broken: bool = False

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        if self.broken:
            raise Unavailable("no answer")
        data = self.texts[attachment.ref].encode()
        if len(data) > limit:
            raise BadUpload([f"{attachment.name} is larger than {limit} bytes"])
        return data

    async def send(self, chat: str, card: Card) -> str:
        raise NotImplementedError

    async def edit(self, message: str, card: Card) -> None:
        raise NotImplementedError

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        raise NotImplementedError


@dataclass
class Flaky:
    """A Store in front of a real one that breaks off at the n-th transaction, as a crash would."""

    town: Town
    left: int
    slices: list[int] = field(default_factory=list)

    async def run(self, unit: Any, *args: Any) -> Any:
        if self.left <= 0:
            raise StoreError("the power went")
        self.left -= 1
        self.slices += [len(arg) for arg in args if isinstance(arg, tuple) and unit.__name__ == "import_items"]
        return await self.town.database.run(unit, *args)


def make_intake(town: Town, files: Files | None = None, store: Any = None, **limits: int) -> Intake:
    chats = {"telegram": files or Files()}
    return Intake(store or town.database, chats, SystemClock(), town.house, replace(Limits(), **limits))


def make_upload(*names: str, text: str = "", key: str = "k1", form: bool = False) -> Upload:
    attachments = tuple(Attachment(name, 1, name) for name in names)
    place: dict[str, Any] = {"who": REQUESTER, "chat": CHANNEL.chat, "private": False}
    return Upload(key=key, source=f"s:{key}", text=text, attachments=attachments, form=form, **place)


def said(reply: Reply) -> str:
    return "\n".join(f"{speech.card.title} {speech.card.text}" for speech in reply.speeches)


async def count(town: Town, table: str) -> int:
    return int(await town.read(lambda tx: tx.value(f"SELECT count(*) FROM {table}")))


async def test_items_with_the_job_as_text_become_a_draft(town: Town) -> None:
    reply = await make_intake(town).post(make_upload("items.csv", text=JOB))
    assert "Publish it?" in said(reply), "the requester is asked to publish"
    assert reply.facts["job"] == 1 and await count(town, "task") == 2, "the job is stored with its items"


@pytest.mark.parametrize("names", [("items.csv", "job.yaml"), ("job.yaml", "items.csv")])
async def test_two_halves_make_a_job(town: Town, names: tuple[str, str]) -> None:
    intake = make_intake(town)
    first = await intake.post(make_upload(names[0]))
    second = await intake.post(make_upload(names[1], key="k2"))
    assert "Now send" in said(first), "the first half is kept, and the other one asked for"
    assert "Publish it?" in said(second), "together they are a job"
    assert await count(town, "pending_upload") == 0, "nothing waits any more"


async def test_a_half_that_is_too_old_is_forgotten(town: Town) -> None:
    intake = make_intake(town)
    await intake.post(make_upload("items.csv"))
    await town.read(lambda tx: tx.run("UPDATE pending_upload SET at = at - ?", (HALF_LIVES_MS + 1,)))
    assert "Got the job file" in said(await intake.post(make_upload("job.yaml", key="k2"))), "it starts anew"


@pytest.mark.parametrize("names", [("items.csv",), ("items.csv", "job.yaml"), ("nothing.csv",)])
async def test_an_upload_that_is_delivered_twice_at_once_is_obeyed_once(town: Town, names: tuple[str, ...]) -> None:
    intake = make_intake(town, Files({"items.csv": ITEMS, "job.yaml": JOB, "nothing.csv": "\x00"}))
    replies = await asyncio.gather(*(intake.post(make_upload(*names)) for _ in range(2)))
    assert sorted(bool(reply.speeches) for reply in replies) == [False, True], "one answer, not two"
    assert await count(town, "job") <= 1, "one job at most"


async def test_a_refusal_of_a_form_is_for_the_form_and_may_be_mended(town: Town) -> None:
    reply = await make_intake(town).post(make_upload("items.csv", text="title: x", form=True))
    assert reply.alert and "question" in reply.toast and not reply.speeches, "the form shows it, the channel does not"
    again = await make_intake(town).post(make_upload("items.csv", text=JOB, form=True, key="k2"))
    assert again.facts["job"] == 1, "the form can be sent again"


async def test_a_file_beyond_the_limit_is_refused(town: Town) -> None:
    reply = await make_intake(town, max_bytes=10).post(make_upload("items.csv", text=JOB))
    assert "larger than 10 bytes" in said(reply), "the requester learns the limit"


async def test_a_platform_that_is_down_is_told(town: Town) -> None:
    reply = await make_intake(town, Files(broken=True)).post(make_upload("items.csv", text=JOB))
    assert "could not be fetched" in said(reply), "the requester may send it again"


async def test_items_come_in_slices(town: Town) -> None:
    many = "id,text\n" + "".join(f"t{n},text {n}\n" for n in range(2 * SLICE + 1))
    store = Flaky(town, left=100)
    await make_intake(town, Files({"items.csv": many}), store).post(make_upload("items.csv", text=JOB))
    assert store.slices == [SLICE, SLICE, 1], "taps never wait behind a whole import"


async def test_an_import_that_a_crash_cut_off_leaves_nothing_and_can_be_repeated(town: Town) -> None:
    upload = make_upload("items.csv", text=JOB)
    with pytest.raises(StoreError, match="power"):
        await make_intake(town, store=Flaky(town, left=3)).post(upload)
    assert await count(town, "job") == 1, "the crash came in the middle"
    assert await drop_half_imported(town.database) == 1, "the next start drops what is half imported"
    assert (await count(town, "job"), await count(town, "task")) == (0, 0), "nothing of it is left"
    assert "Publish it?" in said(await make_intake(town).post(upload)), "the redelivered upload makes the job"
