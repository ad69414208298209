"""Rows shrunk twice; numpy and torch give the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from crowds import drawn

from gpu_jobs.kernels import Hierarchical, hierarchical_torch


def test_numpy_and_torch_agree() -> None:
    answers, _ = drawn(6, tasks=60)

    ours, theirs = Hierarchical().fit(answers), hierarchical_torch.fit(answers, iterations=50)

    assert np.abs(ours.posterior - theirs.posterior).max() < 1e-6, "one model, two libraries"
    assert np.abs(ours.confusion - theirs.confusion).max() < 1e-5, "for workers as for tasks"


def test_a_worker_without_answers_gets_the_crowds_row() -> None:
    method = Hierarchical()
    counts = np.zeros((2, 2, 2))
    counts[0] = [[800.0, 200.0], [200.0, 800.0]]
    rows = np.exp(method.rows(counts, method.pool(counts)))

    crowd = (800 + 5000 * 0.75) / 6000
    assert rows[1, 0] == pytest.approx([crowd, 1 - crowd], abs=0.01), "nothing is known of them alone"
