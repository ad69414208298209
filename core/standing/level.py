"""A worker's level in a job, from what is known of them: a kind word in /stats, and a filter for routing."""

from __future__ import annotations

from enum import StrEnum

from core.standing.posterior import Standing, counts, wilson

ENOUGH = 20.0
"""Outcomes, controls whole and agreements half, below which somebody is new."""
TRUSTED, EXPERT = 0.75, 0.88
"""What the lower end of the 90 per cent interval of the accuracy must reach."""
EXPERT_EVIDENCE = 60.0


class Level(StrEnum):
    """From the first tasks to a record that others are measured by."""

    NOVICE = "novice"
    REGULAR = "regular"
    TRUSTED = "trusted"
    EXPERT = "expert"


def level(standing: Standing) -> Level:
    """The level that the counts prove; nobody is called bad by it: what is wrong is said otherwise."""
    ok, n = counts(standing)
    if n < ENOUGH:
        return Level.NOVICE
    low, _ = wilson(ok, n)
    if low >= EXPERT and n >= EXPERT_EVIDENCE:
        return Level.EXPERT
    return Level.TRUSTED if low >= TRUSTED else Level.REGULAR
