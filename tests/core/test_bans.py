"""A ban sets bad work aside without touching pay, reopens what leant on it, and lifting it brings everything back.

Proves core.service.bans, core.service.voids and core.store.bans.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, Town, make_items, make_spec, worker
from hypothesis import given, settings
from hypothesis import strategies as st
from states import MemoryStore, differences, live, logical, memory_town, texts_at, timed, token_for

from core.errors import Refused
from core.model import Handle, Overlap
from core.service import Desk, bans, voids
from core.service.alarms import raise_alert
from core.store import people

ADA, BEN, CLEO, DAN = (worker(number) for number in range(1, 5))
CROWD = (ADA, BEN, CLEO, DAN)
DYNAMIC = Overlap("dynamic", 2, 4, 0.9)


async def answer(town: Town, who: Handle, choice: str = "0") -> bool:
    """Answer the task in hand, asking for one first; whether there was one."""
    if await live(town, who) is None:
        await town.say(who, "next")
    lease = await live(town, who)
    if lease is not None:
        await town.press_token(who, await token_for(town, who, lease.id, choice))
    return lease is not None


async def ban(town: Town, who: Handle, *, kind: str = "chance", **how: Any) -> int:
    def unit(tx: Any) -> int:
        desk = Desk(tx, town.house, town.now)
        person = people.select_person(tx, who)
        assert person is not None, "they came before"
        number = bans.impose(desk, person, reason="because.", actor=0, kind=kind, **how)
        town.hear(desk.reply)
        return number

    return cast(int, await town.read(unit))


async def lift(town: Town, number: int) -> None:
    def unit(tx: Any) -> None:
        desk = Desk(tx, town.house, town.now)
        bans.lift(desk, number, 0)
        town.hear(desk.reply)

    await town.read(unit)


async def rows(town: Town, sql: str) -> list[Any]:
    return cast("list[Any]", await town.read(lambda tx: tx.all(sql)))


def faults(town: Town) -> list[str]:
    return cast(MemoryStore, town.database).faults()


async def settled(items: int = 3, **spec: Any) -> Town:
    """Ada and Ben have agreed on every task of a job."""
    town = memory_town()
    await town.publish(make_items(items), make_spec(overlap=DYNAMIC, session=99, **spec))
    for who in (ADA, BEN):
        await town.join(who)
        while await answer(town, who):
            town.now += 1_000
    return town


# ---- what a ban brings about --------------------------------------------------------------------------------------


async def test_tasks_that_leant_on_a_banned_worker_reopen() -> None:
    town = await settled()
    assert await rows(town, "SELECT done, want, answers FROM task") == [(1, 0, 2)] * 3, "two agreed on each"
    await ban(town, ADA)
    assert await rows(town, "SELECT done, want, answers FROM task") == [(0, 1, 1)] * 3, "one answer each is left"
    assert await rows(town, "SELECT done FROM job") == [(0,)], "the job knows"
    assert faults(town) == [], "and every count is right"


async def test_a_banned_worker_keeps_the_pay_of_what_they_did() -> None:
    town = await settled()
    before = await rows(town, "SELECT code, balance FROM account ORDER BY code")
    await ban(town, ADA)
    assert await rows(town, "SELECT code, balance FROM account ORDER BY code") == before, "no money moves"


async def test_the_channel_is_told_once_what_it_costs() -> None:
    town = await settled()
    await ban(town, ADA)
    (text,) = [text for text in texts_at(town, CHANNEL) if "restricted for bad work" in text]
    assert "3 of their answers" in text and "3 tasks are open again" in text, "how many"
    assert "want 3 more answers, about 0.072 USD" in text, "and three times pay and fee"


async def test_a_budget_that_cannot_pay_for_it_is_named() -> None:
    town = await settled(budget=24_000 * 7)
    await ban(town, ADA)
    (text,) = [text for text in texts_at(town, CHANNEL) if "restricted for bad work" in text]
    assert "holds only 0.024 USD" in text and "/budget" in text, "with the way to add more"


async def test_others_fill_the_place_of_what_was_set_aside() -> None:
    town = await settled()
    await ban(town, ADA)
    await town.join(CLEO)
    while await answer(town, CLEO):
        pass
    assert await rows(town, "SELECT done, answers FROM task") == [(1, 2)] * 3, "Ben and Cleo agree"
    assert faults(town) == [], "the void answer takes no place in the overlap"


async def test_a_ban_for_other_reasons_leaves_the_answers_alone() -> None:
    town = await settled()
    before = await rows(town, "SELECT done, answers FROM task")
    await ban(town, ADA, kind="skips")
    assert await rows(town, "SELECT done, answers FROM task") == before, "skipping says nothing about answers"


async def test_a_batch_run_does_not_see_what_was_set_aside() -> None:
    from core.store.snapshots import snapshot

    town = await settled()
    await ban(town, ADA)
    seen = await town.read(snapshot, 1)
    ben = await town.read(people.select_person, BEN)
    assert {row[1] for row in seen.answers} == {ben.id}, "only Ben's answers are exported"


async def test_control_answers_are_set_aside_too_without_a_verdict() -> None:
    town = memory_town()
    await town.publish(make_items(3, gold=[0] * 9), make_spec(overlap=DYNAMIC, control_share=0.5, session=99))
    await town.join(ADA)
    while await answer(town, ADA):
        pass
    await ban(town, ADA)
    left = await rows(town, "SELECT count(*) FROM assignment WHERE void = 0")
    assert left == [(0,)] and faults(town) == [], "a bad worker's controls teach an aggregation nothing"


async def test_a_closed_job_keeps_what_it_delivered() -> None:
    town = await settled()
    await rows(town, "UPDATE job SET state = 'closed' RETURNING id")
    await ban(town, ADA)
    assert await rows(town, "SELECT done, answers FROM task") == [(1, 2)] * 3, "its labels are out"


# ---- how far it reaches -------------------------------------------------------------------------------------------


async def two_jobs() -> tuple[Town, int, int]:
    town = memory_town()
    first = await town.publish(make_items(2), make_spec(overlap=DYNAMIC, title="One"))
    second = await town.publish(make_items(2), make_spec(overlap=DYNAMIC, title="Two"))
    await town.join(ADA)
    for _ in range(3):
        await answer(town, ADA)
    return town, first, second


async def test_a_ban_from_one_job_leaves_the_others_open() -> None:
    town, first, second = await two_jobs()
    held = await live(town, ADA)
    assert held is not None
    other = first if held.job == second else second
    await ban(town, ADA, scope="pool", job=held.job)
    assert await live(town, ADA) is None, "the task in hand goes back"
    assert "other jobs stay open" in town.last(ADA).text, "they are told what remains"
    void = await rows(town, "SELECT DISTINCT job FROM assignment WHERE void <> 0")
    assert (other,) not in void, "work on other jobs counts on"
    await town.publish(make_items(2), make_spec(title="Three"))
    await town.say(ADA, "next")
    again = await live(town, ADA)
    assert again is not None and again.job != held.job, "work goes on elsewhere"


async def test_a_ban_from_a_job_alone_says_so_when_nothing_else_is_open() -> None:
    town = memory_town()
    job = await town.publish(make_items(4))
    await town.join(ADA)
    await ban(town, ADA, scope="pool", job=job)
    await town.say(ADA, "next")
    assert "You get no tasks of this job" in town.last(ADA).text, "and not that there is none"


async def test_a_requesters_ban_covers_all_their_jobs() -> None:
    town, first, _ = await two_jobs()
    await ban(town, ADA, scope="requester", job=first)
    await town.say(ADA, "next")
    assert await live(town, ADA) is None, "both jobs are that requester's"
    assert await rows(town, "SELECT count(*) FROM assignment WHERE void = 0 AND state = 'SUBMITTED'") == [(0,)], "all"


async def test_an_answer_cannot_be_undone_while_its_job_is_barred() -> None:
    town, _, _ = await two_jobs()
    lease, job = (await rows(town, "SELECT id, job FROM assignment WHERE state = 'SUBMITTED' ORDER BY id"))[-1]
    await ban(town, ADA, scope="pool", job=job)
    reply = await town.press_token(ADA, await token_for(town, ADA, lease, "undo"))
    assert reply.alert and "no tasks of this job" in reply.toast, "it would be a way back in"


async def test_an_answer_set_aside_cannot_be_taken_back_after_the_ban() -> None:
    town = await settled(items=1)
    (lease,) = [row[0] for row in await rows(town, "SELECT min(id) FROM assignment")]
    await ban(town, ADA, until=town.now + 60_000)
    await town.join(CLEO)
    await answer(town, CLEO)
    town.now += 120_000
    reply = await town.press_token(ADA, await token_for(town, ADA, lease, "undo"))
    assert reply.alert and "set aside" in reply.toast, "it would count again, beside the one that took its place"
    assert await rows(town, "SELECT answers, active FROM task") == [(2, 0)], "Ben's and Cleo's"
    assert faults(town) == [], "no task has more answers than its overlap allows"


async def test_a_scope_needs_its_job() -> None:
    town, _, _ = await two_jobs()
    with pytest.raises(ValueError, match="needs a job"):
        await ban(town, ADA, scope="pool")


# ---- bans that overlap, and reviews -------------------------------------------------------------------------------


async def test_lifting_one_ban_leaves_what_another_covers() -> None:
    town = await settled()
    wide = await ban(town, ADA)
    narrow = await ban(town, ADA, scope="pool", job=1)
    await lift(town, wide)
    assert await rows(town, "SELECT count(*) FROM assignment WHERE void = 1") == [(3,)], "still barred from the job"
    await lift(town, narrow)
    assert await rows(town, "SELECT count(*) FROM assignment WHERE void = 1") == [(0,)], "now they count again"


async def test_what_a_review_rejected_stays_out_when_the_ban_is_lifted() -> None:
    town = await settled(items=1)

    def reject(tx: Any) -> None:
        from core.store import jobs

        desk = Desk(tx, town.house, town.now)
        lease = tx.value("SELECT min(id) FROM assignment")
        assert voids.set_aside(desk, jobs.get_job(tx, 1), lease, voids.REJECTED).done == -1, "the task reopens"

    await town.read(reject)
    number = await ban(town, ADA)
    await lift(town, number)
    assert await rows(town, "SELECT void FROM assignment ORDER BY id") == [(2,), (0,)], "the other reason stands"


async def test_a_second_lift_is_refused() -> None:
    town = await settled()
    number = await ban(town, ADA)
    await lift(town, number)
    before = await town.read(logical)
    with pytest.raises(Refused, match=r"alert\.lifted"):
        await lift(town, number)
    assert await town.read(logical) == before, "a ban ends once"


# ---- large histories, slice by slice ------------------------------------------------------------------------------


@pytest.mark.parametrize("looked_at", [2, 500])
async def test_a_long_history_is_set_aside_slice_by_slice(monkeypatch: pytest.MonkeyPatch, looked_at: int) -> None:
    monkeypatch.setattr("core.service.bans.SLICE", 2)
    monkeypatch.setattr("core.store.bans.LOOKED_AT", looked_at)
    town = await settled(items=7)
    number = await ban(town, ADA)
    parts = []
    while (void := (await rows(town, "SELECT count(*) FROM assignment WHERE void = 1"))[0][0]) < 7:
        parts.append(void)
        assert faults(town) == [], "every commit is sound"
        await town.tick(1)
    await town.tick(1)
    assert parts == [2, 4, 6], "two answers at a time"
    assert sum("bad work" in text for text in texts_at(town, CHANNEL)) == 1, "told once, at the end"
    await lift(town, number)
    await town.tick(1)
    assert faults(town) == [], "and half way back as well"


async def test_a_ban_lifted_half_way_goes_back_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.service.bans.SLICE", 2)
    town = await settled(items=7)
    before = await town.read(logical)
    await lift(town, await ban(town, ADA))
    for _ in range(6):
        await town.tick(1)
    after = await town.read(logical)
    assert after == before, f"nothing is left of it: {differences(before, after)}"


# ---- properties ---------------------------------------------------------------------------------------------------

taps = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(("0", "0", "1", "cant", "skip"))), min_size=4, max_size=24)


async def busy(steps: list[tuple[int, str]]) -> Town:
    town = memory_town()
    await town.publish(make_items(5, gold=[0, 1]), make_spec(overlap=DYNAMIC, control_share=0.3, session=4))
    await town.publish(make_items(3), make_spec(overlap=Overlap("fixed", 2, 2), price=7_001))
    for who in CROWD:
        await town.join(who)
    await play(town, steps)
    for who in CROWD:
        await town.say(who, "pause")
    return town


async def play(town: Town, steps: list[tuple[int, str]]) -> None:
    for number, choice in steps:
        town.now += 1_000
        await answer(town, CROWD[number], choice)


scopes = st.sampled_from([{"scope": "all"}, {"scope": "pool", "job": 1}, {"scope": "requester", "job": 2}])


@settings(max_examples=40, deadline=None)
@given(taps, scopes, st.integers(0, 3), st.sampled_from([1, 3, 200]))
async def test_a_ban_and_its_lifting_leave_everything_as_it_was(
    steps: list[tuple[int, str]], how: dict[str, Any], number: int, size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.service.bans.SLICE", size)
        town = await busy(steps)
        before = await town.read(timed)
        banned = await ban(town, CROWD[number], **how)
        assert faults(town) == [], "the counts follow the ban"
        for _ in range(len(steps)):
            await town.tick(0)
        assert faults(town) == [], "to its end"
        await lift(town, banned)
        for _ in range(len(steps)):
            await town.tick(0)
        after = await town.read(timed)
        assert before == after, f"a lifted ban leaves no trace: {differences(before, after)}"


@settings(max_examples=40, deadline=None)
@given(taps, taps, st.lists(st.tuples(scopes, st.integers(0, 3)), min_size=1, max_size=3))
async def test_work_goes_on_through_bans_with_exact_money_and_counts(
    steps: list[tuple[int, str]], more: list[tuple[int, str]], several: list[tuple[dict[str, Any], int]]
) -> None:
    town = await busy(steps)
    numbers = [await ban(town, CROWD[who], **how) for how, who in several]
    assert faults(town) == [], "after the bans"
    await play(town, more)
    assert faults(town) == [], "after work that took the place of what was set aside"
    for number in numbers:
        await lift(town, number)
        assert faults(town) == [], "after each is lifted, whatever took its place"
    assert await rows(town, "SELECT count(*) FROM assignment WHERE void <> 0") == [(0,)], "every answer counts again"
    await play(town, more)
    assert faults(town) == [], "and after more work"


@settings(max_examples=25, deadline=None)
@given(taps, st.integers(0, 3), st.sampled_from(["Restrict 1 day", "Restrict for good", "Ignore"]))
async def test_an_alerts_action_and_its_undo_are_exact(steps: list[tuple[int, str]], who: int, button: str) -> None:
    town = await busy(steps)
    person = await town.read(people.select_person, CROWD[who])

    def alert(tx: Any) -> None:
        desk = Desk(tx, town.house, town.now)
        raise_alert(desk, "control", (1, person.id), {"ok": 0, "n": 9, "low": 0.0, "high": 0.2}, key="test")
        town.hear(desk.reply)

    await town.read(alert)
    before = await town.read(timed)
    await town.press(ADMIN, button, ADMIN_PLACE)
    assert faults(town) == [], "the action leaves sound books"
    await town.press(ADMIN, "Undo", ADMIN_PLACE)
    after = await town.read(timed)
    assert before == after, f"the undo is exact: {differences(before, after)}"


@settings(max_examples=25, deadline=None)
@given(taps, taps, st.integers(0, 3), scopes, st.sampled_from(["Lift the restriction", "Let it stand"]))
async def test_a_decision_about_an_appeal_and_its_undo_are_exact(
    steps: list[tuple[int, str]], more: list[tuple[int, str]], who: int, how: dict[str, Any], button: str
) -> None:
    town = await busy(steps)
    await ban(town, CROWD[who], **how)
    await play(town, more)
    for each in CROWD:
        await town.say(each, "pause")
    await town.press(CROWD[who], "Appeal")
    before = await town.read(timed)
    for _ in range(2):
        await town.press(ADMIN, button, ADMIN_PLACE)
        assert faults(town) == [], "the decision leaves sound books"
        await town.press(ADMIN, "Undo", ADMIN_PLACE)
        after = await town.read(timed)
        assert before == after, f"the undo is exact, each time: {differences(before, after)}"
