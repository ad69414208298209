"""MACE: spammers are found out.

Proves gpu_jobs.kernels.mace.
"""

from __future__ import annotations

import numpy as np
import pytest
from crowds import crowd

from gpu_jobs.kernels import MACE


def test_one_inner_round_by_hand() -> None:
    method = MACE(inner=1)
    rows = np.exp(method.rows(np.array([[[4.0, 0.0], [2.0, 2.0]]]), np.array([0.5, 0.5, 0.5])))

    # theta starts at (6 + 2) / 12 = 2/3, xi even: 4/3 / (4/3 + 1/3) = 0.8 of 6 right answers were known: 4.8
    theta = (4.8 + 2) / 12
    habit = np.array([6 - 3.2 + 1, 2 - 1.6 + 1])
    habit /= habit.sum()
    assert rows[0, 1, 1] == pytest.approx(theta + (1 - theta) * habit[1]), "knows, or falls back on habit"


def test_three_spammers_do_not_outvote_two_who_know() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 60)
    rows = [(task, worker, int(truth[task]) if worker < 3 else 0) for task in range(60) for worker in range(6)]

    found = MACE().fit(crowd(rows, tasks=60))

    assert (found.labels == truth).all(), "those who always say 0 say nothing"
