"""A task's verdict follows from its votes in force, and agreement is counted for the verdict that stands.

Proves core.service.verdicts.
"""

from __future__ import annotations

from builders import Town, make_items, make_spec, worker
from states import live, token_for

from core.model import Handle, Overlap
from core.store.tx import Row

DYNAMIC = Overlap("dynamic", 2, 4, 0.9)


async def vote(town: Town, number: int, choice: str) -> int:
    """A new worker answers the job's one task; their lease."""
    who = worker(number)
    await town.join(who)
    lease = await live(town, who)
    assert lease is not None, "the task wants another answer"
    await town.press_token(who, await token_for(town, who, lease.id, choice))
    return lease.id


async def task(town: Town) -> Row:
    row: Row = await town.read(lambda tx: tx.one("SELECT label, done, want, answers FROM task"))
    return row


async def agreement(town: Town) -> list[Row]:
    rows: list[Row] = await town.read(lambda tx: tx.all("SELECT compared, agreed FROM standing ORDER BY person"))
    return rows


async def one_task(town: Town) -> None:
    await town.publish(make_items(1), make_spec(overlap=DYNAMIC))


async def test_two_who_agree_are_enough(town: Town) -> None:
    await one_task(town)
    await vote(town, 1, "0")
    assert await task(town) == (0, 0, 1, 1), "one vote is not enough"
    await vote(town, 2, "0")
    assert await task(town) == (0, 1, 0, 2), "two strangers who agree reach 0.9"
    assert await agreement(town) == [(1, 1), (1, 1)], "both agreed with the label"


async def test_who_disagree_bring_in_others_up_to_the_maximum(town: Town) -> None:
    await one_task(town)
    for number, choice in enumerate(("0", "1", "0")):
        await vote(town, number, choice)
    assert await task(town) == (0, 0, 1, 3), "two to one is not sure"
    await vote(town, 3, "0")
    assert await task(town) == (0, 1, 0, 4), "the fourth decides"
    assert await agreement(town) == [(1, 1), (1, 0), (1, 1), (1, 1)], "one was outvoted"


async def test_cant_tell_is_counted_and_neither_agrees_nor_differs(town: Town) -> None:
    await one_task(town)
    for number, choice in enumerate(("cant", "0", "0")):
        await vote(town, number, choice)
    assert await task(town) == (0, 1, 0, 3), "it is an answer, but decides nothing"
    assert await agreement(town) == [(0, 0), (1, 1), (1, 1)], "and is compared with nothing"


async def test_a_task_that_nobody_can_tell_ends_without_a_label(town: Town) -> None:
    await one_task(town)
    for number in range(4):
        await vote(town, number, "cant")
    assert await task(town) == (None, 1, 0, 4), "at the maximum it is done all the same"


async def test_an_undo_reopens_a_done_task_and_its_agreement(town: Town) -> None:
    await one_task(town)
    await vote(town, 1, "0")
    lease = await vote(town, 2, "0")
    await town.press_token(worker(2), await token_for(town, worker(2), lease, "undo"))
    assert await task(town) == (0, 0, 0, 1), "one vote again, and the second is on its way"
    assert await agreement(town) == [(0, 0), (0, 0)], "nobody has agreed with anything"


async def test_a_vote_keeps_the_weight_it_was_given_with(town: Town) -> None:
    await town.publish(make_items(1, gold=[0] * 9), make_spec(overlap=Overlap("dynamic", 2, 9, 0.99), control_share=0))
    await vote(town, 1, "0")
    await town.read(lambda tx: tx.run("UPDATE standing SET prior_n = 5000").rowcount)
    await vote(town, 2, "0")
    weights = await town.read(lambda tx: tx.all("SELECT weight FROM assignment WHERE label = 0 ORDER BY id"))
    assert weights == [(750_000,), (750_000,)], "what is learned of a worker later changes no verdict of before"


async def test_a_better_worker_weighs_more(town: Town) -> None:
    await one_task(town)
    await vote(town, 1, "0")
    who: Handle = worker(2)
    await town.join(who)
    await town.read(lambda tx: tx.run("UPDATE standing SET prior_ok = 4000, prior_n = 4000 WHERE person = 4").rowcount)
    lease = await live(town, who)
    assert lease is not None
    await town.press_token(who, await token_for(town, who, lease.id, "1"))
    assert (await task(town))[0] == 1, "one known to be right outweighs a stranger"
