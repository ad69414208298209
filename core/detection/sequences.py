"""Constant and patterned answers: a worker who goes on in a fixed cycle where the others' answers do not.

A cycle of length 1 is a constant answer (or a constant position: options keep their order). Each answer is compared
with the one `cycle` places before. Where the others agree with the prediction it proves nothing, and where the tasks
themselves come in such a cycle little, so items that are sorted, or that alternate in the file, accuse nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.detection.betting import fortune, p_value
from core.detection.polls import Polls
from core.detection.values import Found, Tap

CYCLES = (1, 2, 3, 4, 5, 6)
LEAST = 12
"""Fewer answers prove nothing."""
ALIKE = 0.9
"""Cycles whose numbers of repeats differ by less than this are told apart by their length alone."""
NEWEST = 400
"""Of a worker's answers only so many are looked at."""


def odd_sequences(polls: Polls, level: float) -> list[Found]:
    """Every worker whose answers repeat themselves beyond what the tasks explain."""
    rhythms = {cycle: polls.rhythm(cycle) for cycle in CYCLES}
    workers = [(person, taps[-NEWEST:]) for person, taps in polls.by_person.items() if len(taps) >= LEAST]
    found = (look_at(polls, person, taps, rhythms) for person, taps in workers)
    return [finding for finding in found if finding.p <= level]


def look_at(polls: Polls, person: int, taps: Sequence[Tap], rhythms: Mapping[int, float]) -> Found:
    """The strongest cycle in one worker's answers, oldest first; `rhythms` are the cycles of the tasks themselves."""
    others = [polls.others(tap.task, person) for tap in taps]
    labels = [tap.label for tap in taps]

    def bets(cycle: int) -> Iterator[tuple[bool, float]]:
        for at in range(cycle, len(labels)):
            predicted = labels[at - cycle]
            chance = polls.chance(person, predicted, others[at])
            yield labels[at] == predicted, chance + (1 - chance) * rhythms[cycle]

    fortunes = {cycle: fortune(bets(cycle)) for cycle in CYCLES}
    p = p_value(fortunes.values())
    repeats = {cycle: sum(a == b for a, b in zip(labels[cycle:], labels, strict=False)) for cycle in CYCLES}
    strongest = max(CYCLES, key=lambda cycle: fortunes[cycle])
    # a multiple of the true cycle repeats as well: the shortest one that does as well is meant
    cycle = next(cycle for cycle in CYCLES if repeats[cycle] >= ALIKE * repeats[strongest])
    kind = "constant" if cycle == 1 else "pattern"
    evidence: dict[str, float | int | str] = {
        "n": len(labels),
        "cycle": cycle,
        "run": longest_cycle(labels, cycle),
        "repeats": repeats[cycle],
        "share": repeats[cycle] / max(1, len(labels) - cycle),
    }
    return Found(kind, (person,), p, evidence)


def longest_cycle(labels: Sequence[int], cycle: int) -> int:
    """The longest stretch in which every answer equals the one `cycle` places before, counted in answers."""
    longest = run = 0
    for at in range(cycle, len(labels)):
        run = run + 1 if labels[at] == labels[at - cycle] else 0
        longest = max(longest, run)
    return longest + cycle if longest else min(1, len(labels))
