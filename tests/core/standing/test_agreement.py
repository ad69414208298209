"""Agreement beyond chance has the textbook's values, and is 0 for labels that have nothing to do with each other."""

from __future__ import annotations

import random

import pytest

from core.standing.agreement import by_class, cohen, krippendorff


def test_alpha_of_a_table_done_by_hand() -> None:
    found = krippendorff([[0, 0], [0, 1], [1, 1], [1, 1]])
    assert found is not None
    assert found.observed == pytest.approx(0.75), "three of four pairs agree"
    assert found.beyond == pytest.approx(1 - 0.25 / (1 - (3 * 2 + 5 * 4) / 56)), "chance is taken from the margins"


def test_full_agreement_is_one_and_single_answers_are_no_units() -> None:
    found = krippendorff([[0, 0], [1, 1, 1], [2]])
    assert found is not None and found.beyond == 1 and found.units == 2, "a task with one answer compares nothing"
    assert krippendorff([[0], [1]]) is None, "nothing to compare"
    assert krippendorff([[0, 0], [0, 0]]).beyond == 1, "one class alone is agreement"  # type: ignore[union-attr]


def test_noise_is_near_zero() -> None:
    rng = random.Random(1)
    found = krippendorff([[rng.randrange(3) for _ in range(3)] for _ in range(3_000)])
    assert found is not None and abs(found.beyond) < 0.03, "labels by lot agree by chance alone"
    kappa = cohen((rng.randrange(3), rng.randrange(3)) for _ in range(6_000))
    assert kappa is not None and abs(kappa.beyond) < 0.03, "and so for two"


def test_kappa_of_a_textbook_table() -> None:
    found = cohen([(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15)
    assert found is not None and found.observed == pytest.approx(0.7), "35 of 50 agree"
    assert found.beyond == pytest.approx(0.4), "and chance would give 0.5"
    assert cohen([]) is None, "nothing was said"


def test_the_class_that_nobody_can_tell_stands_out() -> None:
    units = [[0, 0, 0]] * 20 + [[1, 2, 1], [2, 1, 2], [1, 2, 2]] * 7
    found = by_class(units)
    assert found[0].beyond == 1 and found[1].beyond < 0.5 > found[2].beyond, "1 and 2 are mixed up, 0 never"
