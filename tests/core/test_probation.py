"""Who answers no better than chance is barred from that job with the reason and an Undo for admins; nobody else is.

Proves core.service.probation, core.store.outcomes and, as a small crowd, bench.spammers.
"""

from __future__ import annotations

from typing import Any, cast

from builders import ADMIN, ADMIN_PLACE, Town, make_items, make_spec, worker
from states import MemoryStore, live, memory_town, texts_at, token_for

from bench.spammers import Plan, report, run
from core.model import Handle, Overlap
from core.quality import ChanceTest
from core.store import outcomes, people

ADA, BEN, CLEO = worker(1), worker(2), worker(3)
WIDE = Overlap("fixed", 3, 3)
GOLD = [n % 2 for n in range(60)]


async def open_town(**house: Any) -> Town:
    town = memory_town(**house)
    spec = make_spec(overlap=WIDE, control_share=0.5, session=99, budget=100_000_000)
    await town.publish(make_items(60, gold=GOLD), spec)
    return town


async def work(town: Town, who: Handle, mind: Any, n: int) -> int:
    """Answer up to n tasks; `mind` chooses by the item's number; how many were answered."""
    for done in range(n):
        lease = await live(town, who)
        if lease is None:
            return done
        ref = await town.read(lambda tx, task=lease.task: tx.value("SELECT ref FROM task WHERE id = ?", (task,)))
        town.now += 6_000
        await town.press_token(who, await token_for(town, who, lease.id, str(mind(ref))))
    return n


def right(ref: str) -> int:
    return int(ref[1:]) % 2


def wrong(ref: str) -> int:
    return 1 - right(ref)


async def alerts(town: Town) -> list[Any]:
    return cast("list[Any]", await town.read(lambda tx: tx.all("SELECT kind, state, action FROM alert ORDER BY id")))


async def test_answers_no_better_than_chance_bar_from_the_job() -> None:
    town = await open_town()
    await town.join(ADA)
    done = await work(town, ADA, wrong, 40)
    assert 8 <= done < 20, f"within a few answers, {done}"
    said = "\n".join(texts_at(town, ADA))
    assert "no better than chance" in said and "help@example.org" in said, "the reason, and whom to write to"
    assert ("chance", "acted", "auto") in await alerts(town), "admins see what was done"
    assert "set aside" in "\n".join(texts_at(town, ADMIN_PLACE)), "and what became of the answers"


async def test_a_good_worker_is_left_alone() -> None:
    town = await open_town()
    await town.join(ADA)
    assert await work(town, ADA, right, 60) == 60, "all sixty"
    assert await alerts(town) == [], "and nobody is told anything"


async def test_admins_undo_it_and_are_not_overruled() -> None:
    town = await open_town()
    await town.join(ADA)
    await work(town, ADA, wrong, 40)
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    assert "lifted" in "\n".join(texts_at(town, ADA)), "the worker hears of it"
    await town.say(ADA, "next")
    assert await work(town, ADA, wrong, 60) > 40, "the test does not bar them again against an admin's word"
    assert [row for row in await alerts(town) if row[0] in ("chance", "drift")] == [("chance", "open", None)], (
        "nor anew"
    )
    assert cast(MemoryStore, town.database).faults() == [], "and every count is right"


async def test_the_log_names_the_houses_test() -> None:
    town = await open_town()
    await town.join(ADA)
    await work(town, ADA, wrong, 40)
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    log = [line.split(" · ")[1] for line in town.last(ADMIN_PLACE).text.splitlines() if " UTC · " in line]
    said = ["the house's test restricted telegram:1001 in job #1", "telegram:9 took it back"]
    assert log == said, "who acted, and who took it back"


async def test_an_undone_answer_takes_its_evidence_back() -> None:
    town = await open_town()
    await town.join(ADA)
    await work(town, ADA, wrong, 7)
    person = await town.read(people.select_person, ADA)
    before = await town.read(outcomes.newest_outcomes, person.id, 45)
    lease = await live(town, ADA)
    assert lease is not None
    await work(town, ADA, right, 1)
    await town.press_token(ADA, await token_for(town, ADA, lease.id, "undo"))
    assert await town.read(outcomes.newest_outcomes, person.id, 45) == before, "nothing is stored of it"


async def test_an_error_of_none_switches_it_off() -> None:
    town = await open_town(chance=ChanceTest(error=0))
    await town.join(ADA)
    assert await work(town, ADA, wrong, 30) == 30, "the operator decides"


async def test_what_is_usual_in_a_job_is_found_by_the_clock() -> None:
    town = await open_town()
    for who in (ADA, BEN, CLEO):
        await town.join(who)
        await work(town, who, right, 15)
    assert (await town.read(outcomes.climate_of, 1)).pace is None, "not at a tap"
    await town.tick(1)
    found = await town.read(outcomes.climate_of, 1)
    assert found.bought == 45 and found.pace is not None, "but soon after"
    assert 5_900 < found.pace.usual_ms < 6_100 and found.crowd is None, "six seconds; three workers are no crowd"


async def test_the_others_answers_are_evidence_without_controls() -> None:
    town = memory_town()
    spec = make_spec(overlap=WIDE, control_share=0.0, session=99, budget=100_000_000)
    await town.publish(make_items(40), spec)
    for who in (ADA, BEN):
        await town.join(who)
        await work(town, who, right, 40)
    await town.join(CLEO)
    assert await work(town, CLEO, wrong, 40) < 40, "against two who agree everywhere"
    cleo = await town.read(people.select_person, CLEO)
    assert await town.read(lambda tx: tx.all("SELECT person FROM restriction")) == [(cleo.id,)], "Cleo alone is barred"


def test_a_small_crowd_is_cleaned_up() -> None:
    found = report([run(1, Plan(workers=60, answers=32, options=(4,)), False)])
    assert found["all spammers"] >= 0.75, f"of twelve spammers in a job of four options: {found}"
    assert found["honest ones barred"] <= 0.03, f"of forty-eight honest workers: {found}"
