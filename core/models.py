"""When a model may speak in a job: it must beat the live one, or the commonest class, on known answers, not by luck.

Pure functions of what the models said of the same tasks; the error of letting a worse one in is one-sided 5 %.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

ERROR = 0.05
Z05, Z95 = 1.644854, 1.959964
"""Normal quantiles of a one-sided 5 % bound and of a two-sided 95 % interval."""
LEAST_LABELLED = 200
"""Labelled tasks, below which a model is not worth its training."""
GROWTH = 0.25
"""Share of new labels that makes another model worth its training."""
LEAST_GOLD = 20
"""Known answers, below which nothing is known of a model."""


@dataclass(frozen=True, slots=True)
class LearningRules:
    """What the house says about models: the encoder's folder, and whether labels may stand without people.

    `precision` is what the labels accepted without people must reach, `people_share` the random share of them that
    people judge all the same.
    """

    encoder: str = ""
    auto_accept: bool = False
    precision: float = 0.95
    people_share: float = 0.05


class Opinion(NamedTuple):
    """What a model said of a task that it never learnt from, and what is right."""

    said: int
    gold: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a new model goes live, and why or why not."""

    live: bool
    reason: str


def wilson(hits: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) of nothing."""
    if total <= 0:
        return 0.0, 1.0
    share, extra = hits / total, z * z / total
    middle = (share + extra / 2) / (1 + extra)
    reach = z / (1 + extra) * math.sqrt(share * (1 - share) / total + extra / (4 * total))
    return max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))  # rounding must not leave it out


def sign_test(wins: int, losses: int) -> float:
    """Chance of at least so many wins when each discordant pair is a fair coin (McNemar's exact test, one-sided)."""
    pairs = wins + losses
    ways = sum(math.comb(pairs, number) for number in range(wins, pairs + 1))
    return ways / (1 << pairs)


def judge(new: Mapping[int, Opinion], live: Mapping[int, Opinion] | None) -> Judgement:
    """Whether a model with these opinions, by task, takes the place of the live one (None: there is none)."""
    if live is None:
        return _against_commonest(new)
    shared = new.keys() & live.keys()
    if len(shared) < LEAST_GOLD:
        return Judgement(False, f"{len(shared)} known answers are shared with the live model, {LEAST_GOLD} are needed")
    right = {task: new[task].said == new[task].gold for task in shared}
    before = {task: live[task].said == new[task].gold for task in shared}
    wins = sum(right[task] and not before[task] for task in shared)
    losses = sum(before[task] and not right[task] for task in shared)
    chance = sign_test(wins, losses)
    told = (
        f"of {len(shared)} known answers it has {sum(right.values())} right, the live model {sum(before.values())}: "
        f"better on {wins}, worse on {losses} (p = {chance:.3f})"
    )
    return Judgement(chance <= ERROR, told)


def _against_commonest(new: Mapping[int, Opinion]) -> Judgement:
    """The first model of a job: is it better than always saying the commonest class?"""
    if len(new) < LEAST_GOLD:
        return Judgement(False, f"{len(new)} known answers, {LEAST_GOLD} are needed to judge a model")
    right = sum(one.said == one.gold for one in new.values())
    commonest = max(Counter(one.gold for one in new.values()).values())
    low, _ = wilson(right, len(new), Z05)
    share = commonest / len(new)
    told = (
        f"of {len(new)} known answers it has {right} right, so at least {low:.1%}; the commonest class has {share:.1%}"
    )
    return Judgement(low > share, told)


def enough(labelled: int, known: int, made_of: int | None) -> str:
    """Why a new model is not worth its training; empty when it is. `made_of` is the last one's number of labels."""
    if labelled < LEAST_LABELLED:
        return f"{labelled} labelled tasks, at least {LEAST_LABELLED} are needed"
    if known < LEAST_GOLD:
        return f"{known} known answers, at least {LEAST_GOLD} are needed to judge a model"
    if made_of is not None and labelled < made_of * (1 + GROWTH):
        return f"{labelled} labelled tasks, the last model was made of {made_of}; {GROWTH:.0%} more are worth another"
    return ""
