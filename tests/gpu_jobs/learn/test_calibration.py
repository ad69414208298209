"""Intervals and the bar of acceptance: the promise of precision must hold over many draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from gpu_jobs.learn import calibration


def test_wilson_gives_the_textbook_interval() -> None:
    lower, upper = calibration.wilson(8, 10)

    assert (round(lower, 3), round(upper, 3)) == (0.490, 0.943), "Wilson's interval of 8 in 10"
    assert calibration.wilson(0, 0) == (0.0, 1.0), "of nothing nothing is known"


@pytest.mark.parametrize(("hits", "total"), [(9, 10), (59, 59), (480, 500)])
def test_the_exact_bound_is_where_such_luck_has_five_percent(hits: int, total: int) -> None:
    bound = calibration.clopper_pearson_lower(hits, total)

    assert math.isclose(float(binom.sf(hits - 1, total, bound)), 0.05, rel_tol=1e-6), "that is the bound's definition"


def test_the_promised_precision_holds_in_all_but_few_draws() -> None:
    chance = np.random.default_rng(0)
    broken = accepted = 0
    for _ in range(300):
        confidence = chance.uniform(0.6, 1, 400)
        right = chance.random(400) < confidence
        bar = calibration.acceptance(confidence, right, 0.85)
        if bar.threshold <= 1:
            accepted += 1
            broken += (bar.threshold + 1) / 2 < 0.85  # the true precision above the threshold

    assert accepted > 150, "mostly there is something to accept"
    assert broken / 300 <= 0.05, "the promise is broken at most once in twenty draws"


def test_nothing_is_accepted_where_nothing_is_known() -> None:
    nobody = calibration.acceptance(np.empty(0), np.empty(0, bool), 0.9)
    wrong = calibration.acceptance(np.linspace(0.5, 1, 200), np.zeros(200, bool), 0.9)

    assert nobody.threshold == wrong.threshold == math.inf, "without proof people keep the work"


def test_equally_sure_items_are_accepted_together() -> None:
    bar = calibration.acceptance(np.full(200, 0.8), np.arange(200) % 50 != 0, 0.9)

    assert bar.threshold == 0.8 and bar.covered == 1.0, "a threshold cannot part equals"


def test_cross_fitted_probabilities_do_not_use_their_own_gold() -> None:
    chance = np.random.default_rng(0)
    gold = [np.array([one]) for one in chance.integers(0, 2, 60)]
    blocks = [5 * np.eye(2)[one] + chance.normal(size=(1, 2)) for one in gold]

    found, heat = calibration.cross_fitted(blocks, gold, 0)
    gold[0] = 1 - gold[0]
    other, _ = calibration.cross_fitted(blocks, gold, 0)

    assert np.array_equal(found[0], other[0]), "an item's own gold must not change its probabilities"
    assert heat > 0, "the temperature of all is for items to come"


def test_the_audit_share_is_random_and_repeatable() -> None:
    items = np.arange(20_000)

    first, second, other = (calibration.audited(items, 0.05, seed) for seed in (1, 1, 2))

    assert abs(first.mean() - 0.05) < 0.006, "about the share that was asked for"
    assert np.array_equal(first, second) and not np.array_equal(first, other), "the seed decides"


def test_the_calibration_error_is_the_mean_gap() -> None:
    error = calibration.calibration_error(np.array([0.9, 0.9, 0.6]), np.array([True, False, True]))

    assert math.isclose(error, (2 * 0.4 + 0.4) / 3), "0.9 against a half, twice, and 0.6 against one"


def test_an_item_is_as_sure_as_its_least_sure_row() -> None:
    blocks = [np.array([[0.9, 0.1], [0.4, 0.6]]), np.empty((0, 2))]

    assert calibration.item_confidence(blocks).tolist() == [0.6, 1.0], "one doubtful word makes a doubtful sentence"
