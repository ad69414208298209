"""Finds control tasks whose answers went round: workers do better on them than before, and than on fresh ones."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

FRESH_VIEWS = 5
"""A control is fresh for the first workers who see it: nobody can have told them."""


class View(NamedTuple):
    """One control answer: which control, whose, whether right, how many had answered that control before."""

    task: int
    person: int
    ok: int
    before: int


@dataclass(frozen=True, slots=True)
class Leak:
    """The evidence: late answers on an old control, its early ones, and the same workers' on fresh controls."""

    task: int
    late_ok: int
    late_n: int
    early_ok: int
    early_n: int
    fresh_ok: int
    fresh_n: int
    p: float


def find_leaks(views: Sequence[View], least: int, p_limit: float) -> list[Leak]:
    """Controls on which late answers are better than early ones and than fresh ones by the same workers.

    Both comparisons must be beyond p_limit, shared out among the controls looked at (Bonferroni); `least` answers on
    each side are needed.
    """
    by_task: dict[int, list[View]] = defaultdict(list)
    fresh: dict[int, list[View]] = defaultdict(list)
    for view in views:
        by_task[view.task].append(view)
        if view.before < FRESH_VIEWS:
            fresh[view.person].append(view)
    old = {task: seen for task, seen in by_task.items() if len(seen) >= 2 * least}
    found = [_judge(task, seen, fresh) for task, seen in old.items()]
    limit = p_limit / max(1, len(old))
    return [leak for leak in found if min(leak.late_n, leak.early_n, leak.fresh_n) >= least and leak.p < limit]


def _judge(task: int, seen: list[View], fresh: dict[int, list[View]]) -> Leak:
    seen = sorted(seen, key=lambda view: view.before)
    half = len(seen) // 2
    early, late = seen[:half], seen[half:]
    others = [view for person in {v.person for v in late} for view in fresh[person] if view.task != task]
    counts = [(sum(v.ok for v in side), len(side)) for side in (late, early, others)]
    p = max(one_sided(*counts[0], *counts[1]), one_sided(*counts[0], *counts[2]))
    return Leak(task, *counts[0], *counts[1], *counts[2], p)


def one_sided(ok_a: int, n_a: int, ok_b: int, n_b: int) -> float:
    """p of the two-proportion z test that a's rate is not above b's; 1 when either side is empty."""
    if not n_a or not n_b:
        return 1.0
    pooled = (ok_a + ok_b) / (n_a + n_b)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    if not spread:
        return 1.0
    return 0.5 * math.erfc((ok_a / n_a - ok_b / n_b) / spread / math.sqrt(2))
