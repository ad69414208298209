"""Fleiss and Cohen against numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from crowds import crowd, drawn

from gpu_jobs.kernels.agreement import agreement, fleiss_kappa, pairwise_cohen

# Fleiss 1971 as retold in textbooks: ten subjects, fourteen raters, five categories, kappa 0.210
FLEISS = "0000e 02642 00356 03920 22811 77000 32630 25322 65210 02237"


def test_fleiss_of_the_printed_example() -> None:
    votes = np.array([[int(cell, 16) for cell in row] for row in FLEISS.split()], dtype=float)

    assert fleiss_kappa(votes) == pytest.approx(0.210, abs=5e-4), "the printed value"


def test_cohen_by_hand() -> None:
    rows = [(task, 0, label) for task, label in enumerate([0, 0, 1, 1])]
    rows += [(task, 1, label) for task, label in enumerate([0, 1, 1, 1])]

    found = pairwise_cohen(crowd(rows, tasks=4))

    assert found.common.tolist() == [4] and found.kappa == pytest.approx([0.5]), "0.75 seen, 0.5 by chance"


def test_one_call_gives_all() -> None:
    found = agreement(drawn(0)[0])

    assert 0 < found.kappa < 1 and 0 < found.alpha < 1 and 0 < found.mean_cohen < 1, "they agree beyond chance"
    assert len(found.cohen.kappa) == 66, "each of twelve workers with each other one"


def test_strangers_have_no_kappa() -> None:
    found = agreement(crowd([(0, 0, 1), (1, 1, 0)], tasks=2))

    assert not len(found.cohen.kappa) and math.isnan(found.mean_cohen), "no common task"
