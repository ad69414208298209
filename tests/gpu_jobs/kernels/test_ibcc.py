"""Expected logs of Dirichlet rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma

from gpu_jobs.kernels import IBCC


def test_rows_are_expected_logs_with_the_prior() -> None:
    method = IBCC()
    counts = np.array([[[2.0, 1.0], [0.0, 0.0]]])

    rows = method.rows(counts, method.pool(counts))

    assert rows[0, 0] == pytest.approx([digamma(6) - digamma(8), digamma(2) - digamma(8)]), "prior 4 and 1"
    assert rows[0, 1] == pytest.approx([digamma(1) - digamma(5), digamma(4) - digamma(5)]), "prior alone"
