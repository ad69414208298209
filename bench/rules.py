"""What each default rule catches and costs: simulated workers, judged by the very evaluation that runs at a tap.

    python -m bench.rules [--workers 1000] [--answers 300] [--classes 2] [--seed 1] [--json]

A job with control tasks at the default share and schedule of routing. For each rule and kind of worker: the share whom
the rule has named within 30 answers, within 100 and within all of them, and after how many answers half of them were.
Honest workers differ in skill (right on 75 to 98 % of the tasks), speed and skips; "weak" ones are honest and right on
70 % only. An alert about an honest worker costs an admin a look; the same rule with a restriction costs that worker.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from config.settings import default_rules
from core.controls import Belief, belief_of, session_rate
from core.quality import Standing
from core.rules.evaluate import due, evaluate
from core.rules.facts import Counts, Deed, Facts
from core.rules.values import Event, Rule

CONTROL_SHARE = 0.1
"""The default of a job file."""
MEAN_SECONDS, FAST_FACTOR = 5.0, 0.2
"""Mean time of an answer in the job, and the house's factor below which one is fast."""
TURN = 100
"""When the good-then-bad worker starts to guess."""
MILESTONES = (30, 100)
KINDS = ("honest", "weak", "random", "constant", "fast", "skipping", "good-then-bad")


@dataclass(frozen=True, slots=True)
class Habit:
    """How a worker behaves at one task: chance to skip, chance to be right (None: always the first option), time."""

    skip: float
    right: float | None
    seconds: float


def habit_maker(kind: str, classes: int, dice: random.Random) -> Callable[[int], Habit]:
    """A worker of that kind: what they do at their n-th task."""
    skill, pace = dice.uniform(0.75, 0.98), dice.lognormvariate(1.4, 0.35)
    skip = dice.uniform(0.0, 0.08)
    honest, guess = Habit(skip, skill, pace), Habit(0.0, 1 / classes, pace)
    match kind:
        case "weak":
            return lambda n: Habit(skip, 0.7, pace)
        case "random":
            return lambda n: guess
        case "constant":
            return lambda n: Habit(0.0, None, pace)
        case "fast":
            return lambda n: Habit(0.0, 1 / classes, 0.6)
        case "skipping":
            return lambda n: Habit(0.6, skill, pace)
        case "good-then-bad":
            return lambda n: honest if n < TURN else guess
        case _:
            return lambda n: honest


class Worker:
    """One simulated worker's record in a job, as the store would hold it."""

    def __init__(self, kind: str, classes: int, dice: random.Random) -> None:
        self.dice = dice
        self.classes = classes
        self.habit = habit_maker(kind, classes, dice)
        self.counts = Counts()
        self.controls: deque[Deed] = deque(maxlen=200)
        self.turn = 0

    def belief(self) -> Belief:
        """What the controls say of this worker."""
        return belief_of(Standing(0, 0, controls=self.counts.controls, control_ok=self.counts.control_ok))

    def act(self) -> tuple[Event, Facts]:
        """Take the next task; what happened, and what is known then."""
        habit, dice, counts = self.habit(self.turn), self.dice, self.counts
        control = dice.random() < session_rate(CONTROL_SHARE, self.belief(), left=1000, horizon=15)
        self.turn += 1
        if dice.random() < habit.skip:
            self.counts = _more(counts, skips=1, skips_in_row=1)
            return Event.SKIP, self._facts()
        chance = 1 / self.classes if habit.right is None else habit.right
        right = dice.random() < chance
        seconds = habit.seconds * dice.lognormvariate(0.0, 0.45)
        fast = seconds < FAST_FACTOR * MEAN_SECONDS
        self.counts = _more(
            counts,
            answers=1,
            controls=int(control),
            control_ok=int(control and right),
            fast=int(fast),
            duration_ms=round(seconds * 1000),
            skips_in_row=-counts.skips_in_row,
        )
        if control:
            self.controls.appendleft(Deed(self.turn, "answer", 1, int(right)))
        return (Event.CONTROL if control else Event.ANSWER), self._facts()

    def _facts(self) -> Facts:
        return Facts(self.counts, tuple(self.controls))


def _more(counts: Counts, **changes: int) -> Counts:
    values = {name: getattr(counts, name) + change for name, change in changes.items()}
    rest = {name: getattr(counts, name) for name in Counts.__dataclass_fields__ if name not in values}
    return Counts(**values, **rest)


def named_at(worker: Worker, rules: tuple[Rule, ...], answers: int) -> dict[str, int]:
    """After how many tasks each rule fired first."""
    first: dict[str, int] = {}
    for turn in range(1, answers + 1):
        event, facts = worker.act()
        for rule in due(rules, (), event):
            if rule.name not in first and evaluate(rule, facts) is not None:
                first[rule.name] = turn
    if first:
        first["any of them"] = min(first.values())
    return first


def simulate(workers: int, answers: int, classes: int, seed: int) -> dict[str, dict[str, list[float]]]:
    """For each rule and kind: share named within each milestone and in all, and the median of when (nan: nobody)."""
    rules = default_rules()
    names = [*(rule.name for rule in rules), "any of them"]
    table: dict[str, dict[str, list[float]]] = {name: {} for name in names}
    for kind in KINDS:
        dice = random.Random(f"{seed} {kind} {classes}")
        found = [named_at(Worker(kind, classes, dice), rules, answers) for _ in range(workers)]
        for name in names:
            turns = [first[name] for first in found if name in first]
            shares = [sum(turn <= within for turn in turns) / workers for within in (*MILESTONES, answers)]
            table[name][kind] = [*shares, statistics.median(turns) if turns else float("nan")]
    return table


def show(table: dict[str, dict[str, list[float]]], answers: int) -> None:
    """The table as lines: per cent named within the milestones and in all, and the median task of those named."""
    ends = "/".join(str(n) for n in (*MILESTONES, answers))
    print(f"per cent of workers named within {ends} tasks (median task when named)")
    print(f"{'':16s}" + "".join(f"{kind:>24s}" for kind in KINDS))
    for name, kinds in table.items():
        cells = []
        for *shares, median in kinds.values():
            when = f" ({median:.0f})" if median == median else ""
            cells.append("/".join(f"{100 * share:.1f}" for share in shares) + when)
        print(f"{name:16s}" + "".join(f"{cell:>24s}" for cell in cells))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="What the default quality rules catch, and what they cost.")
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--answers", type=int, default=300)
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    table = simulate(given.workers, given.answers, given.classes, given.seed)
    if given.json:
        print(json.dumps({"classes": given.classes, "answers": given.answers, "rules": table}))
    else:
        show(table, given.answers)


if __name__ == "__main__":
    main()
