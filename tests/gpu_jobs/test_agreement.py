"""Agreement against examples worked out in print."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpu_jobs.kernels.agreement import krippendorff_alpha, observed_agreement

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), example C: four observers, twelve units
EXAMPLE = ["11.1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", ".3.."]


def votes(units: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[float(unit.count(value)) for value in "12345"] for unit in units])


def test_alpha_is_that_of_the_printed_example() -> None:
    assert krippendorff_alpha(votes(EXAMPLE)) == pytest.approx(0.743, abs=5e-4), "the paper gives 0.743"


def test_full_agreement_is_one_and_chance_is_near_zero() -> None:
    rng = np.random.default_rng(0)
    random = np.array([np.bincount(rng.integers(3, size=4), minlength=3) for _ in range(5000)], dtype=float)

    assert krippendorff_alpha(votes(["111", "222"])) == 1.0, "nobody ever disagrees"
    assert abs(krippendorff_alpha(random)) < 0.02, "random answers agree by chance only"


def test_observed_agreement_is_the_share_of_equal_pairs() -> None:
    assert observed_agreement(votes(["112", "22", "3"])) == pytest.approx((1 / 3 + 1) / 2), (
        "single answers have no pair"
    )


@pytest.mark.parametrize("units", [[], ["1", "2"], ["11", "111"]])
def test_alpha_says_nothing_where_chance_cannot_disagree(units: list[str]) -> None:
    table = votes(units) if units else np.zeros((0, 5))

    assert math.isnan(krippendorff_alpha(table)), "no pairs, or one class only: there is nothing to compare with"
