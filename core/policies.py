"""Overlap policies: when a task has enough answers, by price and worth or by confidence; pure functions of its shares.

Fixed and dynamic overlap are Toloka's; checkpoint applies the confidence rule to a share of the tasks only; marginal
value buys while an answer is worth more than it costs; budget spends a fixed number of answers where they gain most.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

from core.model import Overlap
from core.routing import ROUNDING, Verdict, wanted

LOOKAHEAD = 5
"""One answer alone often cannot turn a label, a few together can: the gain is the best mean over so many."""


def judge_shares(
    overlap: Overlap, shares: Sequence[float], answers: int, active: int, *, gain: float = 0.0, checked: bool = True
) -> Verdict:
    """Decide whether a task needs more answers, from its class shares; `active` leases are answers on their way.

    `gain` is what the next answer is worth above its price, for the marginal policy; `checked` says whether the
    confidence rule applies to this task, for the checkpoint policy (tasks not checked get `min` answers).
    """
    best = max(range(len(shares)), key=shares.__getitem__)
    confidence = shares[best] if answers else 0.0
    done = answers >= overlap.min and _enough(overlap, confidence, answers, gain=gain, checked=checked)
    return Verdict(best if answers else None, confidence, done, wanted(overlap, answers, active, done))


def _enough(overlap: Overlap, confidence: float, answers: int, *, gain: float, checked: bool) -> bool:
    """Whether a task with its minimum of answers needs no more."""
    if overlap.policy == "fixed":
        return True
    if answers >= overlap.max:
        return True
    if overlap.policy == "checkpoint" and not checked:
        return True
    if overlap.policy == "value":
        return gain <= 0
    if overlap.policy == "budget":
        return False
    return confidence >= overlap.confidence - ROUNDING


def is_checked(task: int, share: float) -> bool:
    """Whether the checkpoint policy looks at this task: always the same answer for a task, `share` of them yes."""
    return (task * 2654435761 % 2**32) / 2**32 < share


def accuracy_gain(shares: Sequence[float], accuracy: float) -> float:
    """How much likelier the label gets right per answer by a worker of this accuracy, at best over a few answers.

    Looks at the two likeliest classes: an answer supports the true one with probability `accuracy`, else the other.
    """
    first, second = heapq.nlargest(2, shares)
    mass = first + second
    if mass <= 0:
        return 0.0
    return mass * max(_turned(first / mass, accuracy, number) / number for number in range(1, LOOKAHEAD + 1))


def _turned(first: float, accuracy: float, number: int) -> float:
    """Expected gain in the chance of the likelier of two classes from `number` answers."""
    after = 0.0
    for right in range(number + 1):
        ways = math.comb(number, right)
        for_first = first * accuracy**right * (1 - accuracy) ** (number - right)
        for_second = (1 - first) * (1 - accuracy) ** right * accuracy ** (number - right)
        after += ways * max(for_first, for_second)
    return max(0.0, after - first)


def value_of_next(shares: Sequence[float], accuracy: float, worth: float, price: float) -> float:
    """What the next answer is worth above its price: gain in accuracy x worth of a correct label - price."""
    return accuracy_gain(shares, accuracy) * worth - price


def spend(gains: Sequence[float], answers: Sequence[int], budget: int) -> list[int]:
    """Which tasks get the next `budget` answers, one each: first those with none, then those that gain most."""
    order = sorted(range(len(gains)), key=lambda place: (answers[place] > 0, -gains[place], place))
    return order[: max(0, budget)]
