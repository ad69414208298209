"""Contested tasks: who gets them, what an expert is paid, what the answer decides, and how each step is taken back.

Proves core.service.experts, core.service.rulings and core.store.rulings.
"""

from __future__ import annotations

from typing import Any

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import differences, held, live, texts_at, timed, token_for

from core.model import Experts, Handle, Overlap, Review
from core.service import bans, waiting
from core.service.house import Desk
from core.store import jobs, people

EXPERT = Handle("telegram", "3001")
OTHER = Handle("telegram", "3002")
PAID_WELL = Experts(people=(EXPERT, OTHER), price=100_000, fee=20_000)
DAY = 86_400


async def contested(town: Town, experts: Experts = PAID_WELL, **spec: Any) -> int:
    """A job whose one task two workers answered differently, with an expert who has come by; the job."""
    job = await town.publish(make_items(1), make_spec(experts=experts, **spec))
    for number, choice in ((1, "Apples"), (2, "Bread")):
        await town.join(worker(number))
        await town.press(worker(number), choice)
    for expert in (EXPERT, OTHER):
        await town.join(expert)
    town.now += 61_000
    return job


async def task(town: Town) -> tuple[int, int, int]:
    row: tuple[int, int, int] = await town.read(lambda tx: tx.one("SELECT done, label, confidence FROM task"))
    return row


async def hold_of(town: Town, who: Handle) -> int:
    """The lease that an expert gets on /next."""
    await town.say(who, "next")
    lease = await live(town, who)
    assert lease is not None and lease.expert, "the expert gets the contested task"
    return lease.id


async def press(town: Town, who: Handle, lease: int, choice: str) -> str:
    reply = await town.press_token(who, await token_for(town, who, lease, choice))
    return reply.toast


async def test_a_contested_task_goes_to_an_expert_whose_word_decides_at_the_expert_price(town: Town) -> None:
    job = await contested(town)
    assert await task(town) == (1, 0, 500_000), "two who differ are at the maximum and undecided"
    lease = await hold_of(town, EXPERT)
    assert await held(town, f"job:{job}:reserved:USD") == 120_000, "the expert price is reserved like any other"
    assert "item 0" in town.last(EXPERT).quote, "it is an ordinary card"
    await press(town, EXPERT, lease, "1")
    assert await task(town) == (1, 1, 980_000), "the expert decides, at the stated weight"
    person = await town.read(lambda tx: tx.value("SELECT id FROM person WHERE user = '3001'"))
    assert await held(town, f"worker:{person}:payable:USD") == 100_000, "and is paid the expert price"
    assert "earned 0.10 USD" in " ".join(texts_at(town, EXPERT)) or "0.10 USD" in town.last(EXPERT).text, "it is told"


async def test_a_doubt_that_may_still_be_undone_goes_to_nobody(town: Town) -> None:
    await contested(town)
    town.now -= 30_000
    await town.say(EXPERT, "next")
    assert await live(town, EXPERT) is None, "the last answer may still be taken back"


async def test_a_clear_label_goes_to_no_expert(town: Town) -> None:
    await town.publish(make_items(1), make_spec(experts=PAID_WELL))
    for number in (1, 2):
        await town.join(worker(number))
        await town.press(worker(number), "Apples")
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM escalation")) == 0, "two who agree need nobody"


async def test_skill_makes_an_expert_and_a_skill_that_has_run_out_does_not(town: Town) -> None:
    await contested(town, Experts(skills=(("topics", 80),), price=100_000))
    await town.say(EXPERT, "next")
    assert await live(town, EXPERT) is None, "without the skill there is nothing"
    await town.say(ADMIN, "skill", f"{EXPERT} topics 80 1d", ADMIN_PLACE)
    await hold_of(town, EXPERT)
    town.now += 2 * DAY * 1000
    await town.say(ADMIN, "skill", f"{OTHER} topics 79", ADMIN_PLACE)
    await town.tick()
    await town.say(OTHER, "next")
    assert await live(town, OTHER) is None, "79 is less than 80"


async def test_one_expert_at_a_time(town: Town) -> None:
    await contested(town)
    lease = await hold_of(town, EXPERT)
    await town.say(OTHER, "next")
    assert await live(town, OTHER) is None, "it is in the first one's hands"
    await press(town, EXPERT, lease, "skip")
    await hold_of(town, OTHER)
    assert "taken this task" in await press(town, EXPERT, lease, "undo"), "who skipped it lost it"


async def test_nobody_decides_a_task_they_answered(town: Town) -> None:
    await contested(town, Experts(people=(worker(1),), price=100_000))
    await town.say(worker(1), "next")
    assert await live(town, worker(1)) is None, "it is their own answer that is contested"


@pytest.mark.parametrize("choice", ["0", "1", "cant", "skip", "report"])
async def test_whatever_an_expert_does_can_be_undone_exactly(town: Town, choice: str) -> None:
    await contested(town)
    lease = await hold_of(town, EXPERT)
    before = await town.read(timed)
    rulings = await town.read(lambda tx: tx.all("SELECT task, state FROM escalation"))
    await press(town, EXPERT, lease, choice)
    assert "Undone" in await press(town, EXPERT, lease, "undo"), "within a minute"
    after = await town.read(timed)
    assert before == after, f"changed: {differences(before, after)}"
    assert await town.read(lambda tx: tx.all("SELECT task, state FROM escalation")) == rulings, "it waits again"
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM ruling")) == 0, "nothing is decided"


