"""Enhanced Bayesian classifier combination: classes have hidden subtypes on which workers err together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln, xlogy

from gpu_jobs.kernels.em import TINY, Crowd, conclude
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit, Floats

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

CLOSE = 1e-5  # relative part of the stopping rule, numpy's own default


@dataclass(frozen=True)
class EBCC(Categorical):
    """Confusions given class and subtype, so that workers' errors on hard tasks can be correlated.

    z_t ~ tau, g_t | z_t = k ~ pi_k over `num_groups` subtypes, y_tw | z_t = k, g_t = m ~ v_wkm, with
    tau ~ Dirichlet(the votes' totals, or `alpha` without `empirical_prior`), pi_k ~ Dirichlet(`a_pi` / `num_groups`),
    v_wkm ~ Dirichlet(`a_v` on k, `b_v` off it). Variational Bayes from `starts` random splits of the votes into
    subtypes; the best evidence bound is kept. Li, Rubinstein and Cohn, "Exploiting worker correlation for label
    aggregation in crowdsourcing", ICML 2019.

    >>> import pandas as pd
    >>> rows = [(task, worker, task % 2) for task in range(4) for worker in "abc"] + [(4, "a", 1), (4, "b", 1)]
    >>> EBCC().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {0: 0, 1: 1, 2: 0, 3: 1, 4: 1}
    """

    n_iter: int = 500
    tol: float = 1e-3
    num_groups: int = 10
    a_pi: float = 0.1
    empirical_prior: bool = True
    alpha: float = 1.0
    a_v: float = 4.0
    b_v: float = 1.0
    starts: int = 20
    seed: int = 1234

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Keep the start with the best bound."""
        crowd = Crowd(answers)
        if answers.n_classes < 2 or not len(answers.task):
            return conclude(crowd, crowd.vote_shares(1.0), iterations=0)
        runs = [self._run(crowd, self.seed + start, progress) for start in range(self.starts)]
        joint, bound, iterations = max(runs, key=lambda run: run[1])
        posterior = crowd.clamp(joint.sum(axis=2))
        return conclude(crowd, posterior, iterations=iterations, log_likelihood=bound)

    def _run(self, crowd: Crowd, seed: int, progress: Progress | None) -> tuple[Floats, float, int]:
        """One start: joint posterior [task, class, subtype], its bound and the number of steps."""
        votes = crowd.vote_shares(TINY)
        split = np.random.default_rng(seed).dirichlet(np.ones(self.num_groups), votes.shape)
        joint = split * votes[:, :, None]
        alpha = (votes * crowd.counted).sum(axis=0) if self.empirical_prior else np.full(votes.shape[1], self.alpha)
        for iteration in range(1, self.n_iter + 1):
            before = joint.sum(axis=2)
            joint, bound = self._step(crowd, joint, alpha)
            after = joint.sum(axis=2)
            if progress:
                progress(iteration, float(np.abs(after - before).max()))
            if np.allclose(before, after, atol=self.tol, rtol=CLOSE):
                break
        return joint, bound, iteration

    def _step(self, crowd: Crowd, joint: Floats, alpha: Floats) -> tuple[Floats, float]:
        tasks, size, groups = joint.shape
        eta = self.a_pi / self.num_groups + (joint * crowd.counted[:, :, None]).sum(axis=0)
        nu = alpha + (joint.sum(axis=2) * crowd.counted).sum(axis=0)
        prior = np.eye(size) * (self.a_v - self.b_v) + self.b_v
        table = (crowd.backward @ joint.reshape(tasks, -1)).reshape(-1, size, size, groups)  # worker, answer, class
        table = table + prior.T[:, :, None]
        log_pi, log_tau, log_rows = _expected_log(eta, 1), _expected_log(nu, 0), _expected_log(table, 1)
        scores = (crowd.forward @ log_rows.reshape(-1, size * groups)).reshape(tasks, size, groups)
        classes = log_tau if crowd.log_prior is None else crowd.log_prior
        scores = scores + log_pi + classes[..., :, None]
        after = np.exp(scores - scores.max(axis=(1, 2), keepdims=True))
        after[crowd.known] *= crowd.truth[:, :, None]
        after /= np.maximum(after.sum(axis=(1, 2), keepdims=True), np.finfo(float).tiny)
        bound = ((eta - 1) * log_pi).sum() + ((nu - 1) * log_tau).sum() + ((table - 1) * log_rows).sum()
        bound += _entropy(eta, 1) + _entropy(nu, 0) + _entropy(table, 1) - xlogy(after, after).sum()
        return after, float(bound)


def _expected_log(table: Floats, axis: int) -> Floats:
    """Expected log of Dirichlet variables along `axis`."""
    logs: Floats = digamma(table) - digamma(table.sum(axis=axis, keepdims=True))
    return logs


def _entropy(table: Floats, axis: int) -> float:
    """Sum of the entropies of Dirichlet distributions along `axis`."""
    total, size = table.sum(axis=axis), table.shape[axis]
    log_beta = gammaln(table).sum() - gammaln(total).sum()
    return float(log_beta + ((total - size) * digamma(total)).sum() - ((table - 1) * digamma(table)).sum())
