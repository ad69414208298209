"""Whether a task has enough answers by what is believed of its workers, in service and in replays.

More bring nothing where the target lies above what they can reach, or where they cannot turn the label any more.
Control tasks may show that the crowd errs together: then confidence has a ceiling that no number of answers lifts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from core.beliefs import Snapshot, posterior
from core.beliefs.calibration import Calibration
from core.model import Overlap
from core.policies import judge_shares, value_of_next
from core.routing import Verdict

SURE = ("dynamic", "checkpoint")
"""Policies that stop at a confidence."""
NOBODY = -1
"""No person has this id: believed of as anybody new."""
Said = Sequence[tuple[int, int]]
"""(person, label) of each answer in force."""


def decide(
    belief: Snapshot,
    overlap: Overlap,
    said: Said,
    shares: Sequence[float],
    prior: Sequence[float] | None,
    *,
    active: int = 0,
    checked: bool = True,
    price: float = 1.0,
) -> Verdict:
    """The verdict on a task of which the votes say `shares`; `active` leases are answers on their way.

    `checked` says whether the confidence rule applies, `price` is that of an answer, in the money of `overlap.worth`.
    """
    told = belief.calibration
    gain = 0.0
    if overlap.policy == "value":
        gain = value_of_next(reducible(told).of(shares), belief.crowd_accuracy, overlap.worth * told.ceiling, price)
    wanted = aim(overlap, reach(told, len(shares)))
    verdict = judge_shares(wanted, told.of(shares), len(said), active, gain=gain, checked=checked)
    if verdict.done or len(said) < overlap.min or overlap.policy not in SURE:
        return verdict
    settled = is_settled(belief, said, prior, shares, overlap.max - len(said))
    return verdict._replace(done=True, want=0) if settled else verdict


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
    belief: Snapshot, votes: Said, prior: Sequence[float] | None, shares: Sequence[float], left: int
) -> bool:
    """Whether the label stays, even if all `left` answers that the task may still get were for one other class.

    `shares` is what the votes say; the answers to come are those of a usual worker.
    """
    if left > len(votes):
        return False
    best, *others = sorted(range(len(shares)), key=shares.__getitem__, reverse=True)
    return all(_stays(posterior(belief, [*votes, *[(NOBODY, other)] * left], prior), best) for other in others)


def _stays(shares: Sequence[float], best: int) -> bool:
    return max(range(len(shares)), key=shares.__getitem__) == best
