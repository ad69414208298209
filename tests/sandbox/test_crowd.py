"""The simulated crowd must behave as its habits say, on both platforms, through the whole service."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bots.demo import script
from bots.demo.cast import Cast, Half, Player
from bots.demo.stage import SLACK_REQUESTER, TELEGRAM_REQUESTER, Stage
from bots.sandbox.crowd import Crowd, Person
from bots.sandbox.minds import Habits, Mind, Recorded, Skilled, Spammer, Thought, Truth, key_of
from core.store import connect_readonly
from core.store.snapshots import JobSnapshot, snapshot
from core.store.verify import verify

SPEED = 120.0
TASKS = [f"item {n} of the test" for n in range(8)]
RIGHT = {text: ("Apples", "Bread")[n % 2] for n, text in enumerate(TASKS)}
TRUTHS = {key_of(text): Truth(label) for text, label in RIGHT.items()}
JOB = """\
title: {title}
question: Which topic?
options: [Apples, Bread]
price: 0.02 USD
overlap: 2
gold_share: 0
budget: 5 USD
lease: 30 seconds
"""
QUICK = Habits(seconds=2.0, returns=2)
Run = Callable[..., Awaitable[Counter[str]]]


def cast_of(players: list[Player]) -> Cast:
    halves = [
        Half(("id,text\n" + "".join(f"{text[5]},{text}\n" for text in part)).encode(), JOB.format(title=title))
        for title, part in (("First", TASKS[:4]), ("Second", TASKS[4:]))
    ]
    return Cast("test", True, halves[0], halves[1], {}, tuple(players), 2)


def player(number: int, mind: Mind | None = None, habits: Habits = QUICK) -> Player:
    """Odd numbers use Telegram, even ones Slack."""
    handle = f"telegram:{100 + number}" if number % 2 else f"slack:U{100 + number}"
    return Player(Person(f"simulated {number}", mind or Skilled(TRUTHS, 1.0), habits), handle)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(tmp_path, SPEED, classes=2) as stage:
        yield stage


@pytest.fixture
def work(stage: Stage) -> Run:
    """Posts both jobs and lets the crowd work until everybody has left; what they did."""

    async def run(players: list[Player], spoil: Callable[[], None] = lambda: None) -> Counter[str]:
        cast, crowd = cast_of(players), Crowd(stage.clock, seed=3)
        stage.seat_crowd(cast, crowd)
        bills = {f"telegram:{TELEGRAM_REQUESTER}": cast.telegram.job, f"slack:{SLACK_REQUESTER}": cast.slack.job}
        await script.credit(stage, bills)
        await script.post_on_telegram(stage, cast.telegram)
        await script.post_on_slack(stage, cast.slack)
        spoil()
        await crowd.run()
        return crowd.tally

    return run


async def shots(stage: Stage) -> list[JobSnapshot]:
    return [await stage.service.store.run(snapshot, job) for job in (1, 2)]


async def labels(stage: Stage) -> dict[str, list[str]]:
    """Every answer in force by the item's text."""
    found: dict[str, list[str]] = {}
    for shot in await shots(stage):
        texts = {task: TASKS[int(ref)] for task, ref, *_ in shot.tasks}
        for task, _, label, *_ in shot.answers:
            found.setdefault(texts[task], []).append(("Apples", "Bread")[label])
    return found


async def test_people_of_both_platforms_finish_both_jobs(stage: Stage, work: Run) -> None:
    await work([player(1), player(2)])

    expected = {text: [label] * 2 for text, label in RIGHT.items()}
    assert await labels(stage) == expected, "two perfect people must label every task of both jobs rightly"


async def test_double_taps_and_old_keyboards_count_once(stage: Stage, work: Run) -> None:
    hasty = Habits(seconds=2.0, double_taps=0.6, old_presses=0.6, returns=2)

    tally = await work([player(1, habits=hasty), player(2, habits=hasty)])

    assert min(tally["double taps"], tally["old presses"]) > 0, f"the hasty must have been hasty: {tally}"
    assert await labels(stage) == {text: [label] * 2 for text, label in RIGHT.items()}, "a press too many is nothing"
    assert verify(connect_readonly(stage.database)) == [], "and the books must be sound"


async def test_undoers_answer_again(stage: Stage, work: Run) -> None:
    tally = await work([player(n, habits=Habits(seconds=2.0, undoes=0.5, returns=2)) for n in (1, 2)])

    assert tally["undoes"] > 0, f"somebody must have undone an answer: {tally}"
    assert tally["answers"] == 2 * len(TASKS) + tally["undoes"], "each undone answer must be given again"
    assert await labels(stage) == {text: [label] * 2 for text, label in RIGHT.items()}, "one answer each stays in force"


async def test_a_sleeper_loses_the_task_and_others_do_it(stage: Stage, work: Run) -> None:
    sleepy = Habits(seconds=2.0, sleeps_over=2, sleeps_for=120.0, returns=2)

    tally = await work([player(1, habits=sleepy), player(2), player(3), player(4)])

    assert tally["naps"] == 1, f"one person sleeps once: {tally}"
    expired = "SELECT count(*) FROM assignment WHERE state = 'EXPIRED'"
    assert connect_readonly(stage.database).execute(expired).fetchone() == (1,), "their lease must have run out"
    assert {len(given) for given in (await labels(stage)).values()} == {2}, "others must have done the task"


async def test_skippers_leave_tasks_to_others(stage: Stage, work: Run) -> None:
    tally = await work([player(1, habits=Habits(seconds=2.0, skips=0.5, returns=2)), player(2), player(3)])

    assert tally["skips"] > 0, f"somebody must have skipped: {tally}"
    assert {len(given) for given in (await labels(stage)).values()} == {2}, "a skipped task goes to somebody else"


async def test_recorded_people_give_their_recorded_answers(stage: Stage, work: Run) -> None:
    said = {text: "Bread" if n % 3 else "Apples" for n, text in enumerate(TASKS)}
    mind = Recorded({key_of(text): Thought(label, 1.0) for text, label in said.items()})

    await work([player(1, mind), player(2, mind)])

    assert await labels(stage) == {text: [label] * 2 for text, label in said.items()}, "recorded answers are given"


async def test_spammers_do_not_read(stage: Stage, work: Run) -> None:
    await work([player(1, Spammer("constant")), player(2, Spammer("constant"))])

    assert {tuple(given) for given in (await labels(stage)).values()} == {("Apples", "Apples")}, "always the first"


async def test_lost_presses_are_repeated(stage: Stage, work: Run) -> None:
    tally = await work([player(2), player(4)], lambda: stage.slack.faults.add("interactive", "drop", times=2))

    assert stage.slack.faults.injected["drop"] == 2, "two presses must have been lost on their way"
    assert tally["lost presses"] == 0, "a person presses again when nothing happens"
    assert {len(given) for given in (await labels(stage)).values()} == {2}, "so every task gets its answers"
