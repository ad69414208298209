"""The scheduled look finds planted spammers in a town, raises alerts with charts, and reads no job twice for nothing.

Proves core.service.sweep and core.store.sweeps.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import live, memory_town, token_for

from core.messages import Reply
from core.model import Handle, Overlap
from core.ports import Clock
from core.service import sweep as sweeping
from core.service.sweep import odds, sweep
from core.standing.evidence import ChanceTest
from core.store import sweeps

ADA, BEN, CLEO, DAN = (worker(n) for n in range(1, 5))
MINUTE = 60_000


@dataclass
class TownClock:
    town: Town
    speed: float = 1.0

    def now(self) -> int:
        return self.town.now

    async def sleep(self, seconds: float) -> None:
        self.town.now += int(seconds * 1000)


async def look(town: Town) -> int:
    said: Callable[[Reply], None] = town.hear
    return await sweep(cast(Any, town.database), cast(Clock, TownClock(town)), town.house, said)


async def answer(town: Town, who: Handle, choose: Callable[[int], int]) -> bool:
    """Answer the live task by its number; False when there is none."""
    lease = await live(town, who)
    if lease is None:
        return False
    town.now += 4_000
    ref = await town.read(lambda tx: tx.value("SELECT ref FROM task WHERE id = ?", (lease.task,)))
    await town.press_token(who, await token_for(town, who, lease.id, str(choose(int(ref[1:])))))
    return True


def truth(task: int) -> int:
    return task * 7 % 5 % 2


def noisy(seed: int, one_in: int = 8) -> Callable[[int], int]:
    """The truth but for one task in so many, always the same ones for the same seed."""
    return lambda task: truth(task) ^ (random.Random(f"{task}|{seed}").randrange(one_in) == 0)


async def worked_town(odd: Callable[[int], int], *, tasks: int = 60, **house: Any) -> Town:
    """Three honest workers and Ada have answered everything; no rule but the sweep's looks at them."""
    town = memory_town(chance=ChanceTest(error=0), **house)
    await town.publish(make_items(tasks), make_spec(overlap=Overlap("fixed", 4, 4), session=99))
    for who in (ADA, BEN, CLEO, DAN):
        await town.join(who)
    for _ in range(tasks):
        await answer(town, ADA, odd)
        for seed, who in enumerate((BEN, CLEO, DAN)):
            await answer(town, who, noisy(seed))
    return town


async def alert_rows(town: Town) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = await town.read(
        lambda tx: tx.all("SELECT kind, person, other, times, evidence, chart FROM alert ORDER BY id")
    )
    return rows


async def test_a_constant_worker_becomes_an_alert_with_a_chart_and_nothing_more() -> None:
    town = await worked_town(lambda task: 0)
    assert await look(town) == 1, "one finding"
    ((kind, person, _, _, evidence, chart),) = await alert_rows(town)
    ada = await town.read(lambda tx: tx.value("SELECT id FROM person WHERE user = ?", (ADA.user,)))
    assert (kind, person) == ("constant", ada), "it names the right one"
    assert json.loads(evidence)["run"] == 60, "all sixty alike"
    assert "AAAAAAAAAA AAAAAAAAAA" in chart and "A = Apples" in chart, "the answers are drawn"
    assert chart in town.last(ADMIN_PLACE).text, "the admins see them"
    assert not await town.read(lambda tx: tx.all("SELECT * FROM restriction")), "nobody is restricted by it"


async def test_honest_workers_raise_nothing_and_a_job_is_read_once() -> None:
    town = await worked_town(noisy(9))
    assert await look(town) == 0 and await alert_rows(town) == [], "four honest people"
    assert await town.read(sweeps.jobs_to_sweep, 0, 9) == [], "without new answers there is nothing to read"


async def test_a_finding_that_goes_on_is_folded_and_ends_with_the_ban() -> None:
    turns = itertools.cycle((0, 1))
    town = await worked_town(lambda task: next(turns), tasks=80)
    await look(town)
    await town.press(ADMIN, "Ignore", ADMIN_PLACE)
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    await town.read(sweeps.note_sweep, 1, 0, town.now)
    await look(town)
    assert (await alert_rows(town))[0][3] == 1, "who has stopped is no news"
    await town.read(sweeps.note_sweep, 1, 0, 0)
    town.now += 30 * MINUTE
    assert await look(town) == 0, "no second alert"
    ((*_, times, _, _),) = await alert_rows(town)
    assert times == 2 and "×2, last seen" in town.last(ADMIN_PLACE).text, "it is folded into the first"
    await town.press(ADMIN, "Restrict in this job", ADMIN_PLACE)
    await town.read(sweeps.note_sweep, 1, 0, 0)
    await look(town)
    assert (await alert_rows(town))[0][3] == 2, "what was decided is not found again"


async def test_copiers_are_shown_together_and_either_can_be_restricted() -> None:
    """Ada and Ben err on the same tasks, alike."""
    town = memory_town()
    await town.publish(make_items(120), make_spec(overlap=Overlap("fixed", 4, 4), session=200))
    for who in (ADA, BEN, CLEO, DAN):
        await town.join(who)
    for _ in range(120):
        for who, seed in ((ADA, 1), (BEN, 1), (CLEO, 2), (DAN, 3)):
            await answer(town, who, noisy(seed, 4))
    assert await look(town) == 1, "one pair"
    card = town.last(ADMIN_PLACE)
    assert "telegram:1001 and telegram:1002" in card.text and "please look before you act" in card.text, "with care"
    wanted = [f"In this job: {ADA}", f"1 day: {ADA}", f"For good: {ADA}"]
    assert [button.text for button in card.rows[0]] == wanted, "a row of levers for each"
    await town.press(ADMIN, f"In this job: {BEN}", ADMIN_PLACE)
    assert "restricted telegram:1002 in job #1" in town.last(ADMIN_PLACE).text, "the log says who did what to whom"
    assert "You get no more tasks of “Topics”" in town.last(BEN).text, "and Ben is told"
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert "lifted" in town.last(BEN).text, "an undo lifts it"


