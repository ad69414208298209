"""Worker agreement with aggregate: one round of weighting by agreement, the cheapest step past majority vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.em import TINY, Crowd, conclude
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit, Floats

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress


@dataclass(frozen=True)
class Wawa(Categorical):
    """Votes weighted by how often a worker agrees with the plain majority.

    skill_w = share of w's answers equal to the majority label; p(z_t = c) is proportional to the sum of the skills
    of those who answered c. From the practice of crowdsourcing platforms; described in Ustalov, Pavlichenko and
    Tseitlin, "Learning from Crowds with Crowd-Kit", JOSS 2024.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 1), ("t2", "b", 1), ("t2", "c", 1)]
    >>> Wawa().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 1}
    """

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Vote, measure agreement, vote again with the agreement as weight."""
        crowd = Crowd(answers)
        skills = agreement_with(crowd, crowd.vote_shares())
        return conclude(crowd, weighted_shares(crowd, skills), iterations=2)


def agreement_with(crowd: Crowd, posterior: Floats) -> Floats:
    """Share of each worker's answers that equal the likeliest class."""
    labels = np.eye(posterior.shape[1])[posterior.argmax(axis=1)]
    counts = crowd.counts(labels)
    share: Floats = np.einsum("wkk->w", counts) / np.maximum(counts.sum(axis=(1, 2)), 1.0)
    return share


def weighted_shares(crowd: Crowd, weights: Floats) -> Floats:
    """Shares of the votes of workers with these weights; plain shares settle ties and tasks without weight."""
    rows = np.eye(crowd.answers.n_classes) * weights[:, None, None]
    scores = np.maximum(crowd.scores(rows), 0.0) + TINY * crowd.vote_shares()
    if crowd.answers.prior is not None:
        scores = scores + crowd.answers.prior
    shares: Floats = scores / scores.sum(axis=1, keepdims=True)
    return crowd.clamp(shares)
