"""GLAD: gradient, abilities and difficulties."""

from __future__ import annotations

import numpy as np
from crowds import crowd, drawn
from scipy.optimize import approx_fprime

from gpu_jobs.kernels import GLAD
from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.glad import _Game


def test_the_gradient_is_that_of_the_loss() -> None:
    answers, _ = drawn(0, tasks=8)
    game = _Game(Crowd(answers), GLAD())
    rng = np.random.default_rng(0)
    point, right = rng.normal(size=20), rng.random(len(answers.task))

    slope = game._loss(point, right)[1]

    numeric = approx_fprime(point, lambda at: game._loss(at, right)[0], 1e-7)
    assert np.abs(slope - numeric).max() < 1e-3, "twelve abilities and eight difficulties"


def test_an_able_worker_outweighs_a_poor_one() -> None:
    rows = [(task, worker, 1) for task in range(20) for worker in range(3)]
    rows += [(task, 3, task % 2) for task in range(20)] + [(20, 0, 1), (20, 3, 0)]

    assert GLAD().fit(crowd(rows, tasks=21)).labels[20] == 1, "one is always with the rest, the other every second time"
