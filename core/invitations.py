"""Who may be called, how often and when: the house's rules for invitations, and the share of the load for each."""

from __future__ import annotations

from dataclasses import dataclass

from core.hours import Quiet

LOAD_CAP = 2.0
"""Nobody is invited who has done more than so many times the mean (router.md: the cap of the named arrivals)."""


@dataclass(frozen=True, slots=True)
class InviteRules:
    """How long a job must wait for answers, invitations of one person a day, and the share that goes to new workers.

    `quiet` are the hours in which nobody is called who did not set their own.
    """

    wait_ms: int = 20 * 60_000
    per_day: int = 3
    explore: float = 0.1
    quiet: Quiet | None = None


def room(load: int, answers: int, people: int, session: int) -> int:
    """How many tasks a worker with that load may be invited to; a job without answers has a session for everybody."""
    cap = max(1, int(LOAD_CAP * answers / max(1, people))) if answers else session
    return max(0, min(session, cap - load))
