"""Review of answers as pure decisions: what is reviewed, what a vote makes of it, and when a panel has decided."""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import StrEnum

PANEL = 3
"""An appeal is decided by the majority of at most three who did not decide before."""
REASONS = ("wrong", "careless", "instructions", "other")
"""Why an answer is rejected; "other" is typed."""


class AcceptanceState(StrEnum):
    """Life of an answer under review."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    APPEALED = "appealed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Settled:
    """Where the money of an answer under review is: still reserved, with the worker, or back in escrow."""

    HELD = 0
    PAID = 1
    FORFEITED = 2


PAID = (AcceptanceState.ACCEPTED, AcceptanceState.OVERTURNED)
"""The states in which the answer counts and is paid for good."""
STEPS = {
    (AcceptanceState.PENDING, "accept"): AcceptanceState.ACCEPTED,
    (AcceptanceState.PENDING, "reject"): AcceptanceState.REJECTED,
    (AcceptanceState.PENDING, "lapse"): AcceptanceState.ACCEPTED,
    (AcceptanceState.REJECTED, "appeal"): AcceptanceState.APPEALED,
    (AcceptanceState.APPEALED, "accept"): AcceptanceState.OVERTURNED,
    (AcceptanceState.APPEALED, "reject"): AcceptanceState.UPHELD,
    (AcceptanceState.APPEALED, "lapse"): AcceptanceState.OVERTURNED,
}
"""Every move there is. "lapse" is time passing: nobody reviewed it or judged the appeal, and honest work is paid."""


def after(state: str, event: str) -> AcceptanceState | None:
    """The state that an event leads to; None when it cannot happen there."""
    return STEPS.get((AcceptanceState(state), event))


def picked(share: float, dice: random.Random) -> bool:
    """Whether this answer is among the share that is reviewed."""
    return dice.random() < share


def outcome(votes: Sequence[bool], need: int, most: int = PANEL) -> bool | None:
    """What reviewers decided (True: accept): whoever has `need` votes first; None while more are wanted.

    When `most` have voted without such a majority, the doubt is the worker's.
    """
    if votes.count(True) >= need:
        return True
    if votes.count(False) >= need:
        return False
    return True if len(votes) >= most else None


def reviewers_needed(second: bool) -> int:
    """Votes that decide a review: one, or two that agree (a third breaks the tie)."""
    return 2 if second else 1


def panel_of(others: int) -> int:
    """Size of an appeal's panel when so many are there who did not decide before; an admin stands in for nobody."""
    return max(1, min(PANEL, others))


def panel_need(panel: int) -> int:
    """Equal votes that decide an appeal before a panel of that size."""
    return min(2, panel)
