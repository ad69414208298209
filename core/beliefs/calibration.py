"""Makes stated confidence mean what it says, from control tasks: how often was the router right when it said so?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from core.beliefs.evidence import Floats, Ints

POWERS = np.exp(np.linspace(np.log(0.05), np.log(2.0), 60))
CEILINGS = np.linspace(0.5, 1.0, 26)
FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Usual:
    """What calibrations usually are, before any control task: pulls the more the fewer control tasks there are."""

    power: float  # median of the power
    spread: float  # standard deviation of log(power)
    trust: float  # the ceiling's share of the way from 0.5 to 1 has the distribution Beta(trust, 1)

    def log_density(self) -> Floats:
        """[power, ceiling], up to a constant."""
        bent = -0.5 * (np.log(POWERS / self.power) / self.spread) ** 2
        height = np.maximum(2 * CEILINGS - 1, 1e-3)
        density: Floats = bent[:, None] + (self.trust - 1) * np.log(height)
        return density


RIGHT_SO_FAR = Usual(power=1.0, spread=0.5, trust=20.0)
"""For verdicts: a belief is taken at its word until control tasks speak against it."""
OVERSURE = Usual(power=1.0, spread=0.5, trust=1.0)
"""For the confidence that is stated with labels: real crowds err together, so that models are too sure."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """p' is proportional to p^power, and then pulled to an even split: ceiling p' + (1 - ceiling) / K."""

    power: float = 1.0
    ceiling: float = 1.0

    def apply(self, shares: Floats) -> Floats:
        """Calibrated probabilities [..., class]."""
        logs = self.power * np.log(np.maximum(shares, FLOOR))
        weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
        even = (1 - self.ceiling) / shares.shape[-1]
        calibrated: Floats = self.ceiling * weights / weights.sum(axis=-1, keepdims=True) + even
        return calibrated

    def of(self, shares: Sequence[float]) -> list[float]:
        """The same for one task, as every tap needs it: in a third of the time that arrays take."""
        logs = [self.power * log(max(share, FLOOR)) for share in shares]
        top = max(logs)
        weights = [exp(one - top) for one in logs]
        scale, even = self.ceiling / sum(weights), (1 - self.ceiling) / len(weights)
        return [scale * weight + even for weight in weights]


NO_CALIBRATION = Calibration()


def learn(shares: Floats, truth: Ints, usual: Usual = RIGHT_SO_FAR, counts: Floats | None = None) -> Calibration:
    """The posterior mean of the calibration given the known classes of control tasks; without any, none at all.

    `shares` [task, class] must come from the answers alone, not from the known classes. The mean and not the likeliest
    calibration, which swings with every control task where there are few.
    """
    if not len(truth):
        return NO_CALIBRATION
    told = [Calibration(power).apply(shares)[np.arange(len(truth)), truth] for power in POWERS.tolist()]
    even = (1 - CEILINGS[:, None]) / shares.shape[1]
    each = np.ones(len(truth)) if counts is None else counts
    score = usual.log_density() + [np.log(CEILINGS[:, None] * one + even + FLOOR) @ each for one in told]
    weight = np.exp(score - score.max())
    weight /= weight.sum()
    power = np.exp((weight.sum(axis=1) * np.log(POWERS)).sum())
    return Calibration(float(power), float((weight.sum(axis=0) * CEILINGS).sum()))
