"""Independent Bayesian classifier combination: Dawid-Skene with Dirichlet priors, fitted by variational Bayes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma

from gpu_jobs.kernels.em import Confusions, Crowd, State
from gpu_jobs.kernels.values import Floats

CLOSE = 1e-5  # relative part of the stopping rule, numpy's own default


@dataclass(frozen=True)
class IBCC(Confusions):
    """Confusion rows with a Dirichlet prior that favours the diagonal.

    pi_w[z] ~ Dirichlet(`a_v` on the diagonal, `b_v` off it), rho ~ Dirichlet(`alpha`). Variational Bayes: log rows
    are E[log pi] = digamma(n + prior) - digamma(sum). Kim and Ghahramani, "Bayesian classifier combination", AISTATS
    2012; settings of Li, Rubinstein and Cohn, "Truth inference at scale", WWW 2019.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 1)]
    >>> IBCC().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 500
    tol: float = 1e-3
    a_v: float = 4.0
    b_v: float = 1.0
    alpha: float = 1.0
    class_tasks = 1.0

    def pool(self, counts: Floats) -> Floats:
        """The prior, the same for all."""
        return np.eye(counts.shape[1]) * (self.a_v - self.b_v) + self.b_v

    def rows(self, counts: Floats, pool: Floats) -> Floats:
        """Expected logs of Dirichlet rows."""
        table = counts + pool
        rows: Floats = digamma(table) - digamma(table.sum(axis=2, keepdims=True))
        return rows

    def log_classes(self, crowd: Crowd, posterior: Floats) -> Floats:
        """Expected logs of the class shares."""
        total = (posterior * crowd.counted).sum(axis=0) + self.alpha
        logs: Floats = digamma(total) - digamma(total.sum())
        return logs

    def settled(self, crowd: Crowd, before: State, after: State, change: float) -> bool:
        """Whether all probabilities are close to those before."""
        return bool(np.allclose(before.posterior, after.posterior, atol=self.tol, rtol=CLOSE))
