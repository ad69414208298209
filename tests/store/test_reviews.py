"""Verify tells what is wrong with reviews and rulings; the statements of core.store.reviews and core.store.rulings."""

from __future__ import annotations

import pytest
from builders import Town, make_items, make_spec, worker
from reviews import REVIEWERS, answer, judge, reviewed_job, settle
from states import MemoryStore, memory_town

from core.model import Experts, Overlap, Review
from core.store import prompts, rulings

TAMPERINGS = {
    "answer not in force": ("UPDATE review SET answer = answer + 100 WHERE id = 1", "which is not in force"),
    "money and state": (
        "UPDATE review SET settled = 1 WHERE state = 'rejected'",
        "is rejected and its money is in state 1",
    ),
    "vote and state": ("UPDATE assignment SET void = 0 WHERE void = 2", "is rejected, but the answer's mark is 0"),
    "nothing went back": (
        "UPDATE review SET state = 'upheld', settled = 2 WHERE state = 'rejected'",
        "rejected for good, but nothing went back",
    ),
    "held money": (
        "UPDATE review SET state = 'accepted', settled = 1 WHERE state = 'pending'",
        "no accept entry in force",
    ),
    "ruling and label": ("UPDATE task SET label = 0 WHERE id = (SELECT task FROM ruling)", "was decided as 1, but"),
    "ruling of nobody": (
        "UPDATE ruling SET source = 'expert', ref = 77",
        "ruling of assignment 77 is not its expert's",
    ),
}


async def judged_town() -> Town:
    """One answer rejected and put right, one that waits."""
    town = memory_town()
    await reviewed_job(town, 2, experts=Experts(people=(worker(9),)), overlap=Overlap("fixed", 1, 1))
    for _ in range(2):
        await answer(town, 1)
    await settle(town)
    await judge(town, REVIEWERS[0], "Fix", "Bread")
    await settle(town)
    return town


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_verify_finds_what_was_tampered_with(name: str) -> None:
    town = await judged_town()
    store = town.database
    assert isinstance(store, MemoryStore)
    assert store.faults() == [], "sound at first"
    sql, sentence = TAMPERINGS[name]
    store.connection.execute(sql)
    found = store.faults()
    assert any(sentence in fault for fault in found), f"verify must say {sentence!r}, it says {found}"


async def test_a_banned_experts_word_stands_no_more(town: Town) -> None:
    await town.publish(make_items(1), make_spec(experts=Experts(people=(worker(3),)), review=Review(share=0)))
    for number, choice in ((1, "0"), (2, "1")):
        await answer(town, number, choice)
    town.now += 61_000
    lease = await answer(town, 3, "1")
    task = await town.read(lambda tx: tx.value("SELECT task FROM assignment WHERE id = ?", (lease,)))
    assert await town.read(rulings.ruling_on, task) == (1, 0.98), "the expert decided"
    mark = "UPDATE assignment SET void = ? WHERE id = ?"
    await town.read(lambda tx: tx.run(mark, (1, lease)).rowcount)
    assert await town.read(rulings.ruling_on, task) is None, "their answers count no more"
    assert await town.read(rulings.rulings_of, 1) == [], "in a batch run neither"
    await town.read(lambda tx: tx.run(mark, (0, lease)).rowcount)


async def test_a_question_is_answered_once_and_not_for_ever(town: Town) -> None:
    await town.join(worker(1))
    await town.read(prompts.ask, 1, "review", 5, town.now + 10)
    assert await town.read(prompts.take, 1, town.now) == ("review", 5), "the next text belongs to it"
    assert await town.read(prompts.take, 1, town.now) is None, "the one after does not"
    await town.read(prompts.ask, 1, "review", 5, town.now + 10)
    assert await town.read(prompts.take, 1, town.now + 10) is None, "nor does one that comes too late"
