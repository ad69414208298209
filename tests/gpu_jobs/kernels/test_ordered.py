"""Rows of workers on an ordered scale (gpu_jobs.kernels.auto.ordered)."""

from __future__ import annotations

import numpy as np

from gpu_jobs.kernels.auto.ordered import Ordered
from gpu_jobs.kernels.values import Floats


def counts_of(centre: Floats, size: int = 5, answers: float = 200.0) -> Floats:
    """One worker's counts [worker, true, answered]: around `centre` of each level, spread half a level."""
    near = np.exp(-(((np.arange(size) - centre[:, None]) / 0.5) ** 2) / 2)
    counts: Floats = (answers * near / near.sum(axis=1, keepdims=True))[None]
    return counts


def test_rows_are_probabilities() -> None:
    method = Ordered()
    counts = counts_of(np.arange(5.0))

    rows = np.exp(method.rows(counts, method.pool(counts)))

    assert np.allclose(rows.sum(axis=2), 1), "each row sums to one"
    assert (rows[0].argmax(axis=1) == np.arange(5)).all(), "an exact worker answers the level itself most often"


def test_a_harsh_worker_is_seen_through() -> None:
    method = Ordered()
    counts = counts_of(np.arange(5.0) - 1)

    rows = method.rows(counts, method.pool(counts_of(np.arange(5.0))))

    assert rows[0, 3].argmax() == 2, "one level too low"


def test_only_a_scale_tells_a_timid_worker() -> None:
    counts = counts_of(2 + 0.5 * (np.arange(5.0) - 2))

    methods = Ordered(), Ordered(scale_sd=0.3)

    plain, timid = (float((method.rows(counts, method.pool(counts)) * counts).sum()) for method in methods)

    assert timid > plain + 10, "answers near the middle are not vague ones"


def test_without_answers_a_worker_is_the_crowd() -> None:
    method = Ordered()
    crowd = counts_of(np.arange(5.0))

    rows = method.rows(np.zeros((1, 5, 5)), method.pool(crowd))

    assert np.allclose(rows, method.rows(crowd, method.pool(crowd))), "no bias and the crowd's spread"
