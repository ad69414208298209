"""Whatever workers, reviewers, experts, admins and time do in whatever order: books and counts are whole at every step.

A property over core.service.review, core.service.holding, core.service.experts, core.service.chain and
core.service.voids together.
"""

from __future__ import annotations

import asyncio

from builders import CHANNEL, REQUESTER
from hypothesis import given, settings
from hypothesis import strategies as st
from review_story import DAY, STEPS, WORKERS, Step, Story, busy_town, check, some

steps = st.lists(st.one_of(*STEPS), min_size=4, max_size=36)
typed_steps = st.lists(st.one_of(*STEPS, *([some("send", WORKERS)] * 4)), min_size=4, max_size=36)
LEFT = "SELECT coalesce(sum(balance), 0) FROM account WHERE code LIKE 'job:%'"


async def live_through(steps: list[Step], *, typed: bool) -> None:
    town = await busy_town(typed=typed)
    story = Story(town)
    for step in steps:
        await story.act(step)
        check(town, step)
    for number in (1, 2, 3)[: 3 if typed else 1]:
        await town.say(REQUESTER, "canceljob", str(number), CHANNEL)
    for _ in range(8):
        await town.tick(2 * DAY)
        check(town, Step("end"))
    open_still = await town.read(lambda tx: tx.value("SELECT count(*) FROM review WHERE settled = 0"))
    left = await town.read(lambda tx: tx.value(LEFT))
    assert (open_still, left) == (0, 0), "time settles every review and appeal, and the rest is refunded"


@settings(max_examples=50, deadline=None)
@given(steps)
def test_books_and_counts_are_whole_after_every_step_and_all_is_settled_in_the_end(steps: list[Step]) -> None:
    asyncio.run(live_through(steps, typed=False))


@settings(max_examples=40, deadline=None)
@given(typed_steps)
def test_so_they_are_where_answers_are_typed_and_checked(steps: list[Step]) -> None:
    asyncio.run(live_through(steps, typed=True))