async def test_a_ring_of_copiers_is_one_alert() -> None:
    town = memory_town(chance=ChanceTest(error=0))
    await town.publish(make_items(80), make_spec(overlap=Overlap("fixed", 9, 9), session=200, budget=50_000_000))
    crew = [worker(n) for n in range(9)]
    for who in crew:
        await town.join(who)
    for _ in range(80):
        for number, who in enumerate(crew):
            await answer(town, who, noisy(number if number > 2 else 0, 4))
    assert await look(town) == 1, "three pairs, one matter"
    assert "1 more hang together with them: telegram:100" in town.last(ADMIN_PLACE).text, "all three are named"
    await town.read(sweeps.note_sweep, 1, 0, 0)
    assert await look(town) == 0, "whichever pair is strongest next time"


async def test_who_joins_copiers_that_were_decided_on_is_news() -> None:
    """Ada and Ben err alike from the beginning, Cleo joins them after fifty tasks."""
    town = memory_town(chance=ChanceTest(error=0))
    await town.publish(make_items(160), make_spec(overlap=Overlap("fixed", 7, 7), session=999, budget=99_000_000))
    honest = {worker(number): noisy(number) for number in range(4, 8)}
    for who in (ADA, BEN, CLEO, *honest):
        await town.join(who)

    async def work(tasks: int, cleo: Callable[[int], int]) -> None:
        ways = {ADA: noisy(9, 4), BEN: noisy(9, 4), CLEO: cleo, **honest}
        for _ in range(tasks):
            for who, way in ways.items():
                await answer(town, who, way)

    await work(50, noisy(3))
    assert await look(town) == 1, "Ada and Ben"
    await town.press(ADMIN, "Ignore", ADMIN_PLACE)
    await work(110, noisy(9, 4))
    town.now += 30 * MINUTE
    assert await look(town) == 1, "what was decided of Ada and Ben says nothing of Cleo"
    (_, *first), (_, *second) = await alert_rows(town)
    cleo = await town.read(lambda tx: tx.value("SELECT id FROM person WHERE user = ?", (CLEO.user,)))
    assert cleo in second[:2] and cleo not in first[:2], "the new alert names her"
    await town.press(ADMIN, "Ignore", ADMIN_PLACE)
    await town.read(sweeps.note_sweep, 1, 0, 0)
    assert await look(town) == 0, "and once decided, neither pair comes back"


async def test_a_burst_of_new_accounts_can_pause_the_job() -> None:
    town = memory_town()
    await town.publish(make_items(40), make_spec(overlap=Overlap("fixed", 30, 30), budget=100_000_000))
    for number in range(6):
        await town.join(worker(number))
        await answer(town, worker(number), truth)
        town.now += 240 * MINUTE
    for number in range(20, 30):
        await town.join(worker(number))
        await answer(town, worker(number), truth)
        town.now += MINUTE // 2
    assert await look(town) == 1, "ten within five minutes"
    assert "10 new accounts" in town.last(ADMIN_PLACE).text and "▁" in town.last(ADMIN_PLACE).text, "drawn over time"
    await town.press(ADMIN, "Pause the job", ADMIN_PLACE)
    assert "is paused" in town.last(CHANNEL).text, "the requester hears it"
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert "goes on" in town.last(CHANNEL).text, "and the undo as well"
    assert await town.read(lambda tx: tx.value("SELECT state FROM job")) == "open", "as it was"


async def test_a_long_record_is_read_in_slices_newest_first(monkeypatch: Any) -> None:
    monkeypatch.setattr(sweeping, "SLICE", 7)
    monkeypatch.setattr(sweeping, "ANSWERS", 100)
    town = await worked_town(lambda task: 0)
    newest = await town.read(lambda tx: tx.value("SELECT max(id) FROM answer"))
    record = await sweeping.read(cast(Any, town.database), 1, newest)
    assert 100 <= len(record.taps) < 100 + 7, "a bounded number, in bounded slices"
    assert record.since == min(tap.at for tap in record.taps), "and what came before is not taken for the beginning"


async def test_a_job_that_closed_lately_is_still_looked_at() -> None:
    town = await worked_town(lambda task: 0)
    await town.say(REQUESTER, "canceljob", place=CHANNEL)
    await town.read(lambda tx: tx.run("UPDATE job SET state = 'closed', closed_at = ?", (town.now,)))
    assert await town.read(sweeps.jobs_to_sweep, town.now, 9) == [], "but not for ever"
    assert await look(town) == 1, "a job may live between two looks"


async def test_an_undone_answer_is_not_looked_at() -> None:
    town = memory_town()
    await town.publish(make_items(3))
    await town.join(ADA)
    await answer(town, ADA, truth)
    await town.press(ADA, "Undo")
    given, _ = await town.read(sweeps.answers_before, 1, 99, 99)
    assert given == [], "only answers in force"


def test_chances_are_told_as_cases() -> None:
    assert odds(0.0005) == "one case of 2,000", "a number that people can hold"
    assert "million" in odds(1e-40), "and no more digits than that"


async def test_a_stranger_may_not_ask_for_the_digest(town: Town) -> None:
    await town.say(REQUESTER, "digest", place=CHANNEL)
    assert "Only an admin" in town.last(CHANNEL).text, "it shows every job"
