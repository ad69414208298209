"""Surges are found soon, named right and told once; quiet streams stay quiet as often as stated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from gpu_jobs.watch.surge import Counts, Floats, Surge, SurgeDetector

NAMES = ("good", "neutral", "bad")
SHARES = np.array([0.6, 0.3, 0.1])
SIZE = 200


def stream(seed: int, windows: int, *, varied: float = 400.0) -> Iterator[Counts]:
    """Windows of texts whose shares differ a little more than chance allows."""
    rng = np.random.default_rng(seed)
    for _ in range(windows):
        yield rng.multinomial(SIZE, rng.dirichlet(SHARES * varied))


def surging(seed: int, windows: int, shares: Floats) -> Iterator[Counts]:
    rng = np.random.default_rng(seed)
    for _ in range(windows):
        yield rng.multinomial(SIZE, shares)


def feed(detector: SurgeDetector, windows: Iterator[Counts]) -> list[tuple[int, Surge]]:
    return [(at, surge) for at, counts in enumerate(windows) for surge in detector.feed(counts, SIZE)]


def test_false_alarms_come_as_rarely_as_stated() -> None:
    alarms = sum(bool(feed(SurgeDetector(NAMES, quiet=5000), stream(seed, 250))) for seed in range(100))
    # 25,000 windows at one in 5,000: five are expected, and twelve or more come once in two hundred times
    assert alarms <= 11, f"{alarms} of 100 quiet streams raised an alarm"


@pytest.mark.parametrize("seed", range(5))
def test_a_surge_is_found_soon_and_named(seed: int) -> None:
    detector = SurgeDetector(NAMES)
    assert not feed(detector, stream(seed, 60)), "nothing happens before"
    found = feed(detector, surging(seed, 10, np.array([0.45, 0.25, 0.3])))
    assert [surge.name for _, surge in found] == ["bad"], "three times as many bad ones, told once"
    assert found[0][0] <= 2, "within three windows"
    assert found[0][1].times == pytest.approx(3, abs=1), "with the size of it"


def test_a_surge_teaches_nothing_and_may_come_again() -> None:
    detector = SurgeDetector(NAMES)
    feed(detector, stream(1, 60))
    feed(detector, surging(2, 20, np.array([0.45, 0.25, 0.3])))
    assert detector.usual()[2] == pytest.approx(0.1, abs=0.02), "what is usual stays what it was"
    feed(detector, stream(3, 20))
    again = feed(detector, surging(4, 10, np.array([0.45, 0.25, 0.3])))
    assert [surge.name for _, surge in again] == ["bad"], "after a calm it is news again"


def test_nothing_is_tested_before_something_is_known() -> None:
    detector = SurgeDetector(NAMES, learn=8)
    assert not feed(detector, surging(0, 8, np.array([0.1, 0.1, 0.8]))), "the first windows say what is usual"
    assert detector.feed(np.zeros(3, np.int64), 0) == [], "an empty window says nothing"


def test_a_fall_of_a_class_is_no_surge() -> None:
    detector = SurgeDetector(("rare", "other"))
    rng = np.random.default_rng(0)
    for _ in range(40):
        detector.feed(rng.multinomial(SIZE, [0.4, 0.6]), SIZE)
    fallen = [detector.feed(rng.multinomial(SIZE, [0.1, 0.9]), SIZE) for _ in range(10)]
    assert {surge.name for found in fallen for surge in found} <= {"other"}, "only the other class can be said to rise"


def test_a_surge_does_not_become_usual_while_it_is_found() -> None:
    detector = SurgeDetector(NAMES, quiet=1e12)
    feed(detector, stream(0, 60))
    before = detector.usual()[2]
    feed(detector, surging(0, 1, np.array([0.3, 0.2, 0.5])))
    assert detector.usual()[2] == before, "a window that is half an alarm by itself teaches nothing"


def test_what_a_surge_taught_before_it_was_found_is_forgotten() -> None:
    detector = SurgeDetector(NAMES)
    feed(detector, stream(1, 60))
    found = feed(detector, surging(1, 8, np.array([0.51, 0.27, 0.22])))
    assert found and found[0][1].windows > 1, "a small surge takes some windows"
    assert detector.usual()[2] == pytest.approx(0.1, abs=0.01), "what is usual is as it was before"
