"""A job whose open tasks are all for named people ends when none of those is left; one for anybody waits on.

Proves core.store.takers with the end that it brings.
"""

from __future__ import annotations

from typing import Any

import pytest
from builders import CHANNEL, Town, make_spec, worker
from states import live, texts_at

from core.model import Handle, Item, Overlap
from core.store import takers
from core.store.tx import Row, Tx

ADA, BEN = worker(1), worker(2)
TWO = Overlap("fixed", 2, 2)


def for_people(*names: Handle, ref: str = "t0") -> Item:
    return Item(ref, {"text": f"item {ref}"}, reserved_for=names)


async def posted(town: Town, *items: Item) -> int:
    job = await town.publish(items, make_spec(overlap=TWO))
    await town.join(ADA)
    while await live(town, ADA) is not None:
        await town.press(ADA, "Apples")
    return job


def tx_all(tx: Tx, sql: str, values: tuple[int, ...]) -> list[Row]:
    return tx.all(sql, values)


async def state(town: Town) -> Any:
    return await town.read(lambda tx: tx.one("SELECT state, reason FROM job"))


async def test_a_job_ends_when_nobody_is_left(town: Town) -> None:
    await posted(town, for_people(ADA))
    await town.tick(59)
    assert await state(town) == ("open", None), "the last answer may still be undone"
    await town.tick(1)
    assert await state(town) == ("closing", "exhausted"), "Ada alone was named, and she has answered"
    assert sum("nobody is left" in text for text in texts_at(town, CHANNEL)) == 1, "the channel is told why"
    await town.tick(1)
    runs = await town.read(lambda tx: tx.all("SELECT final FROM batch_run"))
    assert runs == [(1,)], "the labels so far are aggregated"


BY_BEN = for_people(BEN, ref="t1")
FREE = Item("t1", {"text": "free"})


@pytest.mark.parametrize("items", [(for_people(ADA, BEN),), (for_people(ADA), FREE), (for_people(ADA), BY_BEN)])
async def test_a_job_waits_for_whoever_may_come(town: Town, items: tuple[Item, ...]) -> None:
    await posted(town, *items)
    await town.tick(600)
    assert await state(town) == ("open", None), "Ben has never come, and he or somebody else may"


async def test_who_is_barred_or_gone_is_not_waited_for(town: Town) -> None:
    job = await posted(town, for_people(ADA, BEN))
    await town.join(BEN)
    await town.say(BEN, "pause")
    assert await town.read(takers.any_left, job, 1, town.now), "a pause ends some day"
    ban = "INSERT INTO restriction(person, until, reason, actor, at) SELECT id, ?, 'x', 0, 0 FROM person WHERE user = ?"
    await town.database.run(lambda tx: tx.run(ban, (town.now + 1000, BEN.user)))
    assert not await town.read(takers.any_left, job, 1, town.now), "barred people cannot take it now"
    assert await town.read(takers.any_left, job, 1, town.now + 1000), "after their time they can"
    await town.database.run(lambda tx: tx.run("UPDATE person SET state = 'gone' WHERE user = ?", (BEN.user,)))
    assert not await town.read(takers.any_left, job, 1, town.now + 1000), "who left for good does not come back"


async def test_a_bar_from_elsewhere_does_not_count(town: Town) -> None:
    job = await posted(town, for_people(ADA, BEN))
    await town.join(BEN)
    await town.say(BEN, "pause")
    for column in ("job", "requester"):
        bar = f"INSERT INTO restriction(person, {column}, reason, actor, at) SELECT id, 99, 'x', 0, 0 FROM person"
        await town.read(tx_all, bar, ())
    assert await town.read(takers.any_left, job, 1, town.now), "another job's and another requester's bars say nothing"


async def test_a_job_with_very_many_open_tasks_is_not_at_its_end(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await posted(town, *(for_people(ADA, ref=f"t{n}") for n in range(3)))
    monkeypatch.setattr(takers, "LOOK_AT", 2)
    assert await town.read(takers.any_left, job, 1, town.now), "three are more than one look goes through"
    monkeypatch.setattr(takers, "LOOK_AT", 3)
    assert not await town.read(takers.any_left, job, 1, town.now), "three are not"


async def test_no_statement_goes_through_the_whole_job(town: Town) -> None:
    for number, sql in enumerate((takers.OPEN_TO_ALL, takers.MANY, takers.SOMEBODY), 1):
        plan = await town.read(tx_all, f"EXPLAIN QUERY PLAN {sql}", (1, 2, 3)[:number])
        steps = [row[3] for row in plan if row[3].startswith(("SCAN task", "SCAN reservation", "SCAN person"))]
        assert steps == [], f"a million tasks are not looked through: {plan}"
