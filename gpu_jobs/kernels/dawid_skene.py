"""Dawid and Skene's model as published: a free confusion matrix per worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.em import TINY, Confusions, Crowd, State
from gpu_jobs.kernels.large import LARGE, LargeDawidSkene
from gpu_jobs.kernels.values import Answers, Fit, Floats

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress


@dataclass(frozen=True)
class DawidSkene(Confusions):
    """A confusion matrix per worker, fitted by expectation-maximisation from shares of the votes.

    z_t ~ rho; worker w answers l with probability pi_w[z_t, l]. Expectation: q_t(z) is proportional to
    rho_z times the product of pi_w[z, l] over the answers. Maximisation: pi_w[z, l] is proportional to the sum of
    q_t(z) over w's answers l, plus `smoothing`. Stops when the evidence bound per answer grows by less than `tol`.
    From a million answers on the sweeps of `LargeDawidSkene` do the same in less memory, with its stopping rule.
    Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", Applied
    Statistics 28 (1979).

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 1)]
    >>> method = DawidSkene()
    >>> method.fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    >>> method.errors_.loc[("c", 0)].round(2).to_dict()  # what c says 0 to
    {0: 0.0, 1: 1.0}
    """

    n_iter: int = 100
    tol: float = 1e-5
    smoothing: float = 0.0

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Infer labels and worker quality; the large path knows no prior of tasks."""
        if len(answers.task) < LARGE or answers.prior is not None:
            return super().fit(answers, progress=progress)
        return LargeDawidSkene(self.n_iter, self.tol, self.smoothing).fit(answers, progress=progress)

    def start(self, crowd: Crowd) -> Floats:
        """Plain shares of the votes."""
        return crowd.vote_shares(TINY)

    def pool(self, counts: Floats) -> Floats:
        """Nothing is borrowed."""
        return np.empty(0)

    def rows(self, counts: Floats, pool: Floats) -> Floats:
        """Shares of each worker's expected answers."""
        rows = np.maximum(counts + self.smoothing, TINY)
        logs: Floats = np.log(rows / rows.sum(axis=2, keepdims=True))
        return logs

    def run(self, crowd: Crowd, start: Floats, *, progress: Progress | None = None) -> State:
        """Alternate until the evidence bound per answer grows by less than `tol`, `n_iter` times at most."""
        state = self.step(crowd, start, 1)
        bound = -np.inf
        while True:
            after = self.step(crowd, state.posterior, state.iterations + 1)
            reached = _bound(crowd, state, after) / len(crowd.answers.task)
            if progress:
                progress(state.iterations, float(np.abs(after.posterior - state.posterior).max()))
            if reached - bound < self.tol or state.iterations >= self.n_iter:
                return state
            bound, state = reached, after


def _bound(crowd: Crowd, state: State, after: State) -> float:
    """The evidence bound of a posterior under the parameters that follow from it, in crowd-kit's form.

    There the log class shares enter once per answer, not once per task; the stopping step depends on it.
    """
    posterior = state.posterior
    weight = crowd.degree @ (posterior * after.log_classes)
    entropy = -(posterior * np.log(np.maximum(posterior, TINY))).sum()
    return float((after.counts * after.log_rows).sum() + weight.sum() + entropy)
