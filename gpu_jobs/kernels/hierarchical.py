"""Dawid-Skene whose worker rows are shrunk twice, to the crowd's rows at the worker's own accuracy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit, logit

from gpu_jobs.kernels.em import Confusions, Crowd, State, right_of
from gpu_jobs.kernels.values import Answers, Fit, Floats

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

LARGE = 100_000  # answers from which torch pays for its import; it has no priors per task
MAX_ODDS = 6.0  # bound on log odds of a diagonal
START_VOTES = 0.5  # pseudo-votes per class in the first posterior


@dataclass(frozen=True)
class Hierarchical(Confusions):
    """Each worker's confusion row starts as the crowd's row, its diagonal moved to the worker's own accuracy.

    Crowd row S_z = counts over all workers plus `shared_answers` at accuracy `shared_accuracy`. Worker accuracy
    a_w = (right_w + `coin_answers` A) / (n_w + `coin_answers`) with A the crowd's accuracy. The worker's start row has
    diagonal expit(logit S_zz + logit a_w - logit A) and S's errors beside it; the row is
    (n_wzl + s start) / (n_wz + s), s = `row_answers` K. The idea of partial pooling as in Paun et al., "Comparing
    Bayesian models of annotation", TACL 6 (2018), hierarchical Dawid-Skene; fitted here by MAP-EM.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 0)]
    >>> Hierarchical().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 50
    tol: float = 1e-6
    shared_answers: float = 5000.0
    shared_accuracy: float = 0.75
    crowd_answers: float = 1000.0
    coin_answers: float = 20.0
    row_answers: float = 2.0
    class_tasks: ClassVar[float] = 50.0

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """In numpy, or in torch on all ranks when there are many answers and the settings are the defaults."""
        plain = replace(self, n_iter=50) == Hierarchical() and answers.prior is None
        if len(answers.task) < LARGE or not plain or answers.n_classes < 2:
            return super().fit(answers, progress=progress)
        from gpu_jobs.kernels import hierarchical_torch

        return hierarchical_torch.fit(answers, iterations=self.n_iter, progress=progress)

    def start(self, crowd: Crowd) -> Floats:
        """Votes with half a vote for each class."""
        prior = 0.0 if crowd.answers.prior is None else crowd.answers.prior
        votes = crowd.votes + START_VOTES + prior
        shares: Floats = votes / votes.sum(axis=1, keepdims=True)
        return crowd.clamp(shares)

    def pool(self, counts: Floats) -> Floats:
        """The crowd's rows, with its accuracy as one more row."""
        size = counts.shape[1]
        eye = np.eye(size)
        even = (1 - eye) * (1 - self.shared_accuracy) / (size - 1) + eye * self.shared_accuracy
        shared = counts.sum(axis=0) + self.shared_answers * even
        shared /= shared.sum(axis=1, keepdims=True)
        right = right_of(counts).sum() + self.crowd_answers * self.shared_accuracy
        return np.vstack([shared, np.full(size, right / (counts.sum() + self.crowd_answers))])

    def rows(self, counts: Floats, pool: Floats) -> Floats:
        """Counts pulled to the worker's start rows."""
        shared, crowd = pool[:-1], float(pool[-1, 0])
        size = len(shared)
        eye = np.eye(size)
        right, total = right_of(counts), counts.sum(axis=(1, 2))
        right, wrong = right + self.coin_answers * crowd, total - right + self.coin_answers * (1 - crowd)
        shift = np.log(right / wrong)[:, None] - logit(crowd)
        diagonal = expit(np.clip(logit(np.diagonal(shared)) + shift, -MAX_ODDS, MAX_ODDS))[:, :, None]
        errors = shared * (1 - eye)
        start = eye * diagonal + errors / errors.sum(axis=1, keepdims=True) * (1 - diagonal)
        weight = self.row_answers * size
        rows: Floats = np.log((counts + weight * start) / (counts.sum(axis=2, keepdims=True) + weight))
        return rows

    def settled(self, crowd: Crowd, before: State, after: State, change: float) -> bool:
        """Whether the posterior moves less than `tol` per task."""
        return float(np.abs(after.posterior - before.posterior).sum()) < self.tol * crowd.answers.n_tasks
