"""What a job would cost, how right it would be and how long it would take: the choices, the figures and the advice.

Pure values; gpu_jobs.planning simulates the crowd that the figures come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.ledger import Price
from core.model import Item, JobSpec, Overlap
from core.texts import money

NEAR = 0.01
"""Accuracies that differ by less are as good as equal: a point."""
COUNTS = (1, 3, 5)
"""Fixed overlaps set beside the others."""
USUAL = Overlap("dynamic", 2, 5, 0.9)
"""Dynamic overlap where the job file does not say how."""
WORTH = 50
"""What a correct label is worth in answers, where the job file does not say."""
SPENT = 3.0
"""Answers per task that a budget buys, where the job file states none: as many as the middle fixed overlap."""
MOST = 50
"""Answers of one task, at most (as in a job file)."""
LABEL_COUNT = 1.0
"""Control tasks of each class that are taken to be there before any is seen."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who will work: how right a new worker is on average, how many come, how long an answer takes (seconds).

    `known` holds (right, wrong) of every worker whom the house has seen.
    """

    accuracy: float = 0.8
    workers: int = 20
    seconds: float = 6.0
    known: tuple[tuple[float, float], ...] = ()


USUAL_CROWD = Crowd()
"""What is taken to come where nothing is known."""


@dataclass(frozen=True, slots=True)
class Work:
    """The job as a plan sees it: tasks without controls, how common each class is, and what answers cost."""

    tasks: int
    shares: tuple[float, ...]
    overlap: Overlap
    price: Price
    control_share: float = 0.0
    budget: int | None = None

    def cost(self, answers_per_task: float) -> int:
        """Micro-units for so many answers per task, with their share of controls."""
        return round(self.answers(answers_per_task) * self.price.total)

    def answers(self, answers_per_task: float) -> float:
        """All answers that are bought, controls among them."""
        return self.tasks * answers_per_task * (1 + self.control_share)


@dataclass(frozen=True, slots=True)
class Choice:
    """An overlap that is tried; `mine` marks the job file's own; `target` is the answers per task of a budget."""

    name: str
    overlap: Overlap
    mine: bool = False
    target: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one choice is expected to give; 95 of 100 such crowds end between `low` and `high`."""

    choice: Choice
    answers_per_task: float
    cost: int
    accuracy: float
    low: float
    high: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Advice:
    """Which estimate is advised, and why: `key` names the sentence, `rival` is what it is set against."""

    best: Estimate
    key: str
    rival: Estimate | None = None

    @property
    def saved(self) -> float:
        """Share of the rival's answers that the advised choice saves."""
        return 1 - self.best.answers_per_task / self.rival.answers_per_task if self.rival else 0.0

    @property
    def lost(self) -> float:
        """Accuracy that it gives up for that."""
        return max(0.0, self.rival.accuracy - self.best.accuracy) if self.rival else 0.0


Told = Callable[[int, int], None]
"""Takes how many simulations have ended, of how many."""
Simulate = Callable[[Work, Crowd, Sequence[Choice], int], list[Estimate]]
"""Simulates every choice with so many seeds; gpu_jobs.planning holds it."""


def work_of(spec: JobSpec, price: Price, items: Sequence[Item]) -> Work:
    """The job that a requester has written."""
    gold = [item.gold for item in items if item.gold is not None]
    counts = [gold.count(label) for label in range(len(spec.options))]
    return make_work(spec, price, len(items) - len(gold), counts)


def make_work(spec: JobSpec, price: Price, tasks: int, gold: Sequence[int]) -> Work:
    """The same from counts: tasks without controls, and control tasks of each class."""
    total = sum(gold) + LABEL_COUNT * len(gold)
    shares = tuple((count + LABEL_COUNT) / total for count in gold)
    return Work(tasks, shares, spec.overlap, price, spec.control_share if sum(gold) else 0.0, spec.budget)


