"""Makes stated confidence mean what it says, from control tasks: how often was the router right when it said so?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.beliefs.evidence import Floats, Ints

PRIOR_SPREAD = 0.5
"""Prior standard deviation of log(power): without evidence nothing is changed much."""
POWERS = np.exp(np.linspace(np.log(0.05), np.log(2.0), 60))
CEILINGS = np.linspace(0.5, 1.0, 26)
FLOOR = 1e-9


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
        """The same for one task."""
        calibrated: list[float] = self.apply(np.asarray(shares)).tolist()
        return calibrated


NO_CALIBRATION = Calibration()


def learn(shares: Floats, truth: Ints) -> Calibration:
    """The calibration under which the known classes of control tasks [task] are likeliest, shrunk to none at all.

    `shares` [task, class] must come from the answers alone, not from the known classes.
    """
    if not len(truth):
        return NO_CALIBRATION
    best, found = -np.inf, NO_CALIBRATION
    for power in POWERS.tolist():
        told = Calibration(power).apply(shares)[np.arange(len(truth)), truth]
        mixed = CEILINGS[:, None] * told + (1 - CEILINGS[:, None]) / shares.shape[1]
        score = np.log(mixed + FLOOR).sum(axis=1) + np.log(CEILINGS) - 0.5 * (np.log(power) / PRIOR_SPREAD) ** 2
        if score.max() > best:
            best, found = float(score.max()), Calibration(power, float(CEILINGS[score.argmax()]))
    return found
