"""What is reviewed, when a panel has decided, and every move an answer under review can make."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.review import PAID, STEPS, AcceptanceState, after, outcome, panel_need, panel_of, picked, reviewers_needed


@pytest.mark.parametrize(
    ("votes", "need", "decided"),
    [
        ([], 1, None),
        ([True], 1, True),
        ([False], 1, False),
        ([True], 2, None),
        ([True, False], 2, None),
        ([True, False, False], 2, False),
        ([False, True, True], 2, True),
    ],
)
def test_whoever_has_the_votes_first_decides(votes: list[bool], need: int, decided: bool | None) -> None:
    assert outcome(votes, need) is decided, f"{votes} with {need} needed must give {decided}"


def test_a_split_panel_leaves_the_doubt_to_the_worker() -> None:
    assert outcome([True, False], panel_need(2), 2) is True, "two who disagree uphold nothing"
    assert outcome([False, False], panel_need(2), 2) is False, "two who agree do"


@given(st.lists(st.booleans(), max_size=3), st.integers(1, 3))
def test_a_decision_never_changes_with_the_order_of_its_votes(votes: list[bool], panel: int) -> None:
    first = outcome(votes, panel_need(panel), panel)
    assert first == outcome(votes[::-1], panel_need(panel), panel) or panel == 1, (
        "whoever votes first has no more weight"
    )


def test_a_panel_is_at_most_three_and_at_least_an_admin() -> None:
    assert [panel_of(n) for n in (0, 1, 2, 3, 9)] == [1, 1, 2, 3, 3], "an admin stands in where nobody else is"


def test_a_second_review_needs_two_who_agree() -> None:
    assert (reviewers_needed(False), reviewers_needed(True)) == (1, 2), (
        "one word is enough unless a second is asked for"
    )


def test_every_way_ends_in_pay_or_in_a_rejection_that_had_its_appeal() -> None:
    ends = set(AcceptanceState) - {state for state, _ in STEPS}
    assert ends == {*PAID, AcceptanceState.UPHELD}, "a rejection can always be appealed once, and only once"
    assert after("rejected", "accept") is None, "a rejection is not changed without an appeal"


def test_time_alone_always_pays_who_waits() -> None:
    lapses = {state: to for (state, event), to in STEPS.items() if event == "lapse"}
    assert lapses == {"pending": "accepted", "appealed": "overturned"}, "nobody loses pay because nobody looked"


def test_the_share_is_drawn_fairly() -> None:
    dice = random.Random(7)
    drawn = sum(picked(0.1, dice) for _ in range(5000))
    assert 400 < drawn < 600, f"about one in ten is reviewed, not {drawn} of 5000"
    assert picked(1.0, dice) and not picked(0.0, dice), "all and none are exact"
