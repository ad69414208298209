"""MACE: workers who know, and else draw from a habit of their own; for crowds with spammers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.em import Confusions, right_of
from gpu_jobs.kernels.values import Floats


@dataclass(frozen=True)
class MACE(Confusions):
    """A worker copies the truth with probability theta_w, else answers from xi_w whatever the truth.

    pi_w[z, l] = theta_w [l = z] + (1 - theta_w) xi_w[l]. Here both are found from the expected counts by `inner`
    rounds: a right answer z was known with probability theta / (theta + (1 - theta) xi_z); theta is shrunk to the
    crowd's by `strength` pseudo-answers and xi to the crowd's by `habit`. Hovy, Berg-Kirkpatrick, Vaswani and Hovy,
    "Learning whom to trust with MACE", NAACL 2013; the start from votes instead of random ones makes it repeatable.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 0)]
    >>> MACE().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 200
    tol: float = 1e-4
    strength: float = 4.0
    habit: float = 2.0
    inner: int = 3
    class_tasks = 1.0

    def pool(self, counts: Floats) -> Floats:
        """The crowd's share of right answers, then its habit: the shares of all answers."""
        answered = counts.sum(axis=(0, 1)) + 1.0
        right = right_of(counts).sum() / max(1.0, float(counts.sum()))
        return np.concatenate([[right], answered / answered.sum()])

    def rows(self, counts: Floats, pool: Floats) -> Floats:
        """Copying plus habit."""
        size = counts.shape[1]
        diagonal = np.einsum("wkk->wk", counts)
        answered, total = counts.sum(axis=1), counts.sum(axis=(1, 2))
        theta = (diagonal.sum(axis=1) + self.strength * pool[0]) / (total + self.strength)
        habit = np.broadcast_to(pool[1:], answered.shape)
        for _ in range(self.inner):
            by_chance = (1 - theta)[:, None] * habit
            known = diagonal * theta[:, None] / np.maximum(theta[:, None] + by_chance, 1e-12)
            theta = (known.sum(axis=1) + self.strength * pool[0]) / (total + self.strength)
            rest = answered - known + self.habit * pool[1:]
            habit = rest / rest.sum(axis=1, keepdims=True)
        rows = np.eye(size) * theta[:, None, None] + ((1 - theta)[:, None] * habit)[:, None, :]
        logs: Floats = np.log(np.maximum(rows, 1e-12))
        return logs
