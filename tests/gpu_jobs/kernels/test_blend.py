"""Weights and calibration, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_jobs.kernels.auto.blend import Calibration, Calibrator, answer_weights, mixture_weights


def test_without_cases_the_prior_is_kept() -> None:
    assert mixture_weights(np.empty((0, 2)), np.array([3.0, 1.0])) == pytest.approx([0.75, 0.25]), "nothing speaks"


def test_the_better_member_gets_the_weight() -> None:
    likelihoods = np.tile([0.9, 0.1], (200, 1))

    assert mixture_weights(likelihoods, np.ones(2))[0] > 0.99, "it is better in every case"


def test_members_that_cover_different_cases_share() -> None:
    likelihoods = np.array([[0.9, 0.1]] * 50 + [[0.1, 0.9]] * 50)

    assert mixture_weights(likelihoods, np.ones(2)) == pytest.approx([0.5, 0.5]), "each is needed"
    assert answer_weights(likelihoods, 10.0) == pytest.approx([0.5, 0.5]), "on answers too"


def test_a_power_sharpens_or_softens() -> None:
    softened = Calibration(0.5, np.zeros(2)).apply(np.array([[0.8, 0.2]]))

    assert softened[0] == pytest.approx([2 / 3, 1 / 3]), "roots of four and one"


def test_overconfidence_is_found_out() -> None:
    posterior = np.tile([0.99, 0.01], (300, 1))
    truth = (np.arange(300) % 5 == 0).astype(np.int64)

    found = Calibrator(1.0, 2.0, 0.3).fit(posterior, truth)

    assert found.apply(posterior)[0, 0] == pytest.approx(0.8, abs=0.02), "right four times in five"


def test_a_few_control_tasks_move_it_little() -> None:
    found = Calibrator(0.65, 0.5, 0.3).fit(np.array([[0.6, 0.4]]), np.array([0]))

    assert found.power == pytest.approx(0.65, abs=0.1) and not found.bias.any(), "shrunk to the default"
