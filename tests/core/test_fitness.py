"""Who may work on a job now: share caps, hours, lists, best workers first, and a day that has an end.

Proves core.fitness, core.service.fitness, core.store.fitness and core.store.exclusions.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from builders import START, Town, make_items, make_spec, worker
from states import live, memory_town

from core.fitness import WorkRules, bar, opens_at, share_cap, tasks_left
from core.model import Item, Limits, Overlap
from core.quality import ChanceTest

ADA, BEN = worker(1), worker(2)


def at(hour: int, minute: int = 0) -> int:
    return int(datetime(2030, 1, 15, hour, minute, tzinfo=UTC).timestamp() * 1000)


async def town_with(limits: Limits | None = None, items: tuple[Item, ...] | None = None, **house: Any) -> Town:
    town = memory_town(rules=(), chance=ChanceTest(error=0), **house)
    spec = make_spec(limits=limits, overlap=Overlap("fixed", 3, 3), session=5)
    await town.publish(items or make_items(20), spec)
    return town


async def told(town: Town, who: Any) -> str:
    await town.say(who, "next")
    return town.last(who).text


# ---- pure ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "cap"), [(Limits(max_answers=7), 7), (Limits(max_share=0.1), 3), (Limits(7, 0.1), 3), (Limits(), None)]
)
def test_a_share_is_a_number_or_a_part_of_the_job_whichever_is_less(limits: Limits, cap: int | None) -> None:
    assert share_cap(limits, 30) == cap, "10 % of thirty tasks are three"


@pytest.mark.parametrize(
    ("hours", "zone", "now", "opens"),
    [
        ((480, 1200), "UTC", at(8), None),
        ((480, 1200), "UTC", at(19, 59), None),
        ((480, 1200), "UTC", at(20), "2030-01-16 08:00 UTC"),
        ((480, 1200), "UTC", at(3), "2030-01-15 08:00 UTC"),
        ((1320, 360), "UTC", at(23), None),
        ((1320, 360), "UTC", at(5), None),
        ((1320, 360), "UTC", at(12), "2030-01-15 22:00 UTC"),
        ((480, 1200), "Asia/Tokyo", at(23), None),
        ((480, 1200), "Asia/Tokyo", at(12), "2030-01-16 08:00 Asia/Tokyo"),
    ],
)
def test_hours_are_those_of_the_zone_and_may_go_past_midnight(
    hours: tuple[int, int], zone: str, now: int, opens: str | None
) -> None:
    assert opens_at(Limits(hours=hours, timezone=zone), now) == opens, "open, or from when on"


def test_the_bar_is_a_quantile_and_falls_when_too_few_reach_it() -> None:
    assert bar([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.7, 0.7, 0.9, 0.9], 0.5) == (0.8, 5), "the better half of ten"
    assert bar([0.5, 0.9, 0.9], 0.5)[0] == 0.0, "two good workers cannot carry a job"
    assert tasks_left(WorkRules(day_tasks=0), 999) is None, "0 switches the daily cap off"


# ---- at work ------------------------------------------------------------------------------------------------------


async def test_a_worker_stops_at_their_share_and_another_goes_on() -> None:
    town = await town_with(Limits(max_answers=3))
    await town.join(ADA)
    for _ in range(3):
        await town.press(ADA, "Apples")
    assert "your share of this job (3 tasks)" in town.last(ADA).text, "the summary says why it ends"
    await town.join(BEN)
    assert await live(town, BEN) is not None, "others have theirs"


async def test_outside_its_hours_a_job_says_when_it_goes_on() -> None:
    minute = START // 60_000 % 1440
    town = await town_with(Limits(hours=((minute + 60) % 1440, (minute + 120) % 1440)))
    await town.join(ADA)
    assert "working hours; it goes on at" in town.last(ADA).text, "when, in the job's own zone"
    town.now += 3_600_000
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None, "then it does"


async def test_a_job_and_a_task_can_be_kept_from_named_people() -> None:
    town = await town_with(Limits(unavailable_for=(ADA,)))
    await town.join(ADA)
    assert "not meant for you" in town.last(ADA).text, "the whole job"
    items = (Item("mine", {"text": "written by Ada"}, unavailable_for=(ADA,)), Item("other", {"text": "x"}))
    town = await town_with(items=items)
    await town.join(ADA)
    assert town.last(ADA).quote == "x", "a task of it"
    await town.press(ADA, "Apples")
    assert await live(town, ADA) is None, "and never that one"
    await town.join(BEN)
    await town.press(BEN, "Apples")
    assert await live(town, BEN) is not None, "which others get"


async def known_crowd(town: Town) -> None:
    """Ten workers with a record on controls: five good, five bad."""
    for number in range(10):
        await town.join(worker(number))
    good = "UPDATE standing SET answers = 20, controls = 20, control_ok = CASE WHEN person % 2 THEN 19 ELSE 9 END"
    await town.read(lambda tx: tx.run(good))


async def test_best_workers_first_and_everybody_after_the_hold() -> None:
    town = memory_town(rules=(), chance=ChanceTest(error=0))
    await town.publish(make_items(40), make_spec(overlap=Overlap("fixed", 10, 10)))
    await known_crowd(town)
    await town.read(lambda tx: tx.run("UPDATE job SET state = 'paused'"))
    held = make_spec(limits=Limits(quality=0.5, hold_seconds=3600), overlap=Overlap("fixed", 10, 10))
    await town.publish(make_items(40), held)
    for number in range(10):
        await town.say(worker(number), "pause")
        await town.say(worker(number), "next")
    served = await town.read(lambda tx: tx.all("SELECT person % 2 FROM assignment WHERE job = 2 AND state = 'ACTIVE'"))
    assert served == [(1,)] * 5, "during the hold the better half gets tasks"
    town.now += 3_600_000
    for number in range(10):
        await town.say(worker(number), "next")
    after = await town.read(lambda tx: tx.value("SELECT count(*) FROM assignment WHERE job = 2 AND state = 'ACTIVE'"))
    assert after == 10, "then everybody does"


async def test_a_day_has_an_end_and_the_next_one_begins_anew() -> None:
    town = await town_with(work=WorkRules(day_tasks=7))
    await town.join(ADA)
    for _ in range(5):
        await town.press(ADA, "Apples")
    await town.press(ADA, "Continue")
    for _ in range(2):
        await town.press(ADA, "Apples")
    assert "Session complete" in town.last(ADA).title, "the last session is as long as the day allows"
    assert "You have done 7 tasks today" in await told(town, ADA), "that is enough, and said kindly"
    town.now += 86_400_000
    await town.say(ADA, "next")
    assert await live(town, ADA) is not None, "tomorrow there are tasks again"


async def test_a_pause_is_advised_after_long_work_and_nothing_is_withheld() -> None:
    town = await town_with(work=WorkRules(pause_minutes=10))
    await town.join(ADA)
    for _ in range(5):
        town.now += 130_000
        await town.press(ADA, "Apples")
    assert "A pause does you good" in town.last(ADA).text, "at the end of a session, in passing"
    await town.press(ADA, "Continue")
    assert await live(town, ADA) is not None, "advice is not a refusal"
