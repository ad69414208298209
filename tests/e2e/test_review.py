"""Review in the chats: the queue, a rejection and its reasons, the appeal that overturns it, an expert's last word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chats import JOB_FILE, items_file, until
from sides import Side, open_side

from bots.composition import DATABASE
from core.store import connect_readonly
from core.store.verify import verify

UNDO_SECONDS = 10.0
"""Half a second on the clock of these tests: what a reviewer says takes effect then."""


@pytest.fixture(params=["telegram-polling", "slack-http"])
async def side(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    async with open_side(request.param, tmp_path, undo_seconds=UNDO_SECONDS, undo_answers=0) as side:
        yield side


async def next_card(side: Side, who: Any, part: str, verb: str = "review") -> Any:
    """Ask with /review (or another verb) until a card with this text comes."""
    for _ in range(20):
        await side.command(who, verb)
        if await until(lambda: any(part in side.text(m) and side.rows(m) for m in side.shown(who)), 0.5):
            return await side.see(who, part)
    raise AssertionError(f"no card with {part!r} for {who}: {[side.text(m) for m in side.shown(who)]}")


async def press_on(side: Side, who: Any, card: Any, text: str) -> None:
    """Press a button of that very message once it has it."""
    assert await until(lambda: text in side.buttons(side.now(who, card))), f"the card must offer {text}"
    await side.tap_on(who, side.now(who, card), text)


async def becomes(side: Side, sql: str, value: object) -> None:
    assert await until(lambda: side.chats.value(sql) == value, 8.0), f"{sql} is {side.chats.value(sql)}, not {value}"


async def open_private(side: Side, *people: Any) -> None:
    for who in people:
        await side.type(who, "start")
        await side.see(who, "Agreement")


async def contested_job(side: Side, expert: Any) -> list[Any]:
    """A reviewed job whose one task two workers answered differently; the workers."""
    judged = f"review: all\nexperts: ['{side.name}:{expert}']\nexpert_price: 0.10 USD\n"
    await side.post_job(items_file(1), JOB_FILE + judged)
    workers = [await side.join(number) for number in (1, 2)]
    for user, choice in zip(workers, ("Apples", "Bread"), strict=True):
        await side.tap(user, choice)
    return workers


async def reject_first(side: Side) -> None:
    """The requester rejects the first answer: undone once, then for good."""
    card = await next_card(side, side.requester, "The answer to judge: Apples")
    assert side.buttons(card) == ["Accept", "Reject", "Fix", "Skip"], "these are the levers"
    for text in ("Accept", "Undo", "Reject", "The answer is wrong"):
        await press_on(side, side.requester, card, text)


async def test_rejected_appealed_overturned_and_decided_by_an_expert(side: Side) -> None:
    expert = side.meet(5)
    await open_private(side, side.requester, side.admin)
    worker, other = await contested_job(side, expert)
    paid = "SELECT coalesce(sum(balance), 0) FROM account WHERE code LIKE 'worker:%'"
    assert side.chats.value(paid) == 0, "nothing is paid before it is accepted"

    await reject_first(side)
    told = side.text(await side.see(worker, "An answer was rejected"))
    for part in ("item number 0", "Your answer: Apples", "The answer is wrong", "Bread 1", "How to avoid it"):
        assert part in told, f"the worker reads {part!r}"
    await side.tap(worker, "Appeal")
    await side.type(worker, "It is about apples")
    await side.see(worker, "your words go to those who judge")

    appeal = await next_card(side, side.admin, "They say: It is about apples")
    assert str(worker) not in side.text(appeal), "the appeal is judged blind"
    await side.tap_on(side.admin, appeal, "Accept")
    await side.see(worker, "counts again")
    await becomes(side, paid, 20_000)

    await side.type(expert, "start")
    await side.tap(expert, "Accept")
    assert await until(lambda: side.chats.value("SELECT count(*) FROM escalation") == 1), (
        "two who differ need an expert"
    )
    await next_card(side, expert, "item number 0", "next")
    await side.tap(expert, "Bread")
    await becomes(side, "SELECT label FROM task", 1)
    await becomes(side, paid, 120_000)
    await side.say_in(side.channel, side.requester, "status")
    await side.see_in(side.channel, "In review: 1 answers")
    accept = await next_card(side, side.requester, "The answer to judge: Bread")
    await side.tap_on(side.requester, accept, "Accept")
    await becomes(side, paid, 140_000)
    assert str(other) not in side.text(accept), "and reviewed blind"
    with connect_readonly(side.chats.folder / DATABASE) as connection:
        assert verify(connection) == [], "books and counts are whole"


TEXT_JOB = """\
title: French
question: Say it in French
type: text
price: 0.05 USD
budget: 5 USD
check: {question: Is this right, price: 0.01 USD, min: 1, max: 1}
"""


async def test_a_typed_answer_is_checked_by_another_worker(side: Side) -> None:
    await side.post_job(items_file(1), TEXT_JOB)
    maker = await side.join(1)
    await side.see(maker, "Type your answer in this chat")
    await side.type(maker, "bonjour")
    await side.see(maker, "Send this text?")
    await side.tap(maker, "Send")
    await side.see(maker, "✓ bonjour")
    assert await until(lambda: side.chats.value("SELECT count(*) FROM check_task") == 1), "it goes before others"
    checker = await side.join(2)
    await side.see(checker, "bonjour")
    await side.tap(checker, "Yes")
    await becomes(side, "SELECT state FROM review", "accepted")
    await becomes(side, "SELECT sum(balance) FROM account WHERE code LIKE 'worker:%'", 60_000)
