"""BWA: a fixed point that can be checked by hand.

Proves gpu_jobs.kernels.bwa.
"""

from __future__ import annotations

import pytest
from crowds import crowd

from gpu_jobs.kernels import BWA


def test_equal_workers_give_shrunk_shares() -> None:
    rows = [(task, worker, task) for task in (0, 1) for worker in range(4)]

    found = BWA().fit(crowd(rows, tasks=2))

    assert found.posterior[0, 0] > 0.99 and found.posterior[1, 1] > 0.99, "perfect workers have great precision"


def test_a_contrarian_loses_weight() -> None:
    rows = [(task, worker, task % 2 if worker < 3 else 1 - task % 2) for task in range(20) for worker in range(4)]

    found = BWA().fit(crowd(rows, tasks=20))

    assert found.accuracy[3] < 0.2 < 0.8 < found.accuracy[0], "one against three, every time"
    assert found.posterior.max(axis=1).min() > 0.8, "their answers hardly count: plain shares would be 0.75"
    assert found.posterior.sum(axis=1) == pytest.approx(1), "classes are normalised"
