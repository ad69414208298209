"""What is known of a worker, and when it is bad enough to tell an admin: pure functions of counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

PRIOR_OK, PRIOR_N = 3.0, 4.0
"""A stranger is believed to be right three times in four (Beta(3, 1))."""
AGREEMENT_WEIGHT = 0.5
"""Agreeing with a label that one's own answer helped to make proves half as much as a control."""
ACCURACY_RANGE = (0.05, 0.99)
"""No worker is ever believed to be certain, nor certainly wrong."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A worker's counts in one job; `prior_*` are carried over from earlier jobs, in hundredths."""

    person: int
    job: int
    prior_ok: int = 0
    prior_n: int = 0
    answers: int = 0
    cant: int = 0
    controls: int = 0
    control_ok: int = 0
    compared: int = 0
    agreed: int = 0
    skips: int = 0
    skips_in_row: int = 0
    fast: int = 0
    duration_ms: int = 0


def accuracy(standing: Standing) -> float:
    """Mean of the Beta posterior of a worker's accuracy from controls and, at half weight, agreement."""
    ok = PRIOR_OK + standing.prior_ok / 100 + standing.control_ok + AGREEMENT_WEIGHT * standing.agreed
    n = PRIOR_N + standing.prior_n / 100 + standing.controls + AGREEMENT_WEIGHT * standing.compared
    return min(ACCURACY_RANGE[1], max(ACCURACY_RANGE[0], ok / n))


def carried(standings: list[Standing]) -> tuple[int, int]:
    """What earlier jobs say of a worker in a new one, as (ok, n) in hundredths: controls at a quarter, at most 10."""
    ok = sum(s.control_ok for s in standings)
    n = sum(s.controls for s in standings)
    if n == 0:
        return 0, 0
    worth = min(10.0, n / 4)
    return round(100 * worth * ok / n), round(100 * worth)


def wilson(ok: int, n: int, z: float = 1.64) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927); z = 1.64 gives 90 per cent."""
    if n == 0:
        return 0.0, 1.0
    p = ok / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds of the built-in quality rules; every one is a setting."""

    control_min: int = 5
    control_accuracy: float = 0.65
    fast_min: int = 10
    fast_share: float = 0.5
    fast_factor: float = 0.2
    skip_min: int = 10
    skip_share: float = 0.5
    skips_in_row: int = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a worker that an admin should see: the rule that fired and its evidence in numbers."""

    kind: str
    evidence: dict[str, float]


def findings(standing: Standing, rules: Rules) -> list[Finding]:
    """Which rules this worker's counts break now."""
    found = []
    low, high = wilson(standing.control_ok, standing.controls)
    if standing.controls >= rules.control_min and high < rules.control_accuracy:
        found.append(Finding("control", {"ok": standing.control_ok, "n": standing.controls, "low": low, "high": high}))
    if standing.answers >= rules.fast_min and standing.fast >= rules.fast_share * standing.answers:
        mean = standing.duration_ms / standing.answers / 1000
        found.append(Finding("fast", {"fast": standing.fast, "n": standing.answers, "seconds": mean}))
    seen = standing.answers + standing.skips
    if standing.skips_in_row >= rules.skips_in_row or (
        seen >= rules.skip_min and standing.skips >= rules.skip_share * seen
    ):
        found.append(Finding("skips", {"skips": standing.skips, "n": seen, "row": standing.skips_in_row}))
    return found


def is_fast(duration_ms: int, mean_ms: float, fast_seconds: float | None, rules: Rules) -> bool:
    """Whether an answer came too fast to be read: below the job's own limit, or far below the job's mean time."""
    if fast_seconds is not None:
        return duration_ms < fast_seconds * 1000
    return duration_ms < rules.fast_factor * mean_ms
