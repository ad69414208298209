"""Tests by betting: a sceptic bets against the honest explanation, and being rich is evidence, whenever one looks.

A bet on an event of chance at most p pays 1 + stake * (1/p - 1) when it happens and 1 - stake when not: a fair game,
or a losing one, for whoever bets against an honest worker. So the chance that the sceptic's fortune ever reaches
1/level is at most `level` (Ville's inequality), and looking again and again costs nothing. Each possible beginning of
the misbehaviour gets a share of the starting capital, so that somebody who was good at first is found as well.
"""

from __future__ import annotations

from collections.abc import Iterable

STAKES = (0.3, 0.6, 0.95)
"""Shares of the fortune that are put at risk; the fortunes are averaged."""
HOPELESS = 0.9
"""No bet is made on what would happen anyway."""
ENOUGH = 1e60
"""A fortune at which more counting says nothing more."""


def fortune(events: Iterable[tuple[bool, float]]) -> float:
    """The greatest fortune along these events (whether it happened, the greatest chance of an honest explanation)."""
    running = [0.0] * len(STAKES)
    reserve, started, best = 1.0, 0, 1.0
    for happened, chance in events:
        if chance > HOPELESS:
            continue
        started += 1
        share = 1 / (started * (started + 1))
        reserve -= share
        for number, stake in enumerate(STAKES):
            factor = 1 + stake * (1 / chance - 1) if happened else 1 - stake
            running[number] = (running[number] + share) * factor
        best = max(best, reserve + sum(running) / len(STAKES))
        if best > ENOUGH:
            break
    return best


def p_value(fortunes: Iterable[float]) -> float:
    """The p-value of several fortunes on the same matter: one over their mean, at most 1."""
    values = list(fortunes)
    mean = sum(values) / len(values) if values else 1.0
    return min(1.0, 1 / mean) if mean > 0 else 1.0
