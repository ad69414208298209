"""What everybody said on each task, and how far the others' answers explain one more person saying the same."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from core.detection.values import Tap

GOLD_VOTES = 3
"""A known answer counts as if so many people had given it."""
FINE = 6
"""Beyond so many other answers only their share is told apart, in as many steps."""
Cell = tuple[int, int, int]


class Polls:
    """The answers of one job by task; only the newest answer of a person on a task counts."""

    def __init__(self, taps: Iterable[Tap]) -> None:
        self.taps = sorted({(tap.task, tap.person): tap for tap in taps}.values(), key=lambda tap: tap.at)
        self.said: dict[int, dict[int, Tap]] = defaultdict(dict)
        self.votes: dict[int, Counter[int]] = defaultdict(Counter)
        self.by_person: dict[int, list[Tap]] = defaultdict(list)
        for tap in self.taps:
            if tap.gold is not None and tap.task not in self.votes:
                self.votes[tap.task][tap.gold] += GOLD_VOTES
            self.said[tap.task][tap.person] = tap
            self.votes[tap.task][tap.label] += 1
            self.by_person[tap.person].append(tap)
        self.labels = sorted({tap.label for tap in self.taps})
        total = max(1, len(self.taps))
        shares = Counter(tap.label for tap in self.taps)
        self.share = {label: shares[label] / total for label in self.labels}
        self._usual = self._learn(self.taps)
        self._own: dict[int, dict[Cell, list[int]]] = {}
        self._leading = {task: votes.most_common(1)[0][0] for task, votes in self.votes.items()}
        self._against: dict[tuple[int, int], float] = {}

    def _learn(self, taps: Iterable[Tap]) -> dict[Cell, list[int]]:
        """How often a label was said when k of n others had said it, as [times, occasions]."""
        usual: dict[Cell, list[int]] = defaultdict(lambda: [0, 0])
        for tap in taps:
            votes = self.votes[tap.task]
            n = votes.total() - 1
            for label in self.labels:
                own = int(tap.label == label)
                cell = usual[_cell(label, votes[label] - own, n)]
                cell[0] += own
                cell[1] += 1
        return usual

    def others(self, task: int, *without: int) -> Counter[int]:
        """The votes on a task without these people's."""
        votes = self.votes[task].copy()
        for person in without:
            if (tap := self.said[task].get(person)) is not None:
                votes[tap.label] -= 1
        return votes

    def usual(self, person: int, label: int, k: int, n: int) -> float:
        """How often others than this person say `label` when k of n further people do; one of each added."""
        if person not in self._own:
            self._own[person] = self._learn(self.by_person[person])
        cell = _cell(label, k, n)
        times, occasions = self._usual.get(cell, (0, 0))
        own_times, own_occasions = self._own[person].get(cell, (0, 0))
        return (times - own_times + 1) / (occasions - own_occasions + 2)

    def rhythm(self, cycle: int) -> float:
        """How far the tasks themselves repeat with that cycle in the order in which people get them: 0 not, 1 always.

        Correlation of the leading answers, corrected (by the root) for being noisy at both ends.
        """
        same = pairs = 0
        for taps in self.by_person.values():
            leading = [self._leading[tap.task] for tap in taps]
            pairs += max(0, len(leading) - cycle)
            same += sum(a == b for a, b in zip(leading[cycle:], leading, strict=False))
        base = sum(share * share for share in self.share.values())
        if not pairs or base >= 1:
            return 0.0
        return min(1.0, math.sqrt(max(0.0, (same / pairs - base) / (1 - base))))

    def chance(self, person: int, label: int, others: Counter[int]) -> float:
        """A generous bound on the chance that this person, if honest, says `label`.

        As if one more person had said it already, and never less than what is usual in this job. On a task that
        nobody else answered the job's own share of the label counts, half way up to certainty.
        """
        k, n = others[label], others.total()
        bound = (k + 1) / (n + 1) if n else (1 + self.share.get(label, 0.0)) / 2
        return max(bound, self.usual(person, label, k, n))

    def against(self, person: int, label: int) -> float:
        """How often this person says `label` on tasks where the others lead to something else; one of each added."""
        key = (person, label)
        if key not in self._against:
            times = occasions = 0
            for tap in self.by_person[person]:
                others = self.others(tap.task, person)
                if others.total() and not leads(others, label):
                    occasions += 1
                    times += tap.label == label
            self._against[key] = (times + 1) / (occasions + 2)
        return self._against[key]


def leads(votes: Counter[int], label: int) -> bool:
    """Whether nothing has more votes than `label`."""
    return votes[label] >= max(votes.values(), default=0)


def _cell(label: int, k: int, n: int) -> Cell:
    return (label, k, n) if n <= FINE else (label, round(FINE * k / n), FINE + 1)