def choices(work: Work, only: Sequence[str] = ()) -> list[Choice]:
    """The overlaps to compare; `only` keeps policies of these names (fixed, dynamic, value, ...)."""
    own = work.overlap
    counts = sorted({*COUNTS, own.min} if own.policy == "fixed" else COUNTS)
    tried = [Overlap("fixed", count, count, 1.0) for count in counts]
    tried += [own if own.policy == "dynamic" else USUAL]
    if own.policy == "checkpoint":
        tried.append(own)
    if work.price.total or own.policy == "value":
        tried.append(own if own.policy == "value" else Overlap("value", 1, 5, 1.0, 1.0, WORTH * work.price.total))
    tried.append(own if own.policy == "budget" else Overlap("budget", 1, MOST))
    found = [_choice(work, overlap) for overlap in tried]
    return [choice for choice in found if not only or choice.overlap.policy in only]


SHORT = ("dynamic", "fixed", "value", "budget")
"""What is set beside the job file's own policy where only three fit: one of each, in this order."""


def short_choices(work: Work, most: int = 3) -> list[Choice]:
    """The job file's own policy and the best known others."""
    found = choices(work)
    picked = [choice for choice in found if choice.mine][:1]
    for policy in SHORT:
        same = [choice for choice in found if choice.overlap.policy == policy and not choice.mine]
        if policy not in {choice.overlap.policy for choice in picked}:
            picked += same[len(same) // 2 :][:1]
    return picked[:most]


def _choice(work: Work, overlap: Overlap) -> Choice:
    mine = overlap.policy == work.overlap.policy and (overlap.policy != "fixed" or overlap.min == work.overlap.min)
    target = _affordable(work, overlap, mine) if overlap.policy == "budget" else 0.0
    return Choice(name_of(overlap, work.price.asset, target), overlap, mine, target)


def _affordable(work: Work, overlap: Overlap, mine: bool) -> float:
    """Answers per task that the budget buys."""
    if work.budget is None or not work.price.total or not work.tasks:
        return float(overlap.max) if mine else SPENT
    return min(float(overlap.max), max(1.0, work.budget / work.cost(1.0)))


def name_of(overlap: Overlap, asset: str, target: float = 0.0) -> str:
    """A policy as people read it."""
    span = f"{overlap.min}-{overlap.max}"
    match overlap.policy:
        case "fixed":
            return f"fixed {overlap.min}"
        case "checkpoint":
            return f"checkpoint {span} at {overlap.confidence:.0%} on {overlap.share:.0%}"
        case "value":
            return f"value {span}, {money(overlap.worth, asset)} a label"
        case "budget":
            return f"budget, {target:.1f} a task"
        case _:
            return f"{overlap.policy} {span} at {overlap.confidence:.0%}"


def interval(accuracies: Sequence[float], tasks: int, simulated: int) -> tuple[float, float, float]:
    """(mean, low, high): where 95 of 100 such crowds end, from simulations of fewer tasks than the job has."""
    number = len(accuracies)
    mean = sum(accuracies) / number
    doubt = mean * (1 - mean)
    least = doubt / max(1, tasks)
    variance = least
    if number > 1:
        seen = sum((accuracy - mean) ** 2 for accuracy in accuracies) / (number - 1)
        variance = max(least, seen - doubt / max(1, simulated) + least)
    half = _student(number - 1) * variance**0.5
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def _student(freedom: int) -> float:
    """The 97.5 % point of Student's t: the first terms of its Cornish-Fisher expansion."""
    return 1.96 + 2.37 / freedom + 2.82 / freedom**2 if freedom > 0 else 1.96


def advise(estimates: Sequence[Estimate], budget: int | None) -> Advice:
    """The cheapest of those that come within a point of the best that the budget allows."""
    inside = [one for one in estimates if budget is None or one.cost <= budget]
    if not inside:
        return Advice(min(estimates, key=lambda one: one.cost), "plan.advice.poor")
    most = max(inside, key=lambda one: (one.accuracy, -one.cost))
    near = [one for one in inside if one.accuracy >= most.accuracy - NEAR]
    best = min(near, key=lambda one: (one.answers_per_task, -one.accuracy))
    if best is most:
        return Advice(best, "plan.advice.best")
    return Advice(best, "plan.advice.cheaper", most)
