"""A town under review, for the tests of review and appeal: who judges, what is held, where the money is."""

from __future__ import annotations

from typing import Any

from builders import Town, make_items, make_spec, worker
from states import held, live, token_for

from core.model import Handle, Review
from core.store import people

REVIEWERS = [Handle("telegram", str(2000 + n)) for n in range(4)]
ALL = Review(reviewers=tuple(REVIEWERS))
DAY = 86_400


async def reviewed_job(town: Town, items: int = 3, policy: Review = ALL, **spec: Any) -> int:
    """An open job under review whose reviewers are known to the bot."""
    job = await town.publish(make_items(items), make_spec(review=policy, **spec))
    for reviewer in REVIEWERS:
        await town.say(reviewer, "help")
    return job


async def answer(town: Town, number: int, choice: str = "0") -> int:
    """A worker joins if need be and taps; the lease."""
    who = worker(number)
    if await town.read(people.select_person, who) is None:
        await town.join(who)
    lease = await live(town, who)
    assert lease is not None, "there is a task to answer"
    town.now += 2_500
    await town.press_token(who, await token_for(town, who, lease.id, choice))
    return lease.id


async def judge(town: Town, who: Handle, *buttons: str) -> None:
    """Take the next answer from the queue and press these buttons on its card."""
    await town.say(who, "review")
    for text in buttons:
        reply = await town.press(who, text)
        assert not reply.alert, f"{text} is possible: {reply.toast}"


async def settle(town: Town) -> None:
    """Let what was said take effect."""
    await town.tick(61)


async def pay_of(town: Town, number: int) -> int:
    person = await town.read(people.select_person, worker(number))
    return await held(town, f"worker:{person.id}:payable:USD")


async def state(town: Town) -> list[tuple[str, int, int]]:
    """(state, where the money is, whether the vote is set aside) of every answer under review."""
    rows: list[tuple[str, int, int]] = await town.read(
        lambda tx: tx.all(
            "SELECT v.state, v.settled, a.void FROM review v JOIN assignment a ON a.id = v.assignment ORDER BY v.id"
        )
    )
    return rows


async def one_rejected(town: Town, *buttons: str, **more: Any) -> int:
    """One answer, rejected for good or ill."""
    job = await reviewed_job(town, **more)
    await answer(town, 1)
    await town.say(worker(1), "pause")
    await settle(town)
    await judge(town, REVIEWERS[0], *(buttons or ("Reject", "The answer is wrong")))
    await settle(town)
    return job
