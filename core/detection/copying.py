"""Copying between two workers: they say the same odd things more often than their own ways and the tasks explain.

Agreement on what everybody says proves nothing. Only where one of the two departs from the third parties on a task is
there a bet that the other one does the same. The chance of that for honest people is bounded by the share of all others
who said it (the first of the two among them), by what is usual in this job, and by how often the second one says
it against the others anyway: two careless workers, or two of the same bent, are no copiers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations

from core.detection.betting import HOPELESS, fortune, p_value
from core.detection.chances import discoveries
from core.detection.polls import Polls, leads
from core.detection.values import Found

LEAST = 10
"""Pairs with fewer tasks in common prove nothing."""
SHARED_ODDITIES = 3
"""Pairs that agree less often than this on a minority answer are not worth computing; they count as tested."""
CROWD = 40
"""An odd answer that more people share is no oddity."""
PAIRS = 2000
"""Most pairs that one look computes, those with most odd agreement first."""
Pair = tuple[int, int]


def copiers(polls: Polls, rate: float) -> list[Found]:
    """Every pair that agrees beyond chance, with the expected share of false ones at most `rate`."""
    pairs = _suspects(polls)
    common = {pair: _common(polls, pair) for pair in pairs}
    tested = [pair for pair in pairs if len(common[pair]) >= LEAST]
    looked = [_look_at(polls, pair, common[pair]) for pair in tested]
    p_values = [found.p for found in looked]
    return [looked[index] for index in discoveries(p_values, possible_pairs(polls), rate)]


def possible_pairs(polls: Polls) -> int:
    """An upper bound on how many pairs have enough tasks in common."""
    people = len(polls.by_person)
    meetings = sum(len(said) * (len(said) - 1) // 2 for said in polls.said.values())
    return max(1, min(people * (people - 1) // 2, meetings // LEAST))


def _suspects(polls: Polls) -> list[Pair]:
    """Pairs that share several minority answers, most of them first."""
    shared: Counter[Pair] = Counter()
    for task, said in polls.said.items():
        votes = polls.votes[task]
        camps: dict[int, list[int]] = defaultdict(list)
        for person, tap in said.items():
            camps[tap.label].append(person)
        for label, camp in camps.items():
            if 2 <= len(camp) <= CROWD and 2 * votes[label] <= votes.total() + 2:
                shared.update(combinations(sorted(camp), 2))
    return [pair for pair, count in shared.most_common(PAIRS) if count >= SHARED_ODDITIES]


def _common(polls: Polls, pair: Pair) -> list[int]:
    """The tasks that both answered, oldest first."""
    first, second = pair
    return [tap.task for tap in polls.by_person[first] if second in polls.said[tap.task]]


def _look_at(polls: Polls, pair: Pair, tasks: list[int]) -> Found:
    first, second = pair
    bets = [list(_bets(polls, tasks, one, other)) for one, other in ((first, second), (second, first))]
    same = sum(polls.said[task][first].label == polls.said[task][second].label for task in tasks)
    odd = sum(happened for happened, _ in bets[0])
    expected = sum(chance for _, chance in bets[0])
    evidence: dict[str, float | int | str] = {
        "common": len(tasks),
        "same": same,
        "odd": len(bets[0]),
        "odd_same": odd,
        "expected": expected,
    }
    return Found("copying", pair, p_value(fortune(events) for events in bets), evidence)


def _bets(polls: Polls, tasks: list[int], leader: int, follower: int) -> Iterator[tuple[bool, float]]:
    """On each task where the leader departs from third parties: whether the follower does the same, and the chance."""
    for task in tasks:
        label = polls.said[task][leader].label
        third = polls.others(task, leader, follower)
        n = third.total()
        if n == 0 or leads(third, label):
            continue
        k = third[label]
        bound = max((k + 1) / (n + 1), polls.usual(follower, label, k + 1, n + 1), polls.against(follower, label))
        if bound <= HOPELESS:
            yield polls.said[task][follower].label == label, bound
