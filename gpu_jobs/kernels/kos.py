"""KOS: message passing between workers and tasks, with proven error bounds on random assignments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from gpu_jobs.kernels.em import Crowd, conclude, sorted_answers
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit, Floats, Ints

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress


@dataclass(frozen=True)
class KOS(Categorical):
    """Each answer carries two messages, of what the task is and of how far the worker is to be trusted.

    For one class against the rest, A_tw = +1 or -1: x_t->w = sum over the others of A y, y_w->t = sum over the others
    of A x, `n_iter` times from y = 1; the score of the class is sum_w A y. More than two classes are scored one by
    one. Messages are scaled to length one, which changes no sign. Karger, Oh and Shah, "Budget-optimal task
    allocation for reliable crowdsourcing systems", Operations Research 62 (2014). The paper starts from random
    messages; ones make it repeatable and keep the sign. It can be near chance on real crowds.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 1)]
    >>> KOS().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 100

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Score every class; two classes share one pass."""
        crowd = Crowd(answers)
        size = answers.n_classes
        if size < 2 or not len(answers.task):
            return conclude(crowd, crowd.vote_shares(1.0), iterations=0)
        edges = sorted_answers(answers)
        passes = range(1, 2) if size == 2 else range(size)
        scores = np.stack([self._scores(answers, edges, chosen) for chosen in passes], axis=1)
        if size == 2:
            scores = np.concatenate([-scores, scores], axis=1)
        if progress:
            progress(self.n_iter, 0.0)
        return conclude(crowd, crowd.clamp(_shares(crowd, scores)), iterations=self.n_iter)

    def _scores(self, answers: Answers, edges: tuple[Ints, Ints, Ints], chosen: int) -> Floats:
        task, worker, label = edges
        sign = np.where(label == chosen, 1.0, -1.0)
        known = answers.gold >= 0
        truth = np.where(answers.gold == chosen, 1.0, -1.0)
        trust = np.ones(len(task))
        for _ in range(self.n_iter):
            said = sign * trust
            belief = np.bincount(task, said, answers.n_tasks)[task] - said
            belief = np.where(known[task], truth[task] * np.abs(belief).mean(), belief)
            held = sign * belief
            trust = np.bincount(worker, held, answers.n_workers)[worker] - held
            length = float(np.sqrt((trust**2).mean()))
            if length == 0:
                return np.bincount(task, sign, answers.n_tasks).astype(np.float64)
            trust = trust / length
        return np.bincount(task, sign * trust, answers.n_tasks).astype(np.float64)


def _shares(crowd: Crowd, scores: Floats) -> Floats:
    """Probabilities that rise with the scores, averaged over a task's answers; plain votes settle ties."""
    mean = scores / np.maximum(crowd.degree, 1.0)[:, None]
    prior = 0.0 if crowd.log_prior is None else crowd.log_prior
    shares: Floats = softmax(mean + prior + 1e-9 * crowd.vote_shares(), axis=1)
    return shares
