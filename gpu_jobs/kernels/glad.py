"""GLAD: workers have abilities and tasks have difficulties; an easy task is answered right by most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from gpu_jobs.kernels.em import Crowd, conclude, posterior_of, sorted_answers
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.values import Answers, Fit, Floats

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress


@dataclass(frozen=True)
class GLAD(Categorical):
    """An answer is right with probability expit(alpha_w exp(beta_t)), errors spread evenly.

    alpha_w ~ Normal(`alpha_mean`, 1) is the worker's ability (below zero: against the truth) and exp(beta_t) the
    task's easiness, beta_t ~ Normal(`beta_mean`, 1). EM; the maximisation runs `m_step_max_iter` steps of L-BFGS.
    Whitehill, Ruvolo, Wu, Bergsma and Movellan, "Whose vote should count more", NIPS 2009.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 0)]
    >>> GLAD().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    """

    n_iter: int = 100
    tol: float = 1e-5
    alpha_mean: float = 1.0
    beta_mean: float = 1.0
    m_step_max_iter: int = 25
    m_step_tol: float = 1e-2

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Alternate until the expected log likelihood per answer and class grows by less than `tol`."""
        crowd = Crowd(answers)
        if answers.n_classes < 2 or not len(answers.task):
            return conclude(crowd, crowd.vote_shares(1.0), iterations=0)
        game = _Game(crowd, self)
        point = np.concatenate([np.full(answers.n_workers, self.alpha_mean), np.full(answers.n_tasks, self.beta_mean)])
        reached = -np.inf
        for iteration in range(1, self.n_iter + 1):
            posterior, log_likelihood = game.expect(point)
            point, value = game.maximise(point, posterior)
            mean = value / (len(answers.task) * answers.n_classes)
            if progress:
                progress(iteration, mean - reached if iteration > 1 else 1.0)
            if mean - reached < self.tol:
                break
            reached = mean
        return conclude(crowd, posterior, iterations=iteration, log_likelihood=log_likelihood)


class _Game:
    """The answers in a fixed order, with the two steps of EM over them."""

    def __init__(self, crowd: Crowd, settings: GLAD) -> None:
        self.crowd, self.settings = crowd, settings
        self.task, self.worker, self.label = sorted_answers(crowd.answers)
        self.log_others = float(np.log(crowd.answers.n_classes - 1))

    def expect(self, point: Floats) -> tuple[Floats, float]:
        """Posterior from abilities and easiness."""
        answers = self.crowd.answers
        product, _ = self._product(point)
        wrong = log_expit(-product) - self.log_others
        size = answers.n_classes
        base = np.bincount(self.task, wrong, answers.n_tasks)
        extra = np.bincount(self.task * size + self.label, log_expit(product) - wrong, answers.n_tasks * size)
        prior = -np.log(size) if self.crowd.log_prior is None else self.crowd.log_prior
        return posterior_of(self.crowd, base[:, None] + extra.reshape(-1, size) + prior)

    def maximise(self, point: Floats, posterior: Floats) -> tuple[Floats, float]:
        """Abilities and easiness for the posterior, and their expected log likelihood with the priors."""
        right = posterior[self.task, self.label]
        options = {"maxiter": self.settings.m_step_max_iter, "gtol": self.settings.m_step_tol}
        found = minimize(self._loss, point, (right,), jac=True, method="L-BFGS-B", options=options)
        return found.x, -float(found.fun)

    def _product(self, point: Floats) -> tuple[Floats, Floats]:
        workers = self.crowd.answers.n_workers
        ability = point[:workers][self.worker]
        easiness = np.exp(np.clip(point[workers:], -30, 30))[self.task]
        return ability * easiness, easiness

    def _loss(self, point: Floats, right: Floats) -> tuple[float, Floats]:
        answers = self.crowd.answers
        product, easiness = self._product(point)
        value = (right * log_expit(product) + (1 - right) * (log_expit(-product) - self.log_others)).sum()
        slope = right - expit(product)
        means = np.repeat([self.settings.alpha_mean, self.settings.beta_mean], [answers.n_workers, answers.n_tasks])
        distance = point - means
        by_worker = np.bincount(self.worker, slope * easiness, answers.n_workers)
        by_task = np.bincount(self.task, slope * product, answers.n_tasks)
        return float((distance**2).sum() / 2 - value), distance - np.concatenate([by_worker, by_task])
