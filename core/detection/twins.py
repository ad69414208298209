"""A hint that one person may work under two accounts, one on each platform: they take turns too well.

Two accounts that never work at the same time and, again and again, go on within minutes of each other. How often that
happens by chance is measured on the two themselves: one's stretches of work are moved by a quarter of an hour to some
hours, which keeps their habits of the day and breaks only the taking of turns. It is a hint, no proof: a family that
shares one phone looks the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from core.detection.chances import binomial_tail, discoveries
from core.detection.polls import Polls
from core.detection.values import Found

PAUSE_MS = 10 * 60_000
"""Answers closer than this belong to one stretch of work."""
HANDOVER_MS = 5 * 60_000
STRETCHES = 5
"""Fewer stretches of work prove nothing."""
SHIFTS = tuple(sign * minutes * 60_000 for minutes in range(15, 195, 12) for sign in (1, -1))
PAIRS = 20_000
"""Most pairs that one look compares, the busiest people first."""
Stretch = tuple[int, int]


def twins(polls: Polls, platform: Mapping[int, str], rate: float) -> list[Found]:
    """Every pair on two platforms that takes turns beyond chance."""
    work = {person: stretches([tap.at for tap in taps]) for person, taps in polls.by_person.items()}
    busy = sorted((p for p in work if len(work[p]) >= STRETCHES), key=lambda p: -len(work[p]))
    names = sorted({platform[person] for person in busy})
    if len(names) != 2:
        return []
    one_side, other_side = ([person for person in busy if platform[person] == name] for name in names)
    pairs = list(product(one_side, other_side))[:PAIRS]
    found = [one for pair in pairs if (one := _look_at(polls, work, pair)) is not None]
    return [found[index] for index in discoveries([one.p for one in found], len(pairs), rate)]


def stretches(times: Sequence[int]) -> list[Stretch]:
    """Stretches of work (first and last answer) in a sorted list of times."""
    found: list[Stretch] = []
    for at in times:
        if found and at - found[-1][1] <= PAUSE_MS:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def _look_at(polls: Polls, work: Mapping[int, list[Stretch]], pair: tuple[int, int]) -> Found | None:
    first, second = sorted(pair, key=lambda person: len(work[person]))
    mine, theirs = work[first], work[second]
    turns, clashes = taking_turns(mine, theirs, 0)
    if clashes or 2 * turns < len(mine):
        return None
    by_chance = sum(taking_turns(mine, theirs, shift)[0] for shift in SHIFTS)
    tries = len(SHIFTS) * len(mine)
    p = binomial_tail(turns, len(mine), (by_chance + 1) / (tries + 2))
    common = [tap for tap in polls.by_person[first] if second in polls.said[tap.task]]
    same = sum(polls.said[tap.task][second].label == tap.label for tap in common)
    evidence: dict[str, float | int | str] = {
        "turns": turns,
        "stretches": len(mine),
        "by_chance": by_chance / len(SHIFTS),
        "common": len(common),
        "same": same,
    }
    return Found("twins", (first, second), p, evidence)


def taking_turns(mine: Sequence[Stretch], theirs: Sequence[Stretch], shift: int) -> tuple[int, int]:
    """How many of my stretches, moved by `shift`, border on one of theirs within minutes, and how many overlap one."""
    turns = clashes = place = 0
    for begin, end in ((begin + shift, end + shift) for begin, end in mine):
        while place < len(theirs) and theirs[place][1] < begin:
            place += 1
        before = theirs[place - 1][1] if place else None
        after = theirs[place][0] if place < len(theirs) else None
        if after is not None and after <= end:
            clashes += 1
        elif (before is not None and begin - before <= HANDOVER_MS) or (
            after is not None and after - end <= HANDOVER_MS
        ):
            turns += 1
    return turns, clashes
