"""A snapshot shows a job's tasks and the answers in force, nothing else."""

from __future__ import annotations

from builders import Town, make_items, worker
from states import live, token_for

from core.store.snapshots import snapshot


async def test_answers_in_force_and_all_tasks_are_in_it(town: Town) -> None:
    job = await town.publish(make_items(3, gold=[1]))
    await town.join(worker(1))
    for choice in ("Apples", "Can't tell", "Skip"):
        await town.press(worker(1), choice)
    seen = await town.read(snapshot, job)
    assert [row[1] for row in seen.tasks] == ["t0", "t1", "t2", "g0"], "every task in upload order"
    assert [row[2] for row in seen.answers] == [0, -1], "an answer and a can't tell; a skip is none"


async def test_an_undone_answer_is_not_in_it(town: Town) -> None:
    job = await town.publish(make_items(3))
    await town.join(worker(1))
    lease = await live(town, worker(1))
    assert lease is not None
    await town.press(worker(1), "Apples")
    await town.press_token(worker(1), await token_for(town, worker(1), lease.id, "undo"))
    assert (await town.read(snapshot, job)).answers == [], "what was taken back is not exported"
