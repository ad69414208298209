"""Majority vote, smoothed by the class frequencies; the plain comparison for every other method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpu_jobs.kernels.em import Crowd, conclude
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress


@dataclass(frozen=True)
class MajorityVote(Categorical):
    """The class with most votes; probabilities are smoothed shares of the votes.

    With n_tc votes of task t for class c, f_c the share of c in all votes and s = `pseudo_votes`,
    p(z_t = c) = (n_tc + s f_c) / (n_t + s). One pseudo-vote breaks a tie towards the commoner class and can never
    overturn a lead.

    >>> import pandas as pd
    >>> rows = [("t1", "a", "cat"), ("t1", "b", "cat"), ("t1", "c", "dog"), ("t2", "a", "dog")]
    >>> MajorityVote().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 'cat', 't2': 'dog'}
    """

    pseudo_votes: float = 1.0

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Count votes once."""
        crowd = Crowd(answers)
        return conclude(crowd, crowd.vote_shares(self.pseudo_votes))
