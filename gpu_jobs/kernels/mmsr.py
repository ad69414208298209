"""M-MSR: worker skills from the rank-one structure of who agrees with whom, robust to a few adversaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.em import Crowd, conclude
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit, Floats
from gpu_jobs.kernels.wawa import agreement_with, weighted_shares

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

MOST_WORKERS = 5000  # two dense matrices of workers by workers: 400 MB
FLOOR = 1e-9


@dataclass(frozen=True)
class MMSR(Categorical):
    """Agreement beyond chance of two workers is the product of their skills, s_i s_j.

    C_ij = K / (K - 1) (share of equal answers on common tasks) - 1 / (K - 1). |s| is found by alternating over rows,
    each entry a mean of C_ij / s_j without the `trim` largest and smallest; signs by agreement with the majority.
    p_w = s (K - 1) / K + 1 / K; votes are weighted by log(p (K - 1) / (1 - p)). Ma and Olshevsky, "Adversarial
    crowdsourcing through robust rank-one matrix completion", NeurIPS 2020. ValueError for more than 5000 workers.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 0)]
    >>> MMSR().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 1000
    tol: float = 1e-10
    trim: float = 0.1  # share of a worker's partners left out at either end

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Skills from pairs, then one weighted vote."""
        if answers.n_workers > MOST_WORKERS:
            raise ValueError(f"m-msr compares all pairs of workers, {MOST_WORKERS} workers at most")
        crowd = Crowd(answers)
        if answers.n_classes < 2 or not len(answers.task):
            return conclude(crowd, crowd.vote_shares(1.0), iterations=0)
        agreement, common = _pairs(crowd)
        skill, iterations = self._rank_one(np.abs(agreement), common)
        size = answers.n_classes
        margin = 1 / np.sqrt(max(2, answers.n_tasks))
        sign = np.where(agreement_with(crowd, crowd.vote_shares()) * size >= 1, 1.0, -1.0)
        skill = np.clip(skill * sign, -1 / (size - 1) + margin, 1 - margin)
        chance = np.clip(skill * (size - 1) / size + 1 / size, FLOOR, 1 - FLOOR)
        weights = np.log(chance * (size - 1) / (1 - chance))
        if progress:
            progress(iterations, 0.0)
        return conclude(crowd, weighted_shares(crowd, weights), iterations=iterations)

    def _rank_one(self, target: Floats, common: Floats) -> tuple[Floats, int]:
        """Non-negative s with s_i s_j near the target where workers met."""
        met = common > 0
        partners = met.sum(axis=1)
        skill = np.full(len(target), np.sqrt(max(float(target[met].mean()) if met.any() else 0.0, FLOOR)))
        iteration = 0
        while iteration < self.n_iter:
            iteration += 1
            ratio = np.where(met, target / np.maximum(skill, 1e-3), np.inf)
            ratio.sort(axis=1)
            after = 0.5 * skill + 0.5 * np.minimum(_trimmed(ratio, partners, self.trim, skill), 1.0)
            moved = float(np.abs(after - skill).max())
            skill = after
            if moved < self.tol:
                break
        return skill, iteration


def _pairs(crowd: Crowd) -> tuple[Floats, Floats]:
    """Agreement beyond chance of each pair of workers, and on how many answers they met."""
    size, workers = crowd.answers.n_classes, crowd.answers.n_workers
    one_hot = crowd.forward.tocsc()
    said = [one_hot[:, np.arange(workers) * size + label] for label in range(size)]
    present = sum(said[1:], said[0])
    common = (present.T @ present).toarray()
    equal = sum((table.T @ table).toarray() for table in said)
    np.fill_diagonal(common, 0.0)
    share = np.divide(equal, common, out=np.zeros_like(common), where=common > 0)
    return np.where(common > 0, share * size / (size - 1) - 1 / (size - 1), 0.0), common


def _trimmed(ratio: Floats, partners: Floats, trim: float, default: Floats) -> Floats:
    """Mean of each row's finite entries without the share `trim` at either end; rows are sorted, infinity last."""
    cut = np.floor(partners * trim).astype(np.int64)
    finite = np.where(np.isfinite(ratio), ratio, 0.0)
    running = np.concatenate([np.zeros((len(ratio), 1)), np.cumsum(finite, axis=1)], axis=1)
    rows = np.arange(len(ratio))
    kept = partners - 2 * cut
    total = running[rows, partners - cut] - running[rows, cut]
    return np.where(kept > 0, total / np.maximum(kept, 1), default)
