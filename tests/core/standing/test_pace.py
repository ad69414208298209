"""Speed is judged by the job's own times, and a fast worker is no proof of anything by speed alone."""

from __future__ import annotations

import math
import random
import statistics

from core.quality import is_fast
from core.standing.pace import Pace, hurry, pace_of


def times(median: float, spread: float, n: int = 400, seed: int = 1) -> list[int]:
    rng = random.Random(seed)
    return [round(1000 * median * math.exp(rng.gauss(0, spread))) for _ in range(n)]


def test_a_few_times_make_no_distribution() -> None:
    assert pace_of(times(8, 0.5, n=29)) is None, "thirty are asked for"


def test_pace_is_robust_against_pauses_and_bots() -> None:
    honest = times(8, 0.5)
    odd = [10] * 60 + [3_600_000] * 60
    found = pace_of(honest + odd)
    assert found is not None and 7 < found.usual_ms / 1000 < 9, "the median hardly moves"
    assert found.spread < 0.9, "nor the spread"


def test_times_that_are_all_alike_accuse_nobody_who_is_a_bit_quicker() -> None:
    found = pace_of([5000] * 100)
    assert found is not None and found.z(4000) > -1, "a quarter is no oddity"


def test_fast_is_told_by_the_jobs_own_times() -> None:
    pace = pace_of(times(3, 0.4))
    assert not is_fast(1_200, 3000, None, 0.2, pace), "quick, as the quickest of this job are"
    assert is_fast(300, 3000, None, 0.2, pace), "a tenth of the usual time"
    assert is_fast(300, 3000, None, 0.2) and not is_fast(700, 3000, None, 0.2), "before that: a part of the mean"
    assert not is_fast(300, 3000, 0.2, 0.2, pace), "the job's own limit wins"


def test_hurry_is_a_fair_bet_against_honest_people() -> None:
    rng = random.Random(2)
    bets = []
    for _ in range(4_000):
        own = rng.gauss(0, 0.5)
        bets.append(math.exp(hurry([own + rng.gauss(0, 0.8) for _ in range(15)])))
    assert statistics.fmean(bets) < 1.05, "on average it wins nothing from them"
    assert hurry([0.5] * 10) == 0 == hurry([]), "slow people, and unknown ones, are left alone"


def test_hurry_grows_with_speed() -> None:
    assert hurry([-3.0] * 15) > hurry([-1.5] * 15) > hurry([-0.3] * 15), "the faster the likelier"
    assert Pace(math.log(8000), 0.5).z(8000) == 0, "the usual time is 0"
