"""Control tasks: the rate by what is unknown, the choice by what it tells, exposure, lessons, leaks and promotion.

Proves core.controls, core.leaks, core.store.controls, core.store.promotion, core.service.controls, core.service.wear
and core.service.promotion.
"""

from __future__ import annotations

import random

import pytest
from builders import ADMIN, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from hypothesis import given
from hypothesis import strategies as st
from states import live, memory_town, texts_at, token_for

from core.controls import (
    CEILING,
    FIRST,
    FLOOR,
    STRANGER,
    Belief,
    Control,
    ControlRules,
    advised,
    choose,
    faded,
    information,
    session_rate,
    view_cap,
)
from core.leaks import View, find_leaks, one_sided
from core.messages import Card
from core.model import Item, Overlap
from core.quality import ChanceTest
from core.service.house import Desk
from core.service.wear import look
from core.store import controls, jobs, people

ADA, BEN = worker(1), worker(2)
QUIET = {"rules": (), "chance": ChanceTest(error=0)}
LESSONS = tuple(Item(f"g{n}", {"text": "a loaf"}, gold=1, why="a loaf is baked.", teaching=True) for n in range(9))
SILENT = tuple(Item(f"g{n}", {"text": "a loaf"}, gold=1, why="a secret reason") for n in range(9))
OFTEN = make_spec(control_share=0.5, session=50, overlap=Overlap("fixed", 9, 9))


# ---- pure ---------------------------------------------------------------------------------------------------------


def test_a_fourth_of_the_items_or_twenty_are_advised() -> None:
    assert [advised(items) for items in (3, 8, 40, 80, 10_000)] == [0, 2, 10, 20, 20], "small jobs need fewer"


@given(share=st.floats(0.01, 0.5), right=st.integers(0, 60), wrong=st.integers(0, 60))
def test_the_rate_falls_with_what_is_known_and_is_bounded(share: float, right: int, wrong: int) -> None:
    belief = Belief(STRANGER.ok + right, STRANGER.wrong + wrong)
    rate = session_rate(share, belief, left=1000, horizon=10)
    assert FLOOR * share <= rate <= min(CEILING, FIRST * share) + 1e-9, "never none, never every task"
    assert rate <= session_rate(share, STRANGER, 1000, 10) + 1e-9, "nobody is less known than a stranger"


def test_a_session_does_not_use_up_the_controls_that_are_left() -> None:
    assert session_rate(0.5, STRANGER, left=3, horizon=15) * 15 < 3, "few sessions may run out of controls on the way"
    assert session_rate(0.5, STRANGER, left=0, horizon=15) == 0, "without controls there are none"


def test_what_is_known_fades_with_absence_and_with_a_change() -> None:
    known = Belief(43.0, 3.0)
    assert faded(known, 90, []).width > faded(known, 1, []).width, "who was away is known less"
    changed = faded(known, 0, [0, 0, 1, 0, 1, 0, 0, 0])
    assert changed.ok + changed.wrong < 0.4 * (known.ok + known.wrong), "recent answers unlike all before widen it"
    assert faded(known, 0, [1] * 8) == known, "answers as usual change nothing"


def test_a_control_tells_most_where_the_outcome_is_open() -> None:
    assert information(Belief(5, 5), 0) > information(Belief(95, 5), 0), "a known worker's outcome tells less"
    assert information(Belief(8, 2), 0) > information(Belief(8, 2), 4), "one that all get right tells little"


def test_the_most_telling_control_is_likelier_and_never_sure() -> None:
    easy, fair = Control(1, 0, 9, 200, 199), Control(2, 0, 9, 200, 130)
    rng = random.Random(1)
    drawn = [choose([easy, fair], Belief(8, 3), {}, rng) for _ in range(400)]
    share = sum(one is fair for one in drawn) / 400
    assert 0.55 < share < 0.85, "information tilts the lot, but never decides it"


def test_a_class_that_was_asked_often_is_asked_less() -> None:
    rng = random.Random(1)
    both = [Control(1, 0, 0, 0, 0), Control(2, 1, 0, 0, 0)]
    drawn = [choose(both, Belief(30, 4), {0: (25, 24)}, rng) for _ in range(400)]
    assert sum(one is both[1] for one in drawn) > 240, "what is unknown of the worker lies in the other class"


def test_the_cap_on_views_grows_with_the_crowd() -> None:
    rules = ControlRules(retire_views=400, max_share=0.5, few_views=20)
    caps = [view_cap(rules, workers) for workers in (3, 100, 5000)]
    assert caps == [20, 50, 400], "a few see it in any case, then a share of the workers, and never more than the end"


@pytest.mark.parametrize(("late", "leaked"), [(0.95, True), (0.6, False)])
def test_a_leak_is_an_old_control_that_gets_easy(late: float, leaked: bool) -> None:
    rng = random.Random(2)
    views = [View(1, n, int(rng.random() < (0.6 if n < 100 else late)), n) for n in range(200)]
    views += [View(100 + n % 40, n, int(rng.random() < 0.6), n % 4) for n in range(200)]
    found = find_leaks(views, least=12, p_limit=0.01)
    assert [leak.task for leak in found] == [1] * leaked, "late answers are compared with early and with fresh ones"


def test_the_two_proportion_test_knows_its_table() -> None:
    assert one_sided(45, 50, 30, 50) == pytest.approx(0.00027, abs=5e-5), "z = 3.46 for 90 % against 60 % of 50"
    assert one_sided(0, 0, 3, 5) == one_sided(5, 5, 5, 5) == 1.0, "nothing to compare is no evidence"


# ---- at work ------------------------------------------------------------------------------------------------------


