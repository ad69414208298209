"""Bradley-Terry with workers of different skill and position bias, for crowds that nobody vetted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpu_jobs.kernels import frames
from gpu_jobs.kernels.frames import weighted_sums
from gpu_jobs.kernels.pairs.comparisons import Comparisons, PairwiseMethod
from gpu_jobs.kernels.values import Floats

NORMAL_95 = 1.959964  # half width of a 95 % interval in standard deviations


@dataclass(frozen=True)
class NoisyBradleyTerry(PairwiseMethod):
    """P(w prefers left i over right j) = sigmoid(a_w (s_i - s_j) + b_w): skill a_w, position bias b_w.

    A random utility model with s_i ~ N(0, `score_sd`^2), a_w ~ N(1, `skill_sd`^2), b_w ~ N(0, `bias_sd`^2), at the
    maximum of its posterior (L-BFGS from equal scores and workers). A spammer's skill goes to 0; a worker who misread
    the question gets a negative one and still informs. After Chen, Bennett, Collins-Thompson and Horvitz, "Pairwise
    ranking aggregation in a crowdsourced setting", WSDM 2013.

    Learned beside the common attributes: `biases_`, a series by worker, above 0 for a taste for the left.

    >>> import pandas as pd
    >>> rows = [(w, "a", "b", "a") for w in "uvwxy"] + [(w, "b", "c", "b") for w in "uvwxy"]
    >>> rows += [("z", "a", "b", "b"), ("z", "b", "c", "c")]
    >>> model = NoisyBradleyTerry()
    >>> list(model.fit_predict(pd.DataFrame(rows, columns=["worker", "left", "right", "label"])).sort_values().index)
    ['c', 'b', 'a']
    >>> model.skills_.idxmin()
    'z'
    """

    n_iter: int = 2000
    score_sd: float = 1.0
    skill_sd: float = 0.5
    bias_sd: float = 0.3

    def _learn(self, seen: Comparisons) -> tuple[Floats, dict[str, Any]]:
        import pandas as pd
        from scipy.optimize import minimize

        items, workers = len(seen.items), len(seen.workers)
        start = np.concatenate([np.zeros(items), np.ones(workers), np.zeros(workers)])
        found = minimize(
            self._loss, start, args=(seen,), jac=True, method="L-BFGS-B", options={"maxiter": self.n_iter}
        ).x
        scores, skill, bias = np.split(found, [items, items + workers])
        gap = scores[seen.left] - scores[seen.right]
        chance = 1 / (1 + np.exp(-(skill[seen.worker] * gap + bias[seen.worker])))
        information = weighted_sums(seen.worker, chance * (1 - chance) * gap**2, workers) + self.skill_sd**-2
        half = NORMAL_95 / np.sqrt(information)  # Laplace, scores held fixed
        learned = frames.skills(seen.workers, skill, skill - half, skill + half)
        learned["biases_"] = pd.Series(bias, index=seen.workers.rename("worker"), name="bias")
        return scores, learned

    def _loss(self, point: Floats, seen: Comparisons) -> tuple[float, Floats]:
        """Negative log posterior and its gradient."""
        items, workers = len(seen.items), len(seen.workers)
        scores, skill, bias = np.split(point, [items, items + workers])
        gap = scores[seen.left] - scores[seen.right]
        margin = seen.sign * (skill[seen.worker] * gap + bias[seen.worker])
        pull = -seen.sign * np.exp(-np.logaddexp(0.0, margin))
        lift = pull * skill[seen.worker]
        gradient = (
            weighted_sums(seen.left, lift, items) - weighted_sums(seen.right, lift, items) + scores / self.score_sd**2,
            weighted_sums(seen.worker, pull * gap, workers) + (skill - 1) / self.skill_sd**2,
            weighted_sums(seen.worker, pull, workers) + bias / self.bias_sd**2,
        )
        prior = (scores**2).sum() / self.score_sd**2 + ((skill - 1) ** 2).sum() / self.skill_sd**2
        prior += (bias**2).sum() / self.bias_sd**2
        return float(np.logaddexp(0.0, -margin).sum() + prior / 2), np.concatenate(gradient)
