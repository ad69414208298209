"""Votes weighted by accuracy on control tasks: the plain way to use what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.em import Crowd, conclude, right_of
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit
from gpu_jobs.kernels.wawa import weighted_shares

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress


@dataclass(frozen=True)
class GoldMajorityVote(Categorical):
    """Votes weighted by each worker's accuracy on the tasks whose label is known.

    skill_w = (right_w + s a) / (known_w + s), with a the accuracy of all workers on known tasks and s = `strength`
    pseudo-answers, so that a worker who met no control task counts like the average one. Without control tasks this
    is majority vote. After GoldMajorityVote of Ustalov, Pavlichenko and Tseitlin, "Learning from Crowds with
    Crowd-Kit", JOSS 2024, which has s = 0.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 0), ("t1", "b", 1), ("t2", "a", 1), ("t2", "b", 0)]
    >>> data = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> GoldMajorityVote().fit_predict(data, pd.Series({"t1": 0})).to_dict()
    {'t1': 0, 't2': 1}
    """

    strength: float = 2.0

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Measure on control tasks, then vote."""
        crowd = Crowd(answers)
        truth = np.zeros((answers.n_tasks, answers.n_classes))
        counts = crowd.counts(crowd.clamp(truth))
        right, total = right_of(counts), counts.sum(axis=(1, 2))
        average = (right.sum() + 1.0) / (total.sum() + 2.0)
        skills = (right + self.strength * average) / (total + self.strength)
        return conclude(crowd, weighted_shares(crowd, skills))
