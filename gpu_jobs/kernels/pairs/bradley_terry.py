"""Bradley-Terry with a gamma prior: item strengths that count how strong the opponents were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpu_jobs.kernels.frames import weighted_sums
from gpu_jobs.kernels.pairs.comparisons import Comparisons, PairwiseMethod
from gpu_jobs.kernels.values import Floats


@dataclass(frozen=True)
class BradleyTerry(PairwiseMethod):
    """P(i beats j) = v_i / (v_i + v_j), with v_i ~ Gamma(`shape`, rate).

    The maximum of the posterior by minorise-maximise: v_i = (`shape` - 1 + wins_i) / (rate + sum over comparisons of
    i with j of 1 / (v_i + v_j)), rate = n (`shape` - 1), which makes the scores sum to one. A shape above 1 keeps an
    item that won or lost everything finite and ties together groups that never met; 1 is maximum likelihood. Bradley
    and Terry, Biometrika 39 (1952); Caron and Doucet, "Efficient Bayesian inference for generalized Bradley-Terry
    models", JCGS 21 (2012).

    >>> import pandas as pd
    >>> rows = [("w1", "a", "b", "a"), ("w2", "a", "b", "a"), ("w1", "b", "c", "b")]
    >>> BradleyTerry().fit_predict(pd.DataFrame(rows, columns=["worker", "left", "right", "label"])).round(3).to_dict()
    {'a': 0.548, 'b': 0.26, 'c': 0.192}
    """

    n_iter: int = 1000
    tol: float = 1e-9  # largest change of a score
    shape: float = 2.0

    def _learn(self, seen: Comparisons) -> tuple[Floats, dict[str, Any]]:
        size = len(seen.items)
        scores = np.full(size, 1 / max(1, size))
        wins = self.shape - 1 + seen.tally(seen.winner)
        for _ in range(self.n_iter):
            before = scores
            met = 1 / (scores[seen.left] + scores[seen.right])
            load = weighted_sums(seen.left, met, size) + weighted_sums(seen.right, met, size)
            scores = wins / (size * (self.shape - 1) + load)
            scores = scores / scores.sum()  # true at the maximum, and slow to come by itself
            if not size or np.abs(scores - before).max() < self.tol:
                break
        return scores, {}
