"""Rejection and appeal: what the maker is told, who judges it, and that money and votes follow either way.

Proves core.service.appeals and core.store.prompts.
"""

from __future__ import annotations

import pytest
from builders import ADMIN, REQUESTER, Town, make_items, make_spec, worker
from reviews import DAY, REVIEWERS, answer, judge, one_rejected, pay_of, reviewed_job, settle, state
from states import everything, held, texts_at

from core.model import Overlap, Review


async def test_a_rejection_shows_item_answer_reason_and_what_others_said(town: Town) -> None:
    await reviewed_job(town, 1, overlap=Overlap("fixed", 3, 3))
    for number, choice in ((1, "0"), (2, "1"), (3, "1")):
        await answer(town, number, choice)
    await settle(town)
    await judge(town, REVIEWERS[0], "Reject", "Careless: the item was not read")
    await settle(town)
    card = town.last(worker(1))
    assert card.quote == "item 0", "the item is shown"
    for part in ("Your answer: Apples", "Careless", "Bread 2", "take the time", "Press Appeal before"):
        assert part in card.text, f"the worker is told: {part}"
    assert "1002" not in repr(card), "nobody is named"
    assert (await state(town))[0] == ("rejected", 0, 2), "the vote is set aside, the pay is held"


async def test_a_rejected_answer_reopens_its_task(town: Town) -> None:
    await reviewed_job(town, 1, overlap=Overlap("fixed", 1, 1))
    await answer(town, 1)
    assert await town.read(lambda tx: tx.one("SELECT done, want FROM task")) == (1, 0), "it was done"
    await settle(town)
    await judge(town, REVIEWERS[0], "Reject", "The answer is wrong")
    await settle(town)
    assert await town.read(lambda tx: tx.one("SELECT done, want, answers FROM task")) == (0, 1, 0), "and wants another"
    await answer(town, 2)
    assert await town.read(lambda tx: tx.one("SELECT done FROM task")) == (1,), "which anybody else may give"


async def test_a_typed_reason_reaches_the_worker(town: Town) -> None:
    await reviewed_job(town)
    await answer(town, 1)
    await settle(town)
    await town.say(REVIEWERS[0], "review")
    await town.press(REVIEWERS[0], "Reject")
    await town.press(REVIEWERS[0], "Another reason (type it)")
    await town.type(REVIEWERS[0], "It names a fruit, not bread")
    await settle(town)
    assert "It names a fruit" in town.last(worker(1)).text, "in the reviewer's words"


async def test_a_rejection_that_nobody_appeals_gives_the_money_back_after_the_window(town: Town) -> None:
    await one_rejected(town)
    await town.tick(3 * DAY - 70)
    assert await state(town) == [("rejected", 0, 2)], "until then it is held"
    await town.tick(140)
    assert await state(town) == [("rejected", 2, 2)], "then it is over"
    assert await held(town, "job:1:escrow:USD") == 10_000_000, "and the job has its money again"
    reply = await town.press(worker(1), "Appeal")
    assert reply.alert and "no longer be appealed" in reply.toast, "too late is said"


@pytest.mark.parametrize(
    ("votes", "ends", "pay"), [("AA", "overturned", 20_000), ("RR", "upheld", 0), ("RAA", "overturned", 20_000)]
)
async def test_an_appeal_is_decided_by_the_majority_of_others(town: Town, votes: str, ends: str, pay: int) -> None:
    await one_rejected(town)
    await town.press(worker(1), "Appeal")
    await town.type(worker(1), "Item 0 is an apple")
    for reviewer, vote in zip(REVIEWERS[1:], votes, strict=False):
        await town.say(reviewer, "review")
        assert "Item 0 is an apple" in town.last(reviewer).text, "the worker's argument is shown"
        assert "wrong" not in town.last(reviewer).text, "the first verdict's reason is not"
        await judge(town, reviewer, *(["Accept"] if vote == "A" else ["Reject", "The answer is wrong"]))
        await settle(town)
    assert (await state(town))[0][0] == ends, "the majority decides"
    assert await pay_of(town, 1) == pay, "and the money follows"
    assert await held(town, "job:1:reserved:USD") == 0, "nothing is left held"
    heard = " ".join(texts_at(town, worker(1)))
    assert ("counts again" if pay else "stands") in heard, "the worker is told"


async def test_who_rejected_does_not_judge_the_appeal(town: Town) -> None:
    await one_rejected(town)
    await town.press(worker(1), "Appeal")
    await town.say(REVIEWERS[0], "review")
    assert "Nothing waits" in town.last(REVIEWERS[0]).text, "others judge it"


async def test_an_admin_judges_where_there_is_nobody_else(town: Town) -> None:
    await town.publish(make_items(2), make_spec(review=Review()))
    await answer(town, 1)
    await settle(town)
    await judge(town, REQUESTER, "Reject", "The answer is wrong")
    await settle(town)
    await town.press(worker(1), "Appeal")
    await judge(town, ADMIN, "Accept")
    await settle(town)
    assert (await state(town), await pay_of(town, 1)) == ([("overturned", 1, 0)], 20_000), "the admin's word decides"


async def test_an_appeal_that_nobody_judges_is_the_workers(town: Town) -> None:
    await one_rejected(town)
    await town.press(worker(1), "Appeal")
    await town.tick(3 * DAY + 1)
    assert (await state(town), await pay_of(town, 1)) == ([("overturned", 1, 0)], 20_000), "time pays"


async def test_an_answer_is_appealed_once(town: Town) -> None:
    await one_rejected(town)
    card = town.last(worker(1))
    await town.press(worker(1), "Appeal", card=card)
    before = await town.read(everything)
    reply = await town.press(worker(1), "Appeal", card=card)
    assert reply.alert, "the second press is refused"
    assert await town.read(everything) == before, "and changes nothing"


async def test_an_overturned_answer_counts_again_though_its_place_is_taken(town: Town) -> None:
    await one_rejected(town, items=1, overlap=Overlap("fixed", 1, 1))
    await answer(town, 2, "1")
    await town.press(worker(1), "Appeal")
    await town.tick(3 * DAY + 1)
    rows = await town.read(lambda tx: tx.one("SELECT done, answers FROM task"))
    assert rows == (1, 2), "both votes count; nobody is asked a third time"
