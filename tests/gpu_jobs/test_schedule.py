"""The clockwork: each window once, whoever fires it, and trouble told once."""

from __future__ import annotations

import asyncio
import time

import pytest
from builders import Town
from chats import until

from core.ports import SystemClock
from gpu_jobs.schedule import FAILED, MISSED, OVERLAP, Schedule

SPEED = 20.0
SECOND = {"look": 1.0}
"""Every second of the clock: every 50 real milliseconds."""


class Diary:
    """What ran, and what was told."""

    def __init__(self) -> None:
        self.runs = 0
        self.told: list[tuple[str, str]] = []

    async def work(self) -> None:
        self.runs += 1

    async def tell(self, name: str, what: str) -> None:
        self.told.append((name, what))


def make_schedule(town: Town, diary: Diary, *, late_seconds: float = 5.0) -> Schedule:
    return Schedule(town.database, SystemClock(SPEED), SECOND, diary.tell, late_seconds=late_seconds)


async def test_two_schedules_on_one_store_run_each_window_once(town: Town) -> None:
    diary = Diary()
    schedules = [make_schedule(town, diary) for _ in range(2)]
    for schedule in schedules:
        schedule.add("look", diary.work)
        schedule.start()
    assert await until(lambda: diary.runs >= 5), "the work must go on"
    for schedule in schedules:
        await schedule.stop()
    rows = await town.read(lambda tx: tx.all("SELECT claim, outcome FROM schedule_run"))
    assert len({claim for claim, _ in rows}) == len(rows) == diary.runs, "one run for each window"
    assert {outcome for _, outcome in rows} == {"ok"}, "each run is recorded with its outcome"


async def test_a_job_without_an_interval_is_off(town: Town) -> None:
    diary = Diary()
    schedule = Schedule(town.database, SystemClock(SPEED), {"look": 0.0}, diary.tell)
    schedule.add("look", diary.work)
    schedule.start()
    await asyncio.sleep(0.1)
    await schedule.stop()
    assert diary.runs == 0, "0 seconds switch a job off"


async def test_a_job_that_always_fails_is_told_once(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    diary = Diary()

    async def work() -> None:
        await diary.work()
        raise ValueError("sick")

    schedule = make_schedule(town, diary)
    schedule.add("look", work)
    schedule.start()
    assert await until(lambda: diary.runs >= 3), "a failure must not end the job"
    await schedule.stop()
    assert diary.told.count(("look", FAILED)) == 1, "one alert, not one for each turn"
    outcomes = await town.read(lambda tx: tx.all("SELECT DISTINCT outcome FROM schedule_run"))
    assert outcomes == [("failed",)], "failed runs are recorded as such"
    assert "sick" in caplog.text, "the operator finds the reason in the log"


async def test_a_turn_that_overlaps_the_last_one_is_told_once(town: Town) -> None:
    diary = Diary()

    async def work() -> None:
        await diary.work()
        await asyncio.sleep(0.4)

    schedule = make_schedule(town, diary, late_seconds=0.1)
    schedule.add("look", work)
    schedule.start()
    assert await until(lambda: ("look", OVERLAP) in diary.told), "an overlap must be told"
    await asyncio.sleep(0.5)
    await schedule.stop()
    assert diary.told.count(("look", OVERLAP)) == 1, "one alert, not one for each turn"


async def test_missed_turns_are_told_and_run_once_late(town: Town) -> None:
    diary = Diary()
    schedule = make_schedule(town, diary, late_seconds=0.2)
    schedule.add("look", diary.work)
    schedule.start()
    assert await until(lambda: diary.runs >= 2), "the work must go on"
    time.sleep(0.5)  # noqa: ASYNC251 - a loop that hangs is what makes turns go missing
    assert await until(lambda: ("look", MISSED) in diary.told), "missed turns must be told"
    await schedule.stop()
    assert diary.told.count(("look", MISSED)) == 1, "as one alert"


async def test_a_stop_lets_a_running_window_end(town: Town) -> None:
    diary, begun, ended = Diary(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.2)
        ended.set()

    schedule = make_schedule(town, diary)
    schedule.add("look", work)
    schedule.start()
    await begun.wait()
    await schedule.stop()
    assert ended.is_set(), "a window must not be cut in the middle"
    outcome = await town.read(lambda tx: tx.value("SELECT outcome FROM schedule_run"))
    assert outcome == "ok", "and its outcome is recorded"