async def until_control(town: Town, answer: str = "Apples") -> None:
    """Answer ordinary tasks until a control is in hand."""
    for _ in range(40):
        lease = await live(town, ADA)
        assert lease is not None, "there are tasks enough"
        if lease.control:
            return
        await town.press(ADA, answer)
    raise AssertionError("a control must come within forty tasks")


def shown(card: Card) -> str:
    return f"{card.text}\n{card.question}"


async def test_a_teaching_control_says_what_was_right_and_why_and_cannot_be_undone() -> None:
    town = memory_town(**QUIET)
    await town.publish((*make_items(40), *LESSONS), OFTEN)
    await town.join(ADA)
    await until_control(town)
    task = town.last(ADA)
    lease = await live(town, ADA)
    reply = await town.press(ADA, "Apples", card=task)
    assert "The right answer was Bread, because a loaf is baked." in shown(reply.speeches[0].card), "it teaches at once"
    assert lease is not None
    told = await town.press_token(ADA, await token_for(town, ADA, lease.id, "undo"))
    assert "no longer be changed" in told.toast, "who has read the answer cannot give it after all"


async def test_a_silent_control_gets_the_plain_receipt() -> None:
    town = memory_town(**QUIET)
    await town.publish((*make_items(40), *SILENT), OFTEN)
    await town.join(ADA)
    await until_control(town)
    reply = await town.press(ADA, "Apples")
    assert reply.speeches[0].card.rows[0][0].text == "Undo", "its receipt is as any other"
    assert "secret reason" not in "".join(texts_at(town, ADA)), "and says nothing"


async def test_an_answer_is_counted_for_the_control_and_the_class_and_undone_exactly() -> None:
    town = memory_town(**QUIET)
    await town.publish(make_items(40, gold=[1] * 9), OFTEN)
    await town.join(ADA)
    await until_control(town)
    await town.press(ADA, "Bread")
    counts = (
        "SELECT (SELECT sum(asked) FROM control), (SELECT sum(ok) FROM control), (SELECT sum(ok) FROM control_class)"
    )
    assert await town.read(lambda tx: tx.one(counts)) == (1, 1, 1), "asked once, right once"
    await town.press(ADA, "Undo")
    assert await town.read(lambda tx: tx.one(counts)) == (0, 0, 0), "the undo takes it back"


async def test_no_control_is_seen_by_more_workers_than_its_cap() -> None:
    town = memory_town(**QUIET, controls=ControlRules(few_views=2, max_share=0.01))
    await town.publish(make_items(60, gold=[0] * 4), OFTEN)
    for number in range(6):
        await town.join(worker(number))
        for _ in range(15):
            await town.press(worker(number), "Apples")
    most = await town.read(lambda tx: tx.value("SELECT max(answers) FROM task WHERE gold IS NOT NULL"))
    assert most == 2, "the third worker gets another control or none"


async def test_controls_leave_the_budget_that_the_tasks_need() -> None:
    town = memory_town(**QUIET)
    tight = make_spec(control_share=0.1, session=30, overlap=Overlap("fixed", 2, 2), budget=24_000 * 132)
    await town.publish(make_items(60, gold=[0] * 60), tight)
    for number in range(6):
        await town.join(worker(number))
        for _ in range(30):
            if await live(town, worker(number)) is not None:
                await town.press(worker(number), "Apples")
    done = await town.read(lambda tx: tx.value("SELECT done FROM job"))
    assert done >= 57, (
        f"a stranger's usual four controls in ten would leave a third of the tasks undone, not {60 - done}"
    )


async def test_a_worn_control_retires_and_a_job_that_is_short_of_controls_alerts() -> None:
    town = memory_town(**QUIET, controls=ControlRules(retire_views=3))
    job = await town.publish(make_items(60, gold=[0] * 3), OFTEN)
    await town.read(lambda tx: tx.run("UPDATE task SET answers = 3 WHERE gold IS NOT NULL AND ref = 'g0'"))
    await town.read(lambda tx: tx.run("UPDATE job SET control_answers = 50 WHERE id = ?", (job,)))
    await town.read(lambda tx: look(Desk(tx, town.house, town.now), jobs.get_job(tx, job)))
    assert await town.read(controls.live_controls, job) == 2, "the one that was seen enough is out"
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM alert WHERE kind = 'controls_low'")) == 1, "told"


async def test_gold_lists_what_good_workers_agree_on_and_a_confirmed_task_becomes_a_control() -> None:
    town = memory_town(**QUIET)
    job = await town.publish(make_items(2, gold=[0]), make_spec(overlap=Overlap("fixed", 3, 3)))
    for number in range(3):
        await town.join(worker(number))
        for _ in range(2):
            await town.press(worker(number), "Apples")
    await town.say(REQUESTER, "gold", place=CHANNEL)
    card = town.last(REQUESTER)
    assert "3 workers agree" in card.text and "Apples" in card.question, "it says what speaks for it"
    assert "Only the person who posted" in (await town.press(BEN, "Confirm", card=card)).toast, "not for everybody"
    await town.press(ADMIN, "Confirm", card=card)
    made = "SELECT t.gold FROM control c JOIN task t ON t.id = c.task WHERE c.origin IS NOT NULL"
    assert await town.read(lambda tx: tx.value(made)) == 0, "a control with that answer"
    voter = await town.read(people.select_person, worker(0))
    seen = await town.read(controls.controls_for, job, 99, voter.id, 9)
    assert len(seen) == 1, "who answered the task never gets the control made of it"
    assert "judged already" in (await town.press(ADMIN, "No", card=card)).toast, "each is judged once"


async def test_a_job_without_agreement_has_nothing_to_confirm() -> None:
    town = memory_town(**QUIET)
    await town.publish(make_items(2))
    await town.say(REQUESTER, "gold", place=CHANNEL)
    assert "no task yet" in town.last(CHANNEL).text, "and says so"
