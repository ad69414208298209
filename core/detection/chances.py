"""Tail chances and error-rate control that several detectors share; exact where that is cheap."""

from __future__ import annotations

import math
from collections.abc import Sequence


def binomial_tail(k: int, n: int, p: float) -> float:
    """The chance of at least k successes in n tries of chance p each."""
    if k <= 0:
        return 1.0
    if p <= 0.0 or k > n:
        return 0.0
    if p >= 1.0:
        return 1.0
    log_p, log_q = math.log(p), math.log1p(-p)
    logs = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_p + (n - i) * log_q
        for i in range(k, n + 1)
    ]
    top = max(logs)
    return min(1.0, math.exp(top) * math.fsum(math.exp(value - top) for value in logs))


def discoveries(p_values: Sequence[float], tests: int, rate: float) -> list[int]:
    """Which hypotheses to reject so that the expected share of false ones is at most `rate` (Benjamini-Hochberg).

    `tests` counts all that were tested, also those whose p-value was not worth computing (they count as 1). With
    p-values that are one over an e-value this holds under any dependence (e-BH, Wang and Ramdas 2022).
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    kept = 0
    for rank, index in enumerate(order, start=1):
        if p_values[index] <= rate * rank / max(tests, len(p_values)):
            kept = rank
    return order[:kept]
