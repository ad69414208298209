"""Fills a store for the benchmarks: one open job with a backlog, and workers who have agreed and hold a first task."""

from __future__ import annotations

import time
from collections.abc import Iterator

from core.messages import Button, Card, PostJob, Press, Reply, Said
from core.model import Handle, Item, JobSpec, JobUpload, Option, Overlap
from core.service import House, handle
from core.service.requests import begin_import, finish_import, import_items
from core.store import Database

CONTROLS = 200
SLICE = 5000  # items per transaction while importing
TEXT = "The delivery came two days late, but the shop answered kindly and paid the postage back. Nr. {n}"
SPEC = JobSpec(
    title="Reviews",
    question="What does the customer think of the shop?",
    options=(Option("good", "Content"), Option("bad", "Not content")),
    price=20_000,
    overlap=Overlap("fixed", 3, 3),
    control_share=0.1,
)


def now_ms() -> int:
    """The time as the core counts it."""
    return int(time.time() * 1000)


async def open_job(database: Database, house: House, tasks: int, platform: str = "telegram") -> int:
    """Post and publish a job with that many tasks and its controls; the house's rail must be "points"."""
    requester = Handle(platform, "7")
    items = [Item(f"g{n}", {"text": TEXT.format(n=n)}, gold=n % 2) for n in range(CONTROLS)]
    items += [Item(f"t{n}", {"text": TEXT.format(n=n)}) for n in range(tasks)]
    upload = JobUpload(SPEC, tuple(items))
    post = PostJob(key="seed", who=requester, chat="-500", private=False, source="seed", upload=upload)
    job = await database.run(begin_import, post, now_ms(), house)
    assert job is not None, "the store was empty"
    for first in range(0, len(items), SLICE):
        part = items[first : first + SLICE]
        await database.run(import_items, job, first, part, SPEC.overlap.min)
    desk = await database.run(finish_import, job, post, now_ms(), house)
    publish = next(button for card in cards(desk.reply) for button in buttons(card) if button.text == "Publish")
    await database.run(handle, press(requester, "-500", publish.token, "seed:publish", private=False), now_ms(), house)
    return job


async def join(database: Database, house: House, who: Handle, chat: str) -> Reply:
    """A new worker starts and accepts; the reply holds their first task."""
    start = Said(key=f"seed:{who}:start", who=who, chat=chat, private=True, verb="start")
    asked = await database.run(handle, start, now_ms(), house)
    accept = next(button for card in cards(asked) for button in buttons(card) if button.text == "Accept")
    return await database.run(handle, press(who, chat, accept.token, f"seed:{who}:accept"), now_ms(), house)


def press(who: Handle, chat: str, token: str, key: str, *, private: bool = True) -> Press:
    """A tap as an adapter would hand it over."""
    return Press(key=key, who=who, chat=chat, private=private, token=token, message=f"{chat}:1")


def cards(reply: Reply) -> list[Card]:
    """What the bot says, newest last."""
    return [speech.card for speech in reply.speeches]


def buttons(card: Card) -> Iterator[Button]:
    """Every button, row by row."""
    return (button for row in card.rows for button in row)
