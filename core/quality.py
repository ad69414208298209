"""What is known of a worker, under one name: the parts live in core.standing, one noun a file."""

from __future__ import annotations

from core.standing.evidence import ChanceTest, Evidence, Outcome, weigh
from core.standing.level import Level, level
from core.standing.pace import Pace, pace_of
from core.standing.posterior import (
    ACCURACY_RANGE,
    AGREEMENT_WEIGHT,
    PRIOR_N,
    PRIOR_OK,
    Confusion,
    Standing,
    accuracy,
    carried,
    confusion,
    counts,
    wilson,
)

__all__ = [
    "ACCURACY_RANGE",
    "AGREEMENT_WEIGHT",
    "PRIOR_N",
    "PRIOR_OK",
    "ChanceTest",
    "Confusion",
    "Evidence",
    "Level",
    "Outcome",
    "Pace",
    "Standing",
    "accuracy",
    "carried",
    "confusion",
    "counts",
    "is_fast",
    "level",
    "pace_of",
    "weigh",
    "wilson",
]

FAST_Z = -3.0
"""An answer so many robust spreads quicker than the job's usual time …"""
FAST_PART = 0.4
"""… and in less than this part of it, is one that nobody has read for."""


def is_fast(
    duration_ms: int, mean_ms: float, fast_seconds: float | None, factor: float, pace: Pace | None = None
) -> bool:
    """Whether an answer came too fast to be read: below the job's own limit, or far below the job's usual times.

    `pace` is the distribution of the job's times; while it is not known yet, `factor` of the mean time is the limit.
    """
    if fast_seconds is not None:
        return duration_ms < fast_seconds * 1000
    if pace is None:
        return duration_ms < factor * mean_ms
    return pace.z(duration_ms) < FAST_Z and duration_ms < FAST_PART * pace.usual_ms
