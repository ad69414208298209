"""Bayesian weighted average: workers are precisions, labels are averaged; fast and safe with few answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.em import TINY, Crowd, conclude
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit, Floats

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

CLOSE, CLOSER = 1e-3, 1e-8  # relative and absolute part of the stopping rule


@dataclass(frozen=True)
class BWA(Categorical):
    """Each class on its own: the truth is an average of zeros and ones, weighted by the workers' precisions.

    y_tw = [answer is c] ~ Normal(z_t, 1 / v_w), z_t ~ Normal(mu, 1 / `lambda_`), v_w ~ Gamma(`a_v`, b_v) with b_v set
    from the mean spread of the votes. In turn: v_w = (a_v + n_w) / (b_v + sum of (z_t - y)^2),
    z_t = (lambda mu + sum v_w y) / (lambda + sum v_w). Probabilities are the z_t of all classes, normalised. Li,
    Rubinstein and Cohn, "Truth inference at scale: a Bayesian model for adjudicating highly redundant crowd
    annotations", WWW 2019.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 0)]
    >>> BWA().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 500
    a_v: float = 15.0
    lambda_: float = 1.0
    prior_correction: bool = True

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Fit all classes side by side until none moves."""
        crowd = Crowd(answers)
        if answers.n_classes < 2 or not len(answers.task):
            return conclude(crowd, crowd.vote_shares(1.0), iterations=0)
        truth = crowd.vote_shares(TINY)
        base = self._base(crowd, truth)
        active = np.ones(answers.n_classes, dtype=bool)
        for iteration in range(1, self.n_iter + 1):
            after = np.where(active, self._step(crowd, truth, base), truth)
            change = np.abs(after - truth)
            active &= (change > CLOSER + CLOSE * np.abs(after)).any(axis=0)
            truth = after
            if progress:
                progress(iteration, float(change.max()))
            if not active.any():
                break
        shares = np.maximum(truth, TINY)
        return conclude(crowd, crowd.clamp(shares / shares.sum(axis=1, keepdims=True)), iterations=iteration)

    def _base(self, crowd: Crowd, truth: Floats) -> Floats:
        """b_v of each class."""
        correction = 4 * (1 - 1 / crowd.answers.n_classes) if self.prior_correction else 1.0
        spread: Floats = self.a_v * (crowd.degree @ (truth * (1 - truth))) / crowd.degree.sum() * correction
        return np.maximum(spread, TINY)

    def _step(self, crowd: Crowd, truth: Floats, base: Floats) -> Floats:
        """Precisions from truths, then truths from precisions, [task, class]."""
        size = crowd.answers.n_classes
        said = crowd.counts(np.ones_like(truth))[:, 0, :]  # [worker, class]
        hits = np.einsum("wkk->wk", crowd.counts(truth))
        squares = crowd.counts(truth**2).sum(axis=2)
        precision = (self.a_v + said.sum(axis=1, keepdims=True)) / (base + squares - 2 * hits + said)
        same = crowd.scores(np.eye(size) * precision[:, None, :])
        every = crowd.scores(np.broadcast_to(precision[:, :, None], (len(said), size, size)))
        if crowd.answers.prior is None:
            mean = (truth * crowd.counted).sum(axis=0) / crowd.counted.sum()
        else:
            mean = crowd.answers.prior
        after: Floats = (self.lambda_ * mean + same) / (self.lambda_ + every)
        return crowd.clamp(after)
