"""What is believed of a crowd follows its answers, without a tap waiting for it.

Proves core.service.refitting with core.store.beliefs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import Town, make_items, make_spec, worker
from states import live, memory_town, token_for

from core.beliefs import loads
from core.messages import Reply
from core.model import Overlap
from core.ports import SystemClock
from core.service import refitting
from core.store import beliefs, tasks

DYNAMIC = Overlap("dynamic", 2, 4, 0.97)


@pytest.fixture
def town() -> Iterator[Town]:
    town = memory_town()
    yield town
    assert not town.database.faults(), "the books are right"  # type: ignore[attr-defined]


async def crowd(town: Town, people: int, *, each: int, wrong: int = 0) -> None:
    """Everybody answers; item n is "n modulo 2", which some have misunderstood."""
    for number in range(people):
        await town.join(worker(number))
        for _ in range(each):
            lease = await live(town, worker(number))
            if lease is None:
                break
            ref = (await town.read(tasks.get_task, lease.task)).ref
            label = (int(ref[1:]) + (number < wrong)) % 2
            await town.press_token(worker(number), await token_for(town, worker(number), lease.id, str(label)))


async def refit(town: Town) -> int:
    said: list[Reply] = []
    return await refitting.refit_due(town.database, SystemClock(), town.house, said.append)


async def count(town: Town, sql: str) -> int:
    found: int = await town.read(lambda tx: tx.value(sql))
    return found


async def test_a_crowd_is_fitted_when_it_has_grown(town: Town) -> None:
    job = await town.publish(make_items(40, gold=[0, 1] * 5), make_spec(overlap=DYNAMIC, control_share=0.2))
    await crowd(town, 2, each=5, wrong=1)
    assert await refit(town) == 0, "ten answers say too little"
    await crowd(town, 6, each=12, wrong=1)
    assert await refit(town) == 1, "now there is something to learn"
    assert await refit(town) == 0, "and nothing new after it"
    snapshot = loads(await town.read(beliefs.body_of, job))
    ids = {n: await count(town, f"SELECT id FROM person WHERE user = '{worker(n).user}'") for n in (0, 5)}
    assert snapshot.accuracy(ids[5]) > snapshot.accuracy(ids[0]) + 0.1, "who is right is told from who is not"


async def test_open_tasks_are_judged_anew(town: Town) -> None:
    await town.publish(make_items(40, gold=[0, 1] * 5), make_spec(overlap=DYNAMIC, control_share=0.2))
    await crowd(town, 6, each=12)
    before = await count(town, "SELECT count(*) FROM task WHERE done = 1")
    await refit(town)
    after = await count(town, "SELECT count(*) FROM task WHERE done = 1")
    assert after > before, "people who turned out good settle tasks that seemed doubtful"
    assert await count(town, "SELECT done FROM job") == after, "and the job knows"


async def test_tasks_for_named_people_are_judged_anew_too(town: Town) -> None:
    named = tuple(worker(number) for number in range(6))
    items = [replace(item, reserved_for=named) for item in make_items(40)]
    await town.publish((*items, *make_items(0, gold=[0, 1] * 5)), make_spec(overlap=DYNAMIC, control_share=0.2))
    await crowd(town, 6, each=12)
    before = await count(town, "SELECT count(*) FROM task WHERE done = 1")
    await refit(town)
    after = await count(town, "SELECT count(*) FROM task WHERE done = 1")
    assert after > before, "whoever may take a task, its verdict follows what is learnt"


async def test_a_job_of_fixed_overlap_needs_no_belief(town: Town) -> None:
    await town.publish(make_items(30), make_spec(overlap=Overlap("fixed", 3, 3)))
    await crowd(town, 3, each=20)
    assert await refit(town) == 0, "it buys the same answers either way"


async def test_set_aside_answers_teach_nothing(town: Town) -> None:
    job = await town.publish(make_items(40), make_spec(overlap=DYNAMIC))
    await crowd(town, 3, each=12)
    rows, last = await town.read(beliefs.answers_after, job, 0, 1000)
    await town.database.run(lambda tx: tx.run("UPDATE assignment SET void = 1 WHERE person = ?", (rows[0][1],)))
    fewer, _ = await town.read(beliefs.answers_after, job, 0, 1000)
    assert {row[1] for row in rows} - {row[1] for row in fewer} == {rows[0][1]}, "one person's answers are gone"
    assert await town.read(beliefs.answers_after, job, last, 1000) == ([], 0), "after the last record there is nothing"
    await town.database.run(lambda tx: tx.run("UPDATE assignment SET void = 0"))
    for task in {row[0] for row in rows}:
        assert (await town.read(beliefs.ballots, [task]))[task], "every task that was answered has ballots"
