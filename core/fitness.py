"""Who may work on a job now, and how much in a day: pure functions of counts and of the clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.model import Limits

DAY_MINUTES = 1440
ENOUGH = 5
"""Best workers first needs at least so many above the bar, else a job would only wait."""


@dataclass(frozen=True, slots=True)
class WorkRules:
    """What the house sets for everybody's sake: tasks a day, minutes before a pause is advised, days to a retest.

    0 switches each of them off.
    """

    day_tasks: int = 600
    pause_minutes: int = 90
    retest_days: int = 60


def share_cap(limits: Limits, tasks: int) -> int | None:
    """How many answers one worker may give in a job of so many tasks; None for as many as they like."""
    caps = [limits.max_answers] if limits.max_answers is not None else []
    if limits.max_share is not None:
        caps.append(max(1, math.ceil(limits.max_share * tasks)))
    return min(caps) if caps else None


def opens_at(limits: Limits, now: int) -> str | None:
    """When the job's hours begin next, as people read it; None when they are on (or the job has none)."""
    if limits.hours is None:
        return None
    start, end = limits.hours
    local = datetime.fromtimestamp(now / 1000, ZoneInfo(limits.timezone))
    minute = local.hour * 60 + local.minute
    inside = start <= minute < end if start < end else minute >= start or minute < end
    if inside:
        return None
    day = local if minute < start else local + timedelta(days=1)
    return f"{day:%Y-%m-%d} {start // 60:02d}:{start % 60:02d} {limits.timezone}"


def day_began(now: int) -> int:
    """When this day began in UTC (ms)."""
    return now - now % 86_400_000


def tasks_left(rules: WorkRules, done: int) -> int | None:
    """How many tasks a worker may still do today; None for any number."""
    return max(0, rules.day_tasks - done) if rules.day_tasks else None


def bar(accuracies: Sequence[float], quality: float) -> tuple[float, int]:
    """(accuracy that the best workers reach, how many do); bar 0 when too few do. `quality` 0.5 is the better half."""
    ranked = sorted(accuracies)
    if not ranked or quality <= 0:
        return 0.0, len(ranked)
    least = ranked[min(len(ranked) - 1, int(quality * len(ranked)))]
    above = sum(accuracy >= least for accuracy in ranked)
    return (least, above) if above >= ENOUGH else (0.0, above)
