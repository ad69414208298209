"""Is a worker better than chance? A sequential test over control outcomes and the others' answers to the same tasks.

Two explanations of a worker's labels are compared. *Chance*: labels that have nothing to do with the tasks, spread
evenly or in the worker's own proportions (which finds constant answers too). *Honest*: an accuracy drawn from the
Beta distribution of honest people, seen through what is believed of each task without this worker's vote: certain for
a control, the other workers' posterior else, so that a split task says nothing. The ratio of the two is a bet against
honesty; by Ville's inequality the chance that it ever reaches 1/error for somebody drawn from the honest people is at
most `error`, however often one looks. It is Wald's sequential probability ratio test with a mixture on either side.
The same ratio, one outcome at a time, feeds the chart of core.standing.drift for those who turn bad later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.standing.drift import alarm_at, shiryaev_roberts
from core.standing.pace import hurry

GRID = tuple((n + 0.5) / 20 for n in range(10, 20))
"""Accuracies of honest people, every twentieth."""
FORGET = 0.02
"""Share of the belief about a worker that returns to the prior with each outcome: people learn and tire."""
SPEED_COUNTS = math.log(10)
"""Speed makes the other evidence at most ten times stronger, and proves nothing alone."""
LATEST = 15
"""The newest answers whose times count."""


class Outcome(NamedTuple):
    """One answer: what was said, the probability of each class without it, whether it was a control, its time's z.

    `job` parts the answers of different jobs.
    """

    label: int
    belief: tuple[float, ...]
    known: bool = False
    z: float | None = None
    job: int = 0


@dataclass(frozen=True, slots=True)
class ChanceTest:
    """The stated errors and whom they are about; every one is a setting.

    `error` bounds the chance that an honest worker is ever barred at the start of a job, `run_length` is the average
    number of honest answers between two false alarms later on. Honest people's accuracy on tasks whose answer is
    known is Beta(honest_right, honest_wrong); in a job whose workers do worse it is theirs (`crowd`).
    """

    error: float = 0.005
    run_length: float = 10_000
    honest_right: float = 18.0
    honest_wrong: float = 2.0
    least: int = 8
    window: int = 45

    @property
    def on(self) -> bool:
        """Whether anybody is tested."""
        return self.error > 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Logs of how much likelier chance is than honesty, from the first answer on and for a change; speed is in both."""

    chance: float
    drift: float
    outcomes: int
    known: int
    right: int
    z: float

    def verdict(self, test: ChanceTest) -> str | None:
        """ "chance" or "drift" when it is beyond the stated errors, else None."""
        if self.outcomes < test.least:
            return None
        if self.outcomes < test.window and self.chance >= -math.log(test.error):
            return "chance"
        return "drift" if self.drift >= alarm_at(test.run_length) else None


def weigh(outcomes: Sequence[Outcome], test: ChanceTest, crowd: float | None = None) -> Evidence:
    """What a worker's newest outcomes say, oldest first; `crowd` is the usual accuracy on the job's controls."""
    prior = _honest(test, crowd)
    chances = _by_chance(outcomes)
    honest = _by_honesty(outcomes, prior)
    bets = [-math.log(len(o.belief)) - h for o, h in zip(outcomes, honest, strict=True)]
    drift = list(shiryaev_roberts(bets))
    zs = [o.z for o in outcomes[-LATEST:] if o.z is not None]
    speed = min(SPEED_COUNTS, hurry(zs))
    known = [o for o in outcomes if o.known]
    return Evidence(
        chance=chances - math.fsum(honest) + speed,
        drift=(drift[-1] if drift else 0.0) + speed,
        outcomes=len(outcomes),
        known=len(known),
        right=sum(o.belief[o.label] > 0.5 for o in known),
        z=sorted(zs)[len(zs) // 2] if zs else 0.0,
    )


HARD = 0.8
"""In a job whose usual worker is right less often on its controls, honest people are not expected to do better."""


def _honest(test: ChanceTest, crowd: float | None) -> list[float]:
    """Weights of the grid's accuracies among honest people."""
    right, wrong = test.honest_right, test.honest_wrong
    if crowd is not None and crowd < HARD:
        right, wrong = (right + wrong) * crowd, (right + wrong) * (1 - crowd)
    weights = [a ** (right - 1) * (1 - a) ** (wrong - 1) for a in GRID]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _by_chance(outcomes: Sequence[Outcome]) -> float:
    """Log probability of the labels if they have nothing to do with the tasks."""
    even = own = 0.0
    seen: dict[int, list[int]] = {}
    for outcome in outcomes:
        classes = len(outcome.belief)
        counts = seen.setdefault(outcome.job, [0] * classes)
        even -= math.log(classes)
        own += math.log((counts[outcome.label] + 0.5) / (sum(counts) + classes / 2))  # Krichevsky and Trofimov
        counts[outcome.label] += 1
    top = max(even, own)
    return top + math.log((math.exp(even - top) + math.exp(own - top)) / 2)


def _by_honesty(outcomes: Sequence[Outcome], prior: Sequence[float]) -> list[float]:
    """Log probability of each label given those before it, if the worker is honest."""
    weights = list(prior)
    returned = [FORGET * weight for weight in prior]
    logs = []
    for outcome in outcomes:
        q = outcome.belief[outcome.label]
        missed = (1 - q) / (len(outcome.belief) - 1)
        gain = q - missed
        joint = [weight * (a * gain + missed) for weight, a in zip(weights, GRID, strict=False)]
        total = sum(joint)
        logs.append(_log(total))
        kept = (1 - FORGET) / total
        weights = [j * kept + back for j, back in zip(joint, returned, strict=False)]
    return logs


def _log(value: float) -> float:
    return math.log(max(value, 1e-12))
