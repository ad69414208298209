"""When more answers bring nothing: the target lies above what they can reach, or they cannot turn the label any more.

Control tasks may show that the crowd errs together: then confidence has a ceiling that no number of answers lifts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from core.beliefs import Snapshot, posterior
from core.beliefs.calibration import Calibration
from core.model import Overlap

SURE = ("dynamic", "checkpoint")
"""Policies that stop at a confidence."""
NOBODY = 0
"""No person has this id: believed of as anybody new."""


@lru_cache(maxsize=1024)
def reach(calibration: Calibration, classes: int) -> float:
    """The confidence of a task about which the votes leave no doubt at all."""
    return max(calibration.of([1.0] + [0.0] * (classes - 1)))


def aim(overlap: Overlap, top: float) -> Overlap:
    """The overlap with a target within reach: at least half of the doubt that it allows lies below the ceiling `top`.

    A target within reach stays; one above the ceiling would buy the maximum for every task.
    """
    least = top - (1 - overlap.confidence) / 2
    if least >= overlap.confidence or overlap.policy not in SURE:
        return overlap
    return replace(overlap, confidence=least)


def reducible(calibration: Calibration) -> Calibration:
    """The same without its ceiling: what is left of the doubt when what answers cannot remove is left out."""
    return replace(calibration, ceiling=1.0)


def is_settled(
    belief: Snapshot,
    votes: Sequence[tuple[int, int]],
    prior: Sequence[float] | None,
    shares: Sequence[float],
    left: int,
) -> bool:
    """Whether the label stays, even if all `left` answers that the task may still get were for one other class.

    `votes` holds (person, label), `shares` what they say; the answers to come are those of a usual worker.
    """
    if left > len(votes):
        return False
    best, *others = sorted(range(len(shares)), key=shares.__getitem__, reverse=True)
    return all(_stays(posterior(belief, [*votes, *[(NOBODY, other)] * left], prior), best) for other in others)


def _stays(shares: Sequence[float], best: int) -> bool:
    return max(range(len(shares)), key=shares.__getitem__) == best
