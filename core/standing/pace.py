"""Speed against the job's own times: robust z-scores of log times, and what a worker's pace says of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

MAD_TO_SD = 1.4826
"""A normal distribution's standard deviation is so many times its median absolute deviation."""
LEAST_SPREAD = 0.25
"""However alike the times, somebody a quarter quicker than the rest is not odd."""
ENOUGH = 30
"""Fewer answers make no distribution."""
OWN_WAY = 0.6
"""Spread of honest workers' own pace, as a share of the spread of all times: people differ from each other."""
HURRY, HURRY_SPREAD = -1.4, 0.9
"""Pace of people who tap without reading, in spreads of all times: at about half the usual time, and faster."""
MEDIAN_NOISE = 1.57
"""Variance of a median of n normal values, times n, in variances of one."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A job's times: median of the logarithms of the ms, and their robust spread (one standard deviation)."""

    middle: float
    spread: float

    @property
    def usual_ms(self) -> float:
        """The median time."""
        return math.exp(self.middle)

    def z(self, duration_ms: int) -> float:
        """How far from the usual time, in spreads; negative is fast."""
        return (math.log(max(1, duration_ms)) - self.middle) / self.spread


def pace_of(durations_ms: Sequence[int]) -> Pace | None:
    """The pace that these times show; None when they are too few."""
    if len(durations_ms) < ENOUGH:
        return None
    logs = [math.log(max(1, ms)) for ms in durations_ms]
    middle = statistics.median(logs)
    spread = MAD_TO_SD * statistics.median(abs(value - middle) for value in logs)
    return Pace(middle, max(LEAST_SPREAD, spread))


def hurry(zs: Sequence[float]) -> float:
    """Log of how much likelier these z-scores are of somebody who hurries than of an honest worker of any pace.

    It compares the worker's median with normal distributions of the two kinds of people, so its mean over honest
    people is at most 1 before the logarithm: it is a fair bet against them.
    """
    if not zs:
        return 0.0
    here = statistics.median(zs)
    if here >= 0:
        return 0.0
    noise = MEDIAN_NOISE / len(zs)
    honest, hasty = OWN_WAY**2 + noise, HURRY_SPREAD**2 + noise
    return 0.5 * (math.log(honest / hasty) + here**2 / honest - (here - HURRY) ** 2 / hasty)
