"""A worker's counts in a job and what they say: a Beta posterior of one accuracy, or a row for each class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

PRIOR_OK, PRIOR_N = 3.0, 4.0
"""A stranger is believed to be right three times in four (Beta(3, 1))."""
AGREEMENT_WEIGHT = 0.5
"""Agreeing with a label that one's own answer helped to make proves half as much as a control."""
ACCURACY_RANGE = (0.05, 0.99)
"""No worker is ever believed to be certain, nor certainly wrong."""
CARRIED_SHARE, CARRIED_MOST = 0.25, 10.0
"""Controls of earlier jobs count a quarter in a new one, and as ten at most: jobs differ."""
HALF_LIFE_DAYS = 90.0
"""What was seen of a worker so long ago counts half."""
ROW_WEIGHT = 4.0
"""Answers that a class's own row needs to weigh as much as what is known of the worker in all."""


class Standing(NamedTuple):
    """A worker's counts in one job; `prior_*` are carried over from earlier jobs, in hundredths."""

    person: int
    job: int
    prior_ok: int = 0
    prior_n: int = 0
    answers: int = 0
    cant: int = 0
    controls: int = 0
    control_ok: int = 0
    compared: int = 0
    agreed: int = 0
    skips: int = 0
    skips_in_row: int = 0
    fast: int = 0
    duration_ms: int = 0


def counts(standing: Standing) -> tuple[float, float]:
    """Right answers and answers as the posterior counts them, the prior included."""
    ok = PRIOR_OK + standing.prior_ok / 100 + standing.control_ok + AGREEMENT_WEIGHT * standing.agreed
    n = PRIOR_N + standing.prior_n / 100 + standing.controls + AGREEMENT_WEIGHT * standing.compared
    return ok, n


def accuracy(standing: Standing) -> float:
    """Mean of the Beta posterior of a worker's accuracy from controls and, at half weight, agreement."""
    ok, n = counts(standing)
    return min(ACCURACY_RANGE[1], max(ACCURACY_RANGE[0], ok / n))


def carried(standings: Sequence[Standing], days: Sequence[float] = ()) -> tuple[int, int]:
    """What earlier jobs say of a worker in a new one, as (ok, n) in hundredths: controls at a quarter, at most 10.

    `days` says how long ago each was: HALF_LIFE_DAYS halve what it is worth.
    """
    keep = [0.5 ** (max(0.0, age) / HALF_LIFE_DAYS) for age in days] or [1.0] * len(standings)
    ok = math.fsum(k * s.control_ok for k, s in zip(keep, standings, strict=True))
    n = math.fsum(k * s.controls for k, s in zip(keep, standings, strict=True))
    worth = min(CARRIED_MOST, n * CARRIED_SHARE)
    return (round(100 * worth * ok / n), round(100 * worth)) if n else (0, 0)


def wilson(ok: float, n: float, z: float = 1.64) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927); z = 1.64 gives 90 per cent."""
    if n == 0:
        return 0.0, 1.0
    p = ok / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)


class Confusion(NamedTuple):
    """Probability of each answer (column) given each true class (row); `by_class` is how far rows differ, 0..1."""

    rows: tuple[tuple[float, ...], ...]
    by_class: float


def confusion(seen: Sequence[Sequence[int]]) -> Confusion:
    """Rows from counts of control answers seen[true][said]: one coin for all, or a row for each class, by evidence.

    The two are blended by how well each explains the counts (their marginal likelihoods): few answers give one coin,
    many that differ by class give rows of their own, each shrunk towards the coin.
    """
    size = len(seen)
    right = sum(seen[c][c] for c in range(size))
    total = sum(map(sum, seen))
    coin = (PRIOR_OK + right) / (PRIOR_N + total)
    base = [[coin if c == said else (1 - coin) / (size - 1) for said in range(size)] for c in range(size)]
    own = [
        [(seen[c][said] + ROW_WEIGHT * base[c][said]) / (sum(seen[c]) + ROW_WEIGHT) for said in range(size)]
        for c in range(size)
    ]
    share = _share_of_rows(seen)
    mixed = [[share * own[c][said] + (1 - share) * base[c][said] for said in range(size)] for c in range(size)]
    return Confusion(tuple(tuple(row) for row in mixed), share)


def _share_of_rows(seen: Sequence[Sequence[int]]) -> float:
    """Posterior probability, from even odds, that each class has a row of its own and not all one coin."""
    size = len(seen)
    wrong_alpha = (PRIOR_N - PRIOR_OK) / (size - 1)
    rows = math.fsum(
        _dirichlet(row, [PRIOR_OK if c == said else wrong_alpha for said in range(size)]) for c, row in enumerate(seen)
    )
    right = sum(seen[c][c] for c in range(size))
    wrong = sum(map(sum, seen)) - right
    coin = _dirichlet([right, wrong], [PRIOR_OK, PRIOR_N - PRIOR_OK]) - wrong * math.log(size - 1)
    return 1 / (1 + math.exp(min(700.0, coin - rows)))


def _dirichlet(given: Sequence[int], alpha: Sequence[float]) -> float:
    """Log of the marginal likelihood of a sequence with these counts under a Dirichlet prior."""
    total = math.lgamma(sum(alpha)) - math.lgamma(sum(alpha) + sum(given))
    return total + math.fsum(math.lgamma(a + n) - math.lgamma(a) for a, n in zip(alpha, given, strict=True))
