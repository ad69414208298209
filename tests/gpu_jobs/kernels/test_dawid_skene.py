"""Dawid-Skene: one step by hand, recovery, and its bound."""

from __future__ import annotations

import numpy as np
import pytest
from crowds import crowd, drawn

from gpu_jobs.kernels import DawidSkene
from gpu_jobs.kernels.em import Crowd


def test_rows_are_shares_of_expected_answers() -> None:
    counts = np.array([[[3.0, 1.0], [0.0, 2.0]]])

    rows = np.exp(DawidSkene().rows(counts, np.empty(0)))

    assert rows.ravel() == pytest.approx([0.75, 0.25, 0, 1], abs=1e-9), "each true class on its own"


def test_smoothing_is_added_to_every_cell() -> None:
    rows = np.exp(DawidSkene(smoothing=1.0).rows(np.array([[[3.0, 1.0], [0.0, 2.0]]]), np.empty(0)))

    assert rows.ravel() == pytest.approx([4 / 6, 2 / 6, 1 / 4, 3 / 4]), "one answer each"


def test_a_worker_who_swaps_the_classes_is_understood() -> None:
    rows = [(task, worker, task % 2 if worker < 3 else 1 - task % 2) for task in range(10) for worker in range(4)]

    found = DawidSkene().fit(crowd(rows, tasks=10))

    assert found.confusion[3].ravel() == pytest.approx([0, 1, 1, 0], abs=1e-6), "always the other one"


def test_the_likelihood_grows_with_every_step() -> None:
    answers, _ = drawn(8)
    prepared, method = Crowd(answers), DawidSkene()

    state = method.step(prepared, method.start(prepared), 1)
    reached = []
    for number in range(2, 12):
        state = method.step(prepared, state.posterior, number)
        reached.append(state.log_likelihood)

    assert (np.diff(reached) > -1e-9).all(), "expectation-maximisation never loses likelihood"