async def test_an_expert_who_cannot_tell_leaves_the_label_as_it_was(town: Town) -> None:
    await contested(town)
    await press(town, EXPERT, await hold_of(town, EXPERT), "cant")
    assert (await task(town))[0] == 1, "the task is done all the same"
    assert await town.read(lambda tx: tx.value("SELECT state FROM escalation")) == "done", "nobody else is asked"


async def test_a_job_waits_for_its_experts_and_not_for_ever(town: Town) -> None:
    await contested(town)
    await town.tick(120)
    assert await town.read(lambda tx: tx.value("SELECT state FROM job")) == "open", "the expert may still come"
    await town.say(REQUESTER, "status", "", CHANNEL)
    assert "Waiting for an expert: 1 tasks" in town.last(CHANNEL).text, "the requester sees it"
    await town.tick(3 * DAY)
    await town.tick(5)
    assert await town.read(lambda tx: tx.value("SELECT state FROM job")) == "closing", "after three days it ends"


async def test_experts_are_called_and_not_too_often(town: Town) -> None:
    await contested(town)
    for _ in range(3):
        await town.tick(60)
    calls = [text for text in texts_at(town, EXPERT) if "wait for an expert" in text]
    assert len(calls) == 1 and "0.10 USD each" in calls[0], "one call tells what waits and what it pays"


async def test_the_bill_tells_experts_pay_apart_from_others(town: Town) -> None:
    await contested(town)
    await press(town, EXPERT, await hold_of(town, EXPERT), "1")
    await town.say(REQUESTER, "budget", "", CHANNEL)
    assert "spent 0.16" in town.last(CHANNEL).text, "two ordinary answers at 0.024 and the expert's at 0.12, rounded"


async def test_reviewers_who_disagree_bring_in_an_expert(town: Town) -> None:
    judges = tuple(Handle("telegram", str(2000 + n)) for n in range(2))
    policy = Review(second=1.0, threshold=0.0, reviewers=judges)
    await town.publish(make_items(1), make_spec(experts=PAID_WELL, review=policy, overlap=Overlap("fixed", 1, 1)))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    for judge, buttons in zip(judges, (["Accept"], ["Reject", "The answer is wrong"]), strict=True):
        await town.tick(61)
        await town.say(judge, "review")
        for text in buttons:
            await town.press(judge, text)
    await town.tick(61)
    await town.tick(61)
    await town.join(EXPERT)
    lease = await live(town, EXPERT)
    assert lease is not None and lease.expert, "the contested task waits for an expert"
    await press(town, EXPERT, lease.id, "1")
    assert (await task(town))[1] == 1, "who decides its label"


async def test_a_banned_experts_tasks_go_to_other_experts(town: Town) -> None:
    job = await contested(town)
    await press(town, EXPERT, await hold_of(town, EXPERT), "1")

    def ban(tx: Any) -> int:
        desk = Desk(tx, town.house, town.now)
        person = people.select_person(tx, EXPERT)
        assert person is not None, "they came before"
        number = bans.impose(desk, person, reason="because.", actor=0, kind="control")
        town.hear(desk.reply)
        return number

    number = await town.read(ban)
    assert await task(town) == (1, 0, 500_000), "their word does not stand"
    assert "1 tasks are open again" in texts_at(town, CHANNEL)[-1], "the requester hears that it waits"
    await press(town, OTHER, await hold_of(town, OTHER), "1")
    assert await task(town) == (1, 1, 980_000), "another expert decides"
    await town.read(lambda tx: bans.lift(Desk(tx, town.house, town.now), number, 0))
    assert await task(town) == (1, 1, 980_000), "and the first one's word comes back to a task that is decided"
    paid = await town.read(lambda tx: waiting.paid_and_fee(Desk(tx, town.house, town.now), jobs.get_job(tx, job)))
    assert paid == (2 * 20_000 + 2 * 100_000, 2 * 4_000 + 2 * 20_000), "two workers and both experts were paid"
    assert await held(town, f"job:{job}:reserved:USD") == 0, "nothing is reserved for a third"


async def test_a_lifted_ban_decides_the_experts_tasks_again(town: Town) -> None:
    await contested(town)
    await press(town, EXPERT, await hold_of(town, EXPERT), "1")

    def ban_and_lift(tx: Any) -> None:
        desk = Desk(tx, town.house, town.now)
        person = people.select_person(tx, EXPERT)
        assert person is not None, "they came before"
        bans.lift(desk, bans.impose(desk, person, reason="because.", actor=0, kind="control"), 0)

    await town.read(ban_and_lift)
    assert await task(town) == (1, 1, 980_000), "it counts as it did"
    town.now += 61_000
    await town.say(OTHER, "next")
    assert await live(town, OTHER) is None, "nobody else is asked"
