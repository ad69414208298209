"""Undo leaves everything as if the tap had never been: counts, verdicts, standings, sessions and money."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from hypothesis import given, settings
from hypothesis import strategies as st
from states import MemoryStore, differences, everything, held, live, logical, memory_town, timed, token_for

from config.settings import default_rules
from core.model import Handle, Overlap
from core.rules.values import Action, Condition, Rule

CHOICES = ("0", "0", "0", "1", "cant", "skip", "report")
WORKERS = 4


@dataclass(frozen=True)
class Step:
    """A worker taps, and may take it back at once (`undone`) or an earlier tap (`back` > 0)."""

    worker: int
    choice: str
    undone: bool = False
    back: int = 0


async def tap(town: Town, who: Handle, choice: str) -> int | None:
    """Tap on the live task, getting one first if need be; its lease, or None when there is none to get."""
    lease = await live(town, who)
    assert lease is not None, "a tap needs a task"
    reply = await town.press_token(who, await token_for(town, who, lease.id, choice))
    assert not reply.alert, f"a tap on the live task is accepted: {reply.toast}"
    return lease.id


async def undo(town: Town, who: Handle, lease: int) -> str:
    reply = await town.press_token(who, await token_for(town, who, lease, "undo"))
    return reply.toast


async def ready(town: Town, who: Handle) -> bool:
    """Whether the worker has a task, after asking for one."""
    if await live(town, who) is None:
        await town.say(who, "next")
    return await live(town, who) is not None


# ---- each undo right after its tap: dynamic overlap, controls, prices, two jobs, tight budgets ---------------------

steps_at_once = st.lists(
    st.builds(Step, st.integers(0, WORKERS - 1), st.sampled_from(CHOICES), st.booleans()), min_size=1, max_size=30
)


RULES = (
    *default_rules(),
    Rule(
        "skill",
        "GoldenSet",
        (Condition("total_answers_count", ">=", 1),),
        Action("set_skill", skill="right", from_field="correct_answers_rate"),
    ),
    *(
        Rule(
            name,
            "AnswerCount",
            (Condition("assignments_accepted_count", ">=", least),),
            Action("change_overlap", delta=delta),
        )
        for name, least, delta in (("more", 3, 1), ("less", 5, -1))
    ),
)
"""What rules set at a tap goes with its undo."""


async def busy_town(budget: int) -> Town:
    town = memory_town(rules=RULES)
    dynamic = make_spec(overlap=Overlap("dynamic", 2, 4, 0.9), control_share=0.3, session=4, budget=budget)
    await town.publish(make_items(5, gold=[0, 1, 0, 0]), dynamic)
    await town.publish(make_items(4), make_spec(overlap=Overlap("fixed", 2, 2), session=3, price=7_001))
    for number in range(WORKERS):
        await town.join(worker(number))
    return town


async def play_at_once(town: Town, steps: list[Step], *, with_undone: bool) -> None:
    for step in steps:
        town.now += 1_000
        who = worker(step.worker)
        if not await ready(town, who) or (step.undone and not with_undone):
            continue
        before = await town.read(timed)
        lease = await tap(town, who, step.choice)
        if step.undone:
            town.now += 1_500
            assert lease is not None
            assert "Undone" in await undo(town, who, lease), "an undo right after the tap is always possible"
            after = await town.read(timed)
            assert without_alerts(before) == without_alerts(after), f"changed: {differences(before, after)}"


def without_alerts(state: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """An alert that an undone tap raised stays, as does the log of the rule behind it: admins have seen it."""
    return {name: rows for name, rows in state.items() if name not in ("alerts", "firings")}


@settings(max_examples=60, deadline=None)
@given(steps=steps_at_once, budget=st.sampled_from([5_000_000, 24_000 * 12]))
def test_taps_that_are_undone_at_once_leave_no_trace(steps: list[Step], budget: int) -> None:
    async def run(with_undone: bool) -> tuple[dict[str, list[tuple[object, ...]]], list[str]]:
        town = await busy_town(budget)
        await play_at_once(town, steps, with_undone=with_undone)
        store = town.database
        assert isinstance(store, MemoryStore)
        return without_alerts(await town.read(logical)), store.faults()

    with_undone, faults = asyncio.run(run(True))
    without, _ = asyncio.run(run(False))
    assert faults == [], f"the books and counts must stay whole: {faults}"
    assert with_undone == without, f"undone taps left a trace: {differences(with_undone, without)}"


# ---- undo of an earlier tap, workers interleaved ------------------------------------------------------------------

ITEMS = 6
steps_back = st.lists(
    st.builds(Step, st.integers(0, 2), st.sampled_from(CHOICES), st.just(False), st.sampled_from([0, 0, 1, 2, 3, 4])),
    min_size=1,
    max_size=40,
)
Said = dict[tuple[int, str], str]


async def wide_town() -> Town:
    """More answers wanted than there are workers, so that nobody's queue depends on another."""
    town = memory_town()
    await town.publish(make_items(ITEMS), make_spec(overlap=Overlap("fixed", 4, 4), session=100))
    for number in range(3):
        await town.join(worker(number))
    return town


