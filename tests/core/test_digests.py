"""The weekly digest: due once a week, true figures, to the right chats; a run that fails is told.

Proves core.digest, core.service.digests and core.store.digests.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any, cast

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, Town, make_items, make_spec, worker
from states import live, memory_town, token_for

from core.digest import AlertCount, Page, dumps, loads
from core.hours import Weekly
from core.model import Overlap
from core.service import digests
from core.store import batches
from core.store.batches import BatchRun

ADA, BEN = worker(1), worker(2)
DAY = 86_400_000
MOMENT = Weekly(4, 420, UTC)
"""The town's clock starts on Friday 2027-01-15 08:00 UTC."""


async def busy_week() -> Town:
    """Two days of work: Ada answers six times, two of them controls, one wrong; Ben skips himself into an alert."""
    town = memory_town(digest=MOMENT)
    spec = make_spec(overlap=Overlap("fixed", 3, 3), control_share=0.5, session=50)
    await town.publish(make_items(30, gold=[0] * 6), spec)
    await town.join(ADA)
    for number in range(6):
        lease = await live(town, ADA)
        assert lease is not None
        await town.press_token(ADA, await token_for(town, ADA, lease.id, "0"))
        town.now += DAY if number == 2 else 5_000
    await town.join(BEN)
    for _ in range(8):
        await town.press(BEN, "Skip")
    return town


async def queued(town: Town) -> BatchRun:
    run = await town.read(batches.take_run, town.now)
    assert isinstance(run, BatchRun), "there is a run in the queue"
    return run


async def pages_of(town: Town) -> list[Page]:
    return await digests.pages(cast(Any, town.database), await queued(town), town.house)


async def test_the_weekly_digest_is_queued_once_when_its_time_has_come() -> None:
    town = await busy_week()
    assert not await town.read(digests.queue_due, town.now + 5 * DAY, town.house), "five days later is not the time"
    due = MOMENT.last(town.now) + 7 * DAY + 60_000
    assert await town.read(digests.queue_due, due, town.house), "at its time"
    assert not await town.read(digests.queue_due, due + 900_000, town.house), "and once"
    never = replace(town.house, digest=None)
    assert not await town.read(digests.queue_due, due + 7 * DAY, never), "never when it is switched off"


async def test_nothing_is_posted_about_a_week_without_work(town: Town) -> None:
    house = replace(town.house, digest=MOMENT)
    assert not await town.read(digests.queue_due, town.now + 7 * DAY, house), "silence is no news"


async def test_the_pages_hold_the_weeks_figures_for_admins_and_channels() -> None:
    town = await busy_week()
    await town.press(ADMIN, "Ignore", ADMIN_PLACE)
    await town.read(digests.queue_due, MOMENT.last(town.now + 7 * DAY), town.house)
    admins, channel = await pages_of(town)
    assert (admins.platform, admins.chat, channel.chat) == (*ADMIN_PLACE, CHANNEL.chat), "to both kinds of chats"
    answers, controls = await town.read(lambda tx: tx.one("SELECT answers, control_answers FROM job"))
    assert (admins.answers, admins.controls, admins.right) == (answers, controls, controls), "as the job's own counts"
    assert sum(day.answers + day.controls > 0 for day in admins.days) == 2, "on two days"
    assert (admins.workers, admins.spent) == (1, {"USD": 6 * 24_000}), "Ben only skipped; six answers with their fee"
    assert admins.alerts == channel.alerts == [AlertCount("skips", 0, 1, 0)], "and what was done about the alert"
    assert "Topics" in channel.title and loads(dumps([admins, channel])) == [admins, channel], "whole after the run"


async def test_an_undone_answer_is_not_counted() -> None:
    town = memory_town(digest=MOMENT)
    await town.publish(make_items(3))
    await town.join(ADA)
    await town.press(ADA, "Apples")
    await town.press(ADA, "Undo")
    await town.press(ADA, "Bread")
    await town.read(digests.queue_due, MOMENT.last(town.now + 7 * DAY), town.house)
    assert [page.answers for page in await pages_of(town)] == [1, 1], "what was taken back did not happen"


async def test_a_long_record_is_summed_up_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "SLICE", 2)
    town = await busy_week()
    await town.read(digests.queue_due, MOMENT.last(town.now + 7 * DAY), town.house)
    admins, _ = await pages_of(town)
    assert admins.answers + admins.controls == 6, "slices neither lose nor double an answer"


async def test_an_admin_asks_and_gets_it_in_that_chat() -> None:
    town = await busy_week()
    await town.say(ADMIN, "digest", place=ADMIN_PLACE)
    assert "arrives in a moment" in town.last(ADMIN_PLACE).text, "at once an answer"
    run = await queued(town)
    (page,) = await digests.pages(cast(Any, town.database), run, town.house)
    reply = await town.read(digests.finish, run, [page], Path("out"), town.now, town.house)
    (speech,) = reply.speeches
    assert speech.place == ADMIN_PLACE and speech.files == (("out/admins-0.png", "digest.png"),), "with its plots"
    assert "Workers: 1" in speech.card.text and "skips 1 (0 acted on, 0 ignored, 1 open)" in speech.card.text, (
        "in words"
    )
    again = await town.read(digests.finish, run, [page], Path("out"), town.now, town.house)
    assert again.speeches == [], "a second time nothing is said"


async def test_a_digest_that_cannot_be_drawn_is_told() -> None:
    town = await busy_week()
    await town.say(ADMIN, "digest", place=ADMIN_PLACE)
    reply = await town.read(digests.failed, await queued(town), "no space", town.now, town.house)
    assert "could not be drawn: no space" in reply.speeches[0].card.text, "whoever asked hears why"
