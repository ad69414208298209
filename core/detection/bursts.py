"""Bursts of new accounts: more first answers within some minutes than the job's own rate around them explains.

A scan statistic: each window that begins with an arrival is compared with the hours around it; given how many came in
both together, the number in the window is binomial, so no rate has to be guessed. The first hours after a call
are left out: everybody comes then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.detection.chances import binomial_tail
from core.detection.values import Arrival, Found

WINDOW_MS = 15 * 60_000
AROUND_MS = 6 * 3_600_000
"""The hours before and after a window that tell the job's own rate: long enough to count, short against a day."""
OPENING_MS = 2 * 3_600_000
NEW_MS = 86_400_000
"""An account is new in its first day."""
LEAST = 6
"""Fewer new accounts are no burst."""


def bursts(arrivals: Sequence[Arrival], opened_at: int, level: float) -> list[Found]:
    """Every burst of new accounts, the strongest first; none overlaps another."""
    times = sorted((a.at, a.person) for a in arrivals if a.at - a.known_since < NEW_MS)
    scanned = [index for index, (at, _) in enumerate(times) if at - opened_at >= OPENING_MS]
    windows = sorted((_window(times, index, opened_at) for index in scanned), key=lambda one: one.p)
    found: list[Found] = []
    for one in windows:
        p = min(1.0, one.p * len(windows))
        if p <= level and not any(set(one.people) & set(other.people) for other in found):
            found.append(replace(one, p=p))
    return found


def _window(times: list[tuple[int, int]], index: int, opened_at: int) -> Found:
    start = times[index][0]
    end = start + WINDOW_MS
    inside = tuple(person for at, person in times[index:] if at < end)
    low, high = max(opened_at, start - AROUND_MS), min(end + AROUND_MS, max(times[-1][0], end))
    outside = sum(low <= at < start or end <= at <= high for at, _ in times)
    # the window begins with an arrival: that one is given, and one arrival more is granted to the hours around it
    hits, around = len(inside) - 1, outside + 1
    background = max(WINDOW_MS, (start - low) + (high - end))
    p = binomial_tail(hits, hits + around, WINDOW_MS / (WINDOW_MS + background)) if len(inside) >= LEAST else 1.0
    evidence: dict[str, float | int | str] = {
        "n": len(inside),
        "minutes": WINDOW_MS // 60_000,
        "at": start,
        "usual": outside * WINDOW_MS / background,
    }
    return Found("burst", inside, p, evidence)