async def ref_of(town: Town, task: int) -> str:
    return str(await town.read(lambda tx: tx.value("SELECT ref FROM task WHERE id = ?", (task,))))


async def play_back(town: Town, steps: list[Step]) -> Said:
    """Play with undos of earlier taps, then finish everything; what each worker's answers are in the end."""
    done: dict[int, list[int]] = {0: [], 1: [], 2: []}
    said: Said = {}
    for step in [*steps, *(Step(n, "1") for n in range(3) for _ in range(ITEMS))]:
        town.now += 100
        who, mine = worker(step.worker), done[step.worker]
        if step.back and len(mine) >= step.back:
            assert "Undone" in await undo(town, who, mine.pop(-step.back)), "within 60 s each of them can be undone"
        elif await ready(town, who):
            lease = await live(town, who)
            assert lease is not None
            said[step.worker, await ref_of(town, lease.task)] = step.choice
            await tap(town, who, step.choice)
            mine.append(lease.id)
    return said


async def play_straight(town: Town, said: Said) -> None:
    for number in range(3):
        while await ready(town, worker(number)):
            lease = await live(town, worker(number))
            assert lease is not None
            await tap(town, worker(number), said[number, await ref_of(town, lease.task)])


def without_rows_of_skips(state: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """A row of skips depends on the order of the answers, which is another one here; alerts that were seen stay."""
    return {**without_alerts(state), "standings": [row[:-1] for row in state["standings"]]}


@settings(max_examples=60, deadline=None)
@given(steps=steps_back)
def test_undoing_earlier_taps_leads_to_the_same_state_as_the_final_answers_alone(steps: list[Step]) -> None:
    async def run() -> None:
        crooked, straight = await wide_town(), await wide_town()
        said = await play_back(crooked, steps)
        await play_straight(straight, said)
        one = without_rows_of_skips(await crooked.read(logical))
        other = without_rows_of_skips(await straight.read(logical))
        assert one == other, f"the way there left a trace: {differences(one, other)}"
        store = crooked.database
        assert isinstance(store, MemoryStore)
        assert store.faults() == [], "the books and counts must stay whole"

    asyncio.run(run())


# ---- single cases -------------------------------------------------------------------------------------------------


async def one_tap(town: Town, items: int = 3, **spec: object) -> int:
    await town.publish(make_items(items), make_spec(**spec))
    await town.join(worker(1))
    lease = await tap(town, worker(1), "0")
    assert lease is not None
    return lease


async def test_undo_gives_the_task_back_and_reverses_the_pay(town: Town) -> None:
    lease = await one_tap(town)
    person = (await live(town, worker(1))).person  # type: ignore[union-attr]
    assert await held(town, f"worker:{person}:payable:USD") == 20_000, "the tap was paid"
    await undo(town, worker(1), lease)
    again = await live(town, worker(1))
    assert again is not None and again.id == lease, "the undone task is the live one again"
    assert await held(town, f"worker:{person}:payable:USD") == 0, "and its pay is taken back exactly"
    assert await held(town, "platform:fee:USD") == 0, "the fee too"


async def test_the_task_that_was_live_goes_back_as_if_never_handed_out(town: Town) -> None:
    lease = await one_tap(town)
    second = await live(town, worker(1))
    await undo(town, worker(1), lease)
    rows = await town.read(lambda tx: tx.all("SELECT id FROM assignment WHERE task = ?", (second.task,)))  # type: ignore[union-attr]
    assert rows == [], "no trace of the later lease is left, so the worker may get that task again"
    await tap(town, worker(1), "1")
    assert (await live(town, worker(1))).task == second.task, "and does"  # type: ignore[union-attr]


async def test_after_the_window_an_undo_is_refused(town: Town) -> None:
    lease = await one_tap(town, items=6)
    for _ in range(3):
        await tap(town, worker(1), "0")
    assert (await town.read(everything)) is not None
    town.now += 60_001
    before = await town.read(everything)
    toast = await undo(town, worker(1), lease)
    assert toast.startswith("Too late"), "60 s and three answers later the answer stands"
    assert await town.read(everything) == before, "and nothing has changed"


@pytest.mark.parametrize(("seconds", "answers"), [(3_600, 2), (59, 5)])
async def test_within_either_window_an_undo_works(town: Town, seconds: int, answers: int) -> None:
    lease = await one_tap(town, items=8)
    for _ in range(answers):
        await tap(town, worker(1), "0")
    town.now += seconds * 1000
    assert "Undone" in await undo(town, worker(1), lease), "60 s or three further answers, whichever is longer"


async def test_somebody_else_cannot_undo_my_answer(town: Town) -> None:
    lease = await one_tap(town)
    await town.join(worker(2))
    token, before = await token_for(town, worker(1), lease, "undo"), await town.read(everything)
    reply = await town.press_token(worker(2), token)
    assert reply.alert and "somebody else" in reply.toast, "a button works for its owner only"
    assert await town.read(everything) == before, "and nothing has changed"


async def test_a_second_undo_is_told_that_the_task_is_open(town: Town) -> None:
    lease = await one_tap(town)
    await undo(town, worker(1), lease)
    before = await town.read(everything)
    assert "open already" in await undo(town, worker(1), lease), "the second press is told kindly"
    assert await town.read(everything) == before, "and changes nothing"


async def test_undo_of_the_answer_that_completed_a_job_opens_its_task_again(town: Town) -> None:
    job = await town.publish(make_items(1), make_spec(overlap=Overlap("fixed", 1, 1)))
    await town.join(worker(1))
    lease = await tap(town, worker(1), "0")
    town.now += 30_000
    await town.tick()
    assert lease is not None and "Undone" in await undo(town, worker(1), lease), "the job waits for late undos"
    state = await town.read(lambda tx: tx.one("SELECT state, done, answers, active FROM job WHERE id = ?", (job,)))
    assert state == ("open", 0, 0, 1), "the job is as it was before the answer"


async def test_undo_after_the_session_ended_reopens_the_session(town: Town) -> None:
    lease = await one_tap(town, items=1)
    assert "Session complete" in town.last(worker(1)).title, "there was nothing left"
    await undo(town, worker(1), lease)
    session = await town.read(lambda tx: tx.one("SELECT done, earned, over FROM session"))
    assert session == (0, 0, 0), "the session goes on where it was"
    reply = await town.press(worker(1), "Continue")
    assert reply.alert and "old" in reply.toast, "the summary's buttons are dead"


async def test_undo_across_a_session_counts_the_answer_in_the_end_once(town: Town) -> None:
    await town.publish(make_items(6), make_spec(session=2))
    await town.join(worker(1))
    await tap(town, worker(1), "0")
    lease = await tap(town, worker(1), "0")
    await town.press(worker(1), "Continue")
    assert lease is not None
    await undo(town, worker(1), lease)
    assert "· 1 of 2 · earned 0.00 USD" in town.last(worker(1)).title, "the header never counts below the first task"
    await tap(town, worker(1), "1")
    session = await town.read(lambda tx: tx.one("SELECT done, earned FROM session"))
    assert session == (0, 0), "the answer belongs to the session before, so this one is at its start"


async def test_undo_of_a_skip_without_budget_is_refused_with_the_reason(town: Town) -> None:
    await town.publish(make_items(2), make_spec(budget=24_000))
    await town.join(worker(1))
    lease = await tap(town, worker(1), "skip")
    await town.say(worker(1), "pause")
    await town.join(worker(2))
    before = await town.read(everything)
    assert lease is not None
    assert "budget is used up" in await undo(town, worker(1), lease), "the promise of pay cannot be made again"
    assert await town.read(everything) == before, "and nothing has changed"


async def test_undo_of_a_skip_never_exceeds_the_overlap(town: Town) -> None:
    await town.publish(make_items(1), make_spec(overlap=Overlap("fixed", 1, 1)))
    await town.join(worker(1))
    lease = await tap(town, worker(1), "skip")
    await town.join(worker(2))
    assert await live(town, worker(2)) is not None, "the skipped task went to the next worker"
    before = await town.read(everything)
    assert lease is not None
    assert "taken this task" in await undo(town, worker(1), lease), "its one place is gone"
    assert await town.read(everything) == before, "and nothing has changed"


async def test_a_restricted_worker_cannot_get_a_task_back_by_undo(town: Town) -> None:
    lease = await one_tap(town, items=30, overlap=Overlap("fixed", 1, 1))
    for _ in range(9):
        lease = await tap(town, worker(1), "skip") or lease
    await town.press(ADMIN, "Restrict 1 day", ADMIN_PLACE)
    before = await town.read(everything)
    assert "cannot take tasks until" in await undo(town, worker(1), lease), "the reason and the end are told"
    assert await town.read(everything) == before, "and nothing has changed"


async def test_undo_in_a_closing_job_is_refused(town: Town) -> None:
    lease = await one_tap(town)
    await town.say(REQUESTER, "canceljob", "", CHANNEL)
    before = await town.read(everything)
    assert "closed" in await undo(town, worker(1), lease), "a job that ends keeps its answers"
    assert await town.read(everything) == before, "and nothing has changed"


async def test_undo_brings_the_session_back_to_the_job_of_the_task(town: Town) -> None:
    first = await town.publish(make_items(1), make_spec(overlap=Overlap("fixed", 1, 1)))
    await town.join(worker(1))
    await town.publish(make_items(1))
    before = await town.read(timed)
    lease = await tap(town, worker(1), "0")
    assert (await live(town, worker(1))).job != first, "the second job's task follows"  # type: ignore[union-attr]
    assert lease is not None
    await undo(town, worker(1), lease)
    after = await town.read(timed)
    assert before == after, f"session and standing forget the other job: {differences(before, after)}"
