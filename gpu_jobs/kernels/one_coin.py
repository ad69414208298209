"""One-coin Dawid-Skene: one accuracy per worker, errors spread evenly; for few answers per worker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.em import Confusions, right_of
from gpu_jobs.kernels.values import Floats

LEAST, MOST = 0.001, 0.999  # bounds of an accuracy


@dataclass(frozen=True)
class OneCoin(Confusions):
    """A worker is right with probability p_w, else answers any other class alike.

    p_w = (right_w + s P) / (n_w + s), with P the crowd's accuracy and s = `strength` pseudo-answers. It fails where
    workers prefer a class or classes are ordered. Zhang, Chen, Zhou and Jordan, "Spectral methods meet EM", JMLR 17
    (2016), section 4.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 1)]
    >>> OneCoin().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 200
    tol: float = 1e-4
    strength: float = 4.0
    class_tasks = 1.0

    def pool(self, counts: Floats) -> Floats:
        """The crowd's accuracy."""
        return np.array([right_of(counts).sum() / max(1.0, float(counts.sum()))])

    def rows(self, counts: Floats, pool: Floats) -> Floats:
        """The accuracy on the diagonal, the rest spread evenly."""
        size = counts.shape[1]
        total = counts.sum(axis=(1, 2))
        accuracy = np.clip((right_of(counts) + self.strength * pool[0]) / (total + self.strength), LEAST, MOST)
        right, wrong = np.log(accuracy), np.log((1 - accuracy) / (size - 1))
        rows: Floats = np.where(np.eye(size, dtype=bool), right[:, None, None], wrong[:, None, None])
        return rows
