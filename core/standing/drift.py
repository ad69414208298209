"""A control chart for change: the Shiryaev-Roberts procedure, with a stated average run length between false alarms.

Each outcome brings a bet, e = P(outcome | changed) / P(outcome | as before), whose mean is at most 1 while nothing has
changed. R = (1 + R) e sums the bets begun at every earlier moment, so a change is noticed whenever it came; as R minus
the number of outcomes is a supermartingale, an alarm at R >= c comes after c outcomes on average or later (Roberts
1966; for any bets of mean at most 1: Shin, Ramdas and Rinaldo 2022).
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def shiryaev_roberts(log_bets: Iterable[float]) -> Iterable[float]:
    """Log of 1 + R after each bet."""
    level = 0.0
    for bet in log_bets:
        level = math.log1p(math.exp(min(500.0, level + bet)))
        yield level


def alarm_at(run_length: float) -> float:
    """The level at which false alarms are at least so many outcomes apart on average."""
    return math.log1p(run_length)
