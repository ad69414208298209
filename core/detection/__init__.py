"""Finds bad work that no control task shows: sequences, copying, bursts of new accounts, one person twice.

Pure functions of a job's answers. Each finding has a p-value and its figures; what to do about it is an admin's matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.detection.bursts import bursts
from core.detection.copying import copiers
from core.detection.polls import Polls
from core.detection.sequences import odd_sequences
from core.detection.twins import twins
from core.detection.values import Arrival, Found, Levels, Tap

__all__ = ["Arrival", "Found", "Levels", "Polls", "Tap", "detect"]


def detect(
    polls: Polls,
    arrivals: Sequence[Arrival],
    platform: Mapping[int, str],
    opened_at: int,
    levels: Levels,
) -> list[Found]:
    """Everything that a job's answers show beyond chance; `platform` names each person's."""
    return [
        *odd_sequences(polls, levels.worker),
        *copiers(polls, levels.pairs),
        *bursts(arrivals, opened_at, levels.job),
        *twins(polls, platform, levels.pairs),
    ]
