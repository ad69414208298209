"""The chart's false alarms are as rare as stated, and a change is noticed whenever it comes."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Iterator

import pytest

from core.standing.drift import alarm_at, shiryaev_roberts

GOOD, BAD = 0.9, 0.5
RIGHT, WRONG = math.log(BAD / GOOD), math.log((1 - BAD) / (1 - GOOD))


def outcomes(rng: random.Random, accuracy: float) -> Iterator[float]:
    while True:
        yield RIGHT if rng.random() < accuracy else WRONG


def run(rng: random.Random, accuracy: float, run_length: float) -> int:
    for n, level in enumerate(shiryaev_roberts(outcomes(rng, accuracy)), 1):
        if level >= alarm_at(run_length):
            return n
    raise AssertionError("outcomes have no end")


@pytest.mark.parametrize("stated", [20, 100])
def test_false_alarms_are_as_far_apart_as_stated(stated: int) -> None:
    rng = random.Random(stated)
    mean = statistics.fmean(run(rng, GOOD, stated) for _ in range(400))
    assert mean >= stated, f"{mean:.0f} outcomes between alarms, at least {stated} were stated"


def test_a_change_is_noticed_soon_whenever_it_comes() -> None:
    rng = random.Random(3)
    delays = []
    for _ in range(100):
        good = [next(outcomes(rng, GOOD)) for _ in range(200)]
        bad = outcomes(rng, BAD)
        levels = shiryaev_roberts(iter([*good, *(next(bad) for _ in range(200))]))
        delays.append(next((n - 200 for n, level in enumerate(levels) if n >= 200 and level >= alarm_at(1000)), 200))
    assert statistics.median(delays) < 20, f"two hundred good answers do not hide it: {statistics.median(delays)}"


def test_a_large_level_does_not_overflow() -> None:
    *_, last = shiryaev_roberts([50.0] * 40)
    assert math.isfinite(last), "however clear the case"
