"""The flood limits let through what Telegram documents and tell honestly how long to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.sandbox.telegram_flood import Flood

GROUP, PERSON = -100, 7


@pytest.mark.parametrize(("chat", "passes", "wait"), [(PERSON, 5, 1), (GROUP, 20, 60)])
@pytest.mark.parametrize("edit", [False, True])
def test_a_chat_takes_a_burst_and_then_waits(chat: int, passes: int, wait: int, edit: bool) -> None:
    flood = Flood()
    answers = [flood.refuse(chat, 0, 1, edit=edit) for _ in range(passes + 1)]
    assert answers == [0] * passes + [wait], "the burst must pass and the next message must wait"


def test_sends_to_many_people_share_thirty_a_second() -> None:
    flood = Flood()
    sends = [flood.refuse(person, 0, 1, edit=False) for person in range(1, 32)]
    edits = [flood.refuse(person, 0, 1, edit=True) for person in range(100, 200)]
    assert sends == [0] * 30 + [1], "the 31st send of a second must wait"
    assert not any(edits), "edits must not spend the overall allowance"


def test_a_refusal_costs_nothing() -> None:
    flood = Flood()
    for _ in range(10):
        flood.refuse(PERSON, 0, 1, edit=False)
    assert flood.refuse(PERSON, 1000, 1, edit=False) == 0, "one message a second must pass whatever was refused before"


@given(st.sampled_from([GROUP, PERSON]), st.lists(st.integers(0, 3000), max_size=80))
def test_waiting_as_told_is_always_enough(chat: int, gaps: list[int]) -> None:
    flood, now = Flood(), 0
    for gap in gaps:
        now += gap
        wait = flood.refuse(chat, now, 1, edit=False)
        if wait:
            now += 1000 * wait
            assert flood.refuse(chat, now, 1, edit=False) == 0, "a bot that waits retry_after seconds must get through"
