"""Zero-based skill: votes weighted by a skill that follows agreement in ever smaller steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.em import Crowd, conclude
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit
from gpu_jobs.kernels.wawa import agreement_with, weighted_shares

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress


@dataclass(frozen=True)
class ZeroBasedSkill(Categorical):
    """Weighted votes and skills in turn: skill += rate (agreement with the weighted vote - skill).

    Skills start at 1 / K + `eps`; the rate starts at `lr_init` and is multiplied by `lr_reduce_factor` every
    `lr_steps_to_reduce` steps. Described in Ustalov, Pavlichenko and Tseitlin, "Learning from Crowds with Crowd-Kit",
    JOSS 2024.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 0)]
    >>> ZeroBasedSkill().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 100
    lr_init: float = 1.0
    lr_steps_to_reduce: int = 20
    lr_reduce_factor: float = 0.5
    eps: float = 1e-5

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Take all `n_iter` steps; stop before when nothing moves."""
        crowd = Crowd(answers)
        skills = np.full(answers.n_workers, 1 / max(1, answers.n_classes) + self.eps)
        rate = self.lr_init
        for iteration in range(1, self.n_iter + 1):
            if iteration % self.lr_steps_to_reduce == 0:
                rate *= self.lr_reduce_factor
            step = rate * (agreement_with(crowd, weighted_shares(crowd, skills)) - skills)
            skills = skills + step
            change = float(np.abs(step).max(initial=0.0))
            if progress:
                progress(iteration, change)
            if change == 0:
                break
        return conclude(crowd, weighted_shares(crowd, skills), iterations=iteration)
