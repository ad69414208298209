"""Control tasks by what they tell: how often a worker gets one, and which one is most informative about them now.

The chance of a control is fixed when a session begins and each task of the session is drawn alone, so that neither
the place in a session nor what came before says anything about what comes next.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.quality import AGREEMENT_WEIGHT, PRIOR_N, PRIOR_OK, Standing

FIRST = 4.0
"""A stranger gets controls at FIRST times the job's share …"""
FLOOR = 0.4
"""… and a worker known for certain still at this part of it, so that a change is seen."""
CEILING = 0.5
RUN_OUT = 0.6
"""Controls that a session uses on average, as a part of those left for the worker: few sessions run out of them."""
HALF_LIFE_DAYS = 90.0
"""What is known of a worker who stayed away so long counts half."""
RECENT = 8
"""Control answers that are compared with all before to notice a change."""
DRIFT = 0.05
"""As few right answers as the recent ones have, or fewer, must be rarer than this to count as a change."""
SHRINK = 4.0
"""Answers that a control's own record needs to weigh as much as the average of the pool."""
LEAST_WEIGHT = 1 / 3
"""Choice by lot, weighted by information, but nothing falls below this part of the best: a class that is rare among
the other tasks must not be common among controls, or what an item says would give it away."""
ADVISED, ADVISED_PART = 20, 4
"""Control tasks from which a calibration says something (docs/routing.md); of a small job a fourth part will do."""
GRID = tuple((n + 0.5) / 12 for n in range(12))
_LOGITS = tuple(math.log(p / (1 - p)) for p in GRID)
_MEMORY_STEP = 4


def advised(items: int) -> int:
    """How many of a job's items should be control tasks at the least, so that stated confidence means what it says."""
    return min(ADVISED, items // ADVISED_PART)


@dataclass(frozen=True, slots=True)
class ControlRules:
    """How far a control is used: views before it retires, share of a job's workers, tests for leaks; all settings."""

    retire_views: int = 400
    max_share: float = 0.6
    few_views: int = 20
    leak_views: int = 12
    leak_p: float = 0.01


class Control(NamedTuple):
    """A control that a worker may get: its right answer, how often it was shown, its record (asked, right)."""

    task: int
    gold: int
    shown: int
    asked: int
    ok: int


class Belief(NamedTuple):
    """A Beta posterior of the chance that a worker is right: right and wrong answers, prior included."""

    ok: float
    wrong: float

    @property
    def mean(self) -> float:
        """Expected accuracy."""
        return self.ok / (self.ok + self.wrong)

    @property
    def width(self) -> float:
        """Standard deviation."""
        n = self.ok + self.wrong
        return math.sqrt(self.ok * self.wrong / (n * n * (n + 1)))


STRANGER = Belief(PRIOR_OK, PRIOR_N - PRIOR_OK)


def belief_of(standing: Standing | None) -> Belief:
    """What the counts say of a worker's accuracy."""
    if standing is None:
        return STRANGER
    ok = PRIOR_OK + standing.prior_ok / 100 + standing.control_ok + AGREEMENT_WEIGHT * standing.agreed
    n = PRIOR_N + standing.prior_n / 100 + standing.controls + AGREEMENT_WEIGHT * standing.compared
    return Belief(max(0.5, ok), max(0.5, n - ok))


def faded(belief: Belief, days_away: float, recent: Sequence[int]) -> Belief:
    """The belief after an absence, or cut down to the newest control answers when these look like another worker's."""
    keep = 0.5 ** (max(0.0, days_away) / HALF_LIFE_DAYS)
    if len(recent) >= RECENT and _chance_of_so_few(sum(recent), len(recent), belief.mean) < DRIFT:
        keep = min(keep, RECENT / (belief.ok + belief.wrong))
    return Belief(
        STRANGER.ok + keep * max(0.0, belief.ok - STRANGER.ok),
        STRANGER.wrong + keep * max(0.0, belief.wrong - STRANGER.wrong),
    )


def _chance_of_so_few(ok: int, n: int, p: float) -> float:
    """P(at most `ok` right answers in n) for a worker of accuracy p."""
    return math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(ok + 1))


def session_rate(share: float, belief: Belief, left: int, horizon: int) -> float:
    """Chance of a control for each task of a session: by the width of the belief, bounded so that controls last.

    `left` controls the worker never had; `horizon` tasks in the session.
    """
    if share <= 0 or left <= 0:
        return 0.0
    unknown = min(1.0, belief.width / STRANGER.width)
    return min(CEILING, share * (FLOOR + (FIRST - FLOOR) * unknown), RUN_OUT * left / max(1, horizon))


def view_cap(rules: ControlRules, workers: int) -> int:
    """How many workers may see one control of a job that so many have worked in."""
    return min(rules.retire_views, max(rules.few_views, math.ceil(rules.max_share * workers)))


def choose(
    controls: Sequence[Control], belief: Belief, record: Mapping[int, tuple[int, int]], rng: random.Random
) -> Control | None:
    """One control by lot, weighted by what its outcome would tell; `record` is the worker's (asked, right) by class."""
    if not controls:
        return None
    pool = (sum(c.ok for c in controls) + SHRINK * STRANGER.mean) / (sum(c.asked for c in controls) + SHRINK)
    known: dict[tuple[int, int], float] = {}
    weights = []
    for control in controls:
        ease = _logit((control.ok + SHRINK * pool) / (control.asked + SHRINK)) - _logit(pool)
        key = (control.gold, round(ease * _MEMORY_STEP))
        if key not in known:
            known[key] = information(_of_class(belief, record.get(control.gold, (0, 0))), key[1] / _MEMORY_STEP)
        weights.append(known[key])
    least = LEAST_WEIGHT * max(weights)
    return rng.choices(controls, [max(weight, least) + 1e-12 for weight in weights])[0]


def _of_class(belief: Belief, record: tuple[int, int]) -> Belief:
    """What is believed of the worker on tasks of one class: the whole at the weight of a stranger's prior, and this."""
    asked, ok = record
    return Belief(PRIOR_N * belief.mean + ok, PRIOR_N * (1 - belief.mean) + asked - ok)


def information(belief: Belief, ease: float) -> float:
    """Bits that the outcome of a control tells of the worker; `ease` in logits against an average control."""
    weights = [p ** (belief.ok - 1) * (1 - p) ** (belief.wrong - 1) for p in GRID]
    chances = [1 / (1 + math.exp(-(logit + ease))) for logit in _LOGITS]
    total = math.fsum(weights)
    mean = math.fsum(w * q for w, q in zip(weights, chances, strict=True)) / total
    noise = math.fsum(w * _entropy(q) for w, q in zip(weights, chances, strict=True)) / total
    return max(0.0, _entropy(mean) - noise)


def _entropy(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def _logit(p: float) -> float:
    p = min(0.995, max(0.005, p))
    return math.log(p / (1 - p))
