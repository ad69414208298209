"""Verdicts and choices by what is believed of the crowd, under every overlap policy.

Proves core.service.judging.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from builders import Town, make_items, make_spec, worker
from states import live, logical, memory_town, token_for

from core.beliefs.rows import believe
from core.model import Overlap
from core.routing import Candidate
from core.service import judging
from core.service.house import Desk
from core.store import beliefs, jobs
from core.store.tx import Row

GOOD, BAD = 1, 2


@pytest.fixture
def town() -> Iterator[Town]:
    town = memory_town()
    yield town
    assert not town.database.faults(), "the books are right"  # type: ignore[attr-defined]


async def open_job(town: Town, overlap: Overlap, tasks: int = 3, **changes: object) -> int:
    job = await town.publish(make_items(tasks), make_spec(overlap=overlap, **changes))
    for number in (GOOD, BAD):
        await town.join(worker(number))
    return job


def crowd(good: int, bad: int) -> bytes:
    """A belief: one is right in 58 of 60 control tasks, the other in half of them."""
    rows, gold = [], {}
    for task in range(60):
        gold[task] = task % 2
        rows.append((task, good, task % 2 if task > 1 else 1 - task % 2))
        rows.append((task, bad, (task // 2) % 2))
    return believe(rows, gold, {}, 2).dumps()


async def believe_in(town: Town, job: int) -> None:
    ids = [await person_of(town, number) for number in (GOOD, BAD)]
    await town.database.run(beliefs.put_belief, job, crowd(*ids), 60, town.now)


async def person_of(town: Town, number: int) -> int:
    who = worker(number)
    found: int = await town.read(lambda tx: tx.value("SELECT id FROM person WHERE user = ?", (who.user,)))
    return found


async def answer(town: Town, number: int, choice: str) -> int:
    lease = await live(town, worker(number))
    assert lease is not None, "the worker has a task"
    await town.press_token(worker(number), await token_for(town, worker(number), lease.id, choice))
    return lease.task


async def task_of(town: Town, task: int) -> Row:
    row: Row = await town.read(
        lambda tx: tx.one("SELECT done, answers, label, confidence FROM task WHERE id = ?", (task,))
    )
    return row


async def test_one_answer_of_a_good_worker_is_enough_and_of_a_guesser_it_is_not(town: Town) -> None:
    job = await open_job(town, Overlap("dynamic", 1, 5, 0.85))
    await believe_in(town, job)
    good, bad = await answer(town, GOOD, "0"), await answer(town, BAD, "1")
    assert (await task_of(town, good))[0] == 1, "somebody who is nearly always right decides alone"
    assert (await task_of(town, bad))[0] == 0, "a guesser does not"


async def test_an_undo_restores_the_verdict_exactly(town: Town) -> None:
    job = await open_job(town, Overlap("dynamic", 1, 5, 0.85))
    await believe_in(town, job)
    before = await town.read(logical)
    await answer(town, GOOD, "0")
    assert await town.read(logical) != before, "an answer changes the state"
    await town.press(worker(GOOD), "Undo")
    after = await town.read(logical)
    assert after["tasks"] == before["tasks"], "a verdict follows from belief and votes alone"


async def test_a_prior_counts_before_any_answer(town: Town) -> None:
    job = await open_job(town, Overlap("dynamic", 1, 5, 0.9))
    lease = await live(town, worker(GOOD))
    assert lease is not None, "there is a first task"
    await town.database.run(beliefs.put_priors, job, [(lease.task, (0.95, 0.05))], 1)
    task = await answer(town, GOOD, "0")
    done, answers, label, _ = await task_of(town, task)
    assert (done, answers, label) == (1, 1, 0), "one stranger and a model that agree are enough"


async def test_a_checkpoint_looks_at_its_share_only(town: Town) -> None:
    job = await open_job(town, Overlap("checkpoint", 1, 5, 0.99, share=0.01))
    task = await answer(town, GOOD, "0")
    assert (await task_of(town, task))[0] == 1, "a task that is not checked has enough with the minimum"
    assert job, "and the job is open"


@pytest.mark.parametrize(("worth", "done"), [(20_000, 1), (10_000_000, 0)])
async def test_value_buys_while_an_answer_is_worth_its_price(town: Town, worth: int, done: int) -> None:
    await open_job(town, Overlap("value", 1, 5, worth=worth))
    task = await answer(town, GOOD, "0")
    assert (await task_of(town, task))[0] == done, "a label worth as little as an answer is not checked again"


async def test_a_budget_gives_every_task_a_first_answer(town: Town) -> None:
    await open_job(town, Overlap("budget", 1, 5), tasks=6)
    seen = [await answer(town, number, "0") for _ in range(3) for number in (GOOD, BAD)]
    assert sorted(seen) == sorted(set(seen)), "no task gets a second answer before all have one"


async def test_who_helps_most_gets_the_task(town: Town) -> None:
    job = await open_job(town, Overlap("dynamic", 1, 5, 0.99), tasks=4)
    await believe_in(town, job)
    told = await answer(town, GOOD, "0")
    doubtful = await answer(town, BAD, "0")
    person = await person_of(town, GOOD)
    found = [Candidate(told, 1, 0.9), Candidate(doubtful, 1, 0.6)]

    def pick(tx: object) -> int | None:
        desk = Desk(tx, town.house, town.now)  # type: ignore[arg-type]
        return judging.choose(desk, jobs.get_job(tx, job), person + 100, found, random.Random(0))  # type: ignore[arg-type]

    assert await town.read(pick) == doubtful, "where a guesser alone has spoken, an answer tells more"
