"""One accuracy per worker.

Proves gpu_jobs.kernels.one_coin.
"""

from __future__ import annotations

import numpy as np
import pytest

from gpu_jobs.kernels import OneCoin


def test_accuracy_is_shrunk_and_errors_are_even() -> None:
    method = OneCoin()
    counts = np.zeros((2, 3, 3))
    counts[0, 0, 0] = 6.0
    counts[1, 0, 1] = 2.0
    rows = np.exp(method.rows(counts, method.pool(counts)))

    # the crowd is right on 6 of 8: (6 + 3) / 10 and (0 + 3) / 6
    assert rows[0, 0] == pytest.approx([0.9, 0.05, 0.05]), "nine in ten"
    assert rows[1, 2] == pytest.approx([0.25, 0.25, 0.5]), "one in two, on every class alike"
