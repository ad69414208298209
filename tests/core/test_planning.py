"""What a job would cost (core.planning), and /plan in a chat (core.service.planning, core.store.plans)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.ledger import Price
from core.model import Overlap
from core.planning import Choice, Crowd, Estimate, Work, advise, choices, interval, make_work, short_choices, work_of
from core.ports import SystemClock
from core.service.planning import plan_due
from core.store.plans import house_record, usual_workers, waiting
from tests.builders import CHANNEL, REQUESTER, Town, make_items, make_spec, open_town, worker

WORK = Work(1000, (0.5, 0.5), Overlap("dynamic", 2, 4, 0.95), Price(20_000, 4_000, "USD"))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    town = await open_town(tmp_path)
    yield town
    await town.database.close()


def estimate(name: str, answers: float, accuracy: float) -> Estimate:
    return Estimate(Choice(name, WORK.overlap), answers, WORK.cost(answers), accuracy, accuracy, accuracy, 0.0)


def test_the_job_files_own_policy_stands_beside_the_usual_ones() -> None:
    found = choices(WORK)
    assert [choice.overlap.policy for choice in found] == ["fixed"] * 3 + ["dynamic", "value", "budget"], (
        "six to compare"
    )
    assert [choice.name for choice in found if choice.mine] == ["dynamic 2-4 at 95%"], "the job file's own is marked"
    assert [choice.name for choice in choices(WORK, ["fixed"])] == ["fixed 1", "fixed 3", "fixed 5"], "or only some"
    fixed = replace(WORK, overlap=Overlap("fixed", 2, 2))
    assert [choice.name for choice in choices(fixed) if choice.mine] == ["fixed 2"], "another number joins the three"
    assert [choice.overlap.policy for choice in short_choices(fixed)] == ["fixed", "dynamic", "value"], (
        "three in a chat"
    )


def test_a_budget_buys_what_it_can_pay() -> None:
    budgeted = replace(WORK, budget=48_000_000, overlap=Overlap("budget", 1, 5))
    assert [choice.target for choice in choices(budgeted) if choice.mine] == [2.0], "48 USD are two answers a task"
    assert budgeted.cost(2.0) == 48_000_000, "and the cost comes back to it"
    free = replace(WORK, price=Price(0, 0, "USD"))
    assert "value" not in [choice.overlap.policy for choice in choices(free)], "what is free is always worth its price"


def test_control_tasks_give_the_classes_and_their_share_of_cost() -> None:
    work = work_of(make_spec(control_share=0.1), WORK.price, make_items(100, gold=(0, 0, 0, 1)))
    assert work.tasks == 100 and work.shares == (4 / 6, 2 / 6), "three of four controls, one more of each class"
    assert work.cost(1.0) == 110 * 24_000, "a tenth more answers go to controls"
    assert make_work(make_spec(control_share=0.1), WORK.price, 100, [0, 0]).cost(1.0) == 100 * 24_000, "none, none"


def test_the_cheapest_within_a_point_of_the_best_is_advised() -> None:
    found = [estimate("fixed 1", 1, 0.8), estimate("fixed 5", 5, 0.95), estimate("dynamic", 2.5, 0.945)]
    advice = advise(found, None)
    assert advice.best.choice.name == "dynamic" and advice.key == "plan.advice.cheaper", "half the cost, half a point"
    assert advice.saved == 0.5 and round(advice.lost, 4) == 0.005, "and the sentence says how much"
    assert advise(found, WORK.cost(2)).best.choice.name == "fixed 1", "a budget rules out what it cannot pay"
    assert advise(found, 1).key == "plan.advice.poor", "one that pays nothing is told so"
    assert advise([found[0], replace(found[1], accuracy=0.99)], None).key == "plan.advice.best", (
        "the best may be worth it"
    )


def test_the_interval_is_wider_for_few_tasks_and_few_seeds() -> None:
    mean, low, high = interval([0.88, 0.9, 0.92], 1000, 200)
    assert mean == pytest.approx(0.9) and low < 0.88 and high > 0.92, "three crowds say little"
    small = interval([0.9] * 10, 20, 20)
    large = interval([0.9] * 10, 20_000, 200)
    assert small[2] - small[1] > 5 * (large[2] - large[1]), "twenty tasks have luck, twenty thousand have none"
    assert interval([1.0], 10, 10) == (1.0, 1.0, 1.0), "and nothing is above all"


def played(work: Work, crowd: Crowd, tried: Sequence[Choice], seeds: int) -> list[Estimate]:
    """Instead of a simulation."""
    return [Estimate(choice, 2.0, work.cost(2.0), 0.9, 0.85, 0.95, 3600.0) for choice in tried]


async def test_a_plan_is_promised_at_once_and_posted_by_the_next_look(town: Town) -> None:
    job = await town.post(make_items(10, gold=(0, 1)))
    await town.say(REQUESTER, "plan", f"#{job}", CHANNEL)
    assert f"Planning job #{job}" in town.last(CHANNEL).text, "the answer comes at once"
    made = await plan_due(town.database, SystemClock(), town.house, played, town.hear)
    card = town.last(CHANNEL)
    assert made == 1 and card.title.startswith(f"Plan of job #{job}"), "a moment later the figures"
    assert card.text.count("•") == 3 and "90% right (85% to 95%)" in card.text, "three policies, each with its range"
    assert "as in your job file" in card.text and "Advised:" in card.text, "its own among them, and an advice"
    assert await plan_due(town.database, SystemClock(), town.house, played, town.hear) == 0, "made once"


async def test_the_button_of_a_preview_asks_for_a_plan_once(town: Town) -> None:
    await town.post(make_items(3))
    await town.press(REQUESTER, "Plan", CHANNEL)
    await town.press(REQUESTER, "Plan", CHANNEL)
    assert len(await town.read(waiting, 9)) == 1, "two presses are one plan"
    await town.press(REQUESTER, "Discard", CHANNEL)
    assert "discarded" in town.last(CHANNEL).text, "the preview's other buttons still work"


async def test_only_the_requester_gets_a_plan(town: Town) -> None:
    job = await town.post(make_items(3))
    await town.say(worker(1), "plan", f"#{job}", CHANNEL)
    assert "Only the person who posted" in town.last(CHANNEL).text, "a plan tells about money"


async def test_the_house_knows_those_who_answered_controls(town: Town) -> None:
    assert await town.read(house_record) == ((), 0.0), "nobody yet"
    await town.publish(make_items(1))
    await town.join(worker(1))
    await town.database.run(
        lambda tx: tx.run("UPDATE standing SET controls = 10, control_ok = 8, answers = 12, duration_ms = 60000")
    )
    known, seconds = await town.read(house_record)
    assert known == ((8.0, 2.0),) and seconds == 5.0, "right and wrong answers, and how long one takes"
    assert await town.read(usual_workers) == 1, "how many come to a job here"
