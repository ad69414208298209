"""Scores against figures worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpu_jobs.offline.scores import calibration_error, macro_f1, rare_f1, score

LABELS = np.array([0, 0, 1, 1])
TRUTH = np.array([0, 1, 1, -1])
POSTERIOR = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.5, 0.5]])


def test_tasks_without_truth_are_not_scored() -> None:
    found = score(LABELS, POSTERIOR, TRUTH)
    assert found.tasks == 3, "the fourth task has no known label"
    assert found.accuracy == pytest.approx(2 / 3), "two of three are right"


def test_log_loss_is_the_mean_surprise() -> None:
    wanted = -(math.log(0.9) + math.log(0.4) + math.log(0.8)) / 3
    assert score(LABELS, POSTERIOR, TRUTH).log_loss == pytest.approx(wanted), "log-loss by hand"


def test_macro_f1_is_the_mean_over_classes() -> None:
    assert macro_f1(LABELS[:3], TRUTH[:3], 2) == pytest.approx(2 / 3), "both classes have F1 of two thirds"


def test_f1_of_the_rarer_class() -> None:
    assert rare_f1(LABELS[:3], np.array([0, 0, 1])) == 1.0, "the one task of class 1 is found, and no other"
    assert rare_f1(LABELS[:3], TRUTH[:3]) == pytest.approx(2 / 3), "class 0 is rarer: found twice, once right"
    assert math.isnan(rare_f1(np.array([0, 1, 2]), np.array([0, 1, 2]))), "only of two classes"


def test_a_class_that_never_occurs_does_not_count() -> None:
    assert macro_f1(np.array([0]), np.array([0]), 5) == 1.0, "four empty classes do not pull the mean down"


def test_calibration_error_of_sure_and_right_is_zero() -> None:
    assert calibration_error(np.ones(4), np.ones(4, bool)) == 0.0, "always sure and always right is calibrated"
    assert calibration_error(np.ones(4), np.zeros(4, bool)) == 1.0, "always sure and always wrong is the worst"


def test_nothing_to_score_is_not_a_number() -> None:
    assert math.isnan(score(LABELS, POSTERIOR, np.full(4, -1)).accuracy), "no known label, no accuracy"
