"""Finds what is probably wrong: labels that crowd and text contradict, gold that nobody agrees with, odd workers.

The score of a label is one minus its probability under the joint posterior of crowd and text. On recorded crowds this
finds more of the wrong labels than the crowd's own confidence or a cross-validated model alone; where the text does not
help, it is the crowd's posterior and nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.special import softmax
from scipy.stats import binom

from gpu_jobs.kernels.auto import Auto
from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.joint import item_prior, read
from gpu_jobs.kernels.values import Answers, Fit, Floats, Ints

FALSE_SHARE = 0.05  # of the workers pointed out, at most in the mean (Benjamini and Hochberg 1995)
DOUBT = 0.5  # gold less likely than this under crowd and text is suspicious
LEAST_ANSWERS = 2  # to a control task, before its gold is doubted
TINY = 1e-9
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found; everything by task or worker index."""

    crowd: Fit  # the labels under audit
    joint: Fit  # crowd and text together
    model: Floats | None  # [task, class], what the text alone says, out of sample
    weight: float  # of the text, 0 to 1
    prior: Floats | None  # [task, class], what is expected of each task before its answers; None: nothing
    suspicion: Floats  # [task], probability that the crowd's label is wrong; 0 for control tasks
    gold_doubt: Floats  # [task], probability that a control task's gold is wrong; 0 for the others
    worker_p: Floats  # [worker], p-value of answers as bad as these from somebody like the others
    odd: Ints  # workers pointed out, worst first

    def suspects(self, limit: int) -> Ints:
        """The most suspicious tasks first; those that are likelier right than wrong come last, certain ones not."""
        order = np.argsort(-self.suspicion, kind="stable")[:limit]
        return order[self.suspicion[order] > 0]


def audit(answers: Answers, features: sparse.csr_array | None = None) -> Audit:
    """Audit the labels of `auto`; `features` [task, feature] are those of the items, where they have any."""
    crowd = Auto().fit(replace(answers, prior=None))
    model, prior, weight = None, None, 0.0
    if features is not None and features.shape[1] and answers.n_classes > 1:
        learned = item_prior(answers, features)
        model = read(features, crowd.posterior, answers.told()).chances
        prior, weight = (learned.prior if learned.weight else None), learned.weight
    joint = crowd if prior is None else Auto().fit(replace(answers, prior=prior))
    worker_p = _worker_p(answers, joint, prior)
    return Audit(
        crowd=crowd,
        joint=joint,
        model=model,
        weight=weight,
        prior=prior,
        suspicion=_suspicion(answers, crowd, joint),
        gold_doubt=_gold_doubt(answers, prior),
        worker_p=worker_p,
        odd=_pointed_out(worker_p),
    )


def _suspicion(answers: Answers, crowd: Fit, joint: Fit) -> Floats:
    labels = np.maximum(crowd.labels, 0)
    doubt = 1.0 - joint.posterior[np.arange(len(labels)), labels]
    return np.where((answers.gold >= 0) | (crowd.labels < 0), 0.0, doubt)


def _gold_doubt(answers: Answers, prior: Floats | None) -> Floats:
    """The controls judged as if their labels were not known."""
    known = answers.gold >= 0
    doubt = np.zeros(answers.n_tasks)
    if not known.any():
        return doubt
    blind = Auto().fit(replace(answers, gold=np.full(answers.n_tasks, -1), prior=prior))
    given = np.bincount(answers.task, minlength=answers.n_tasks)
    rows = np.flatnonzero(known & (given >= LEAST_ANSWERS))
    doubt[rows] = 1.0 - blind.posterior[rows, answers.gold[rows]]
    return doubt


def _worker_p(answers: Answers, fit: Fit, prior: Floats | None) -> Floats:
    """Probability of so few right answers, judged by what all others say, from a worker as good as the crowd."""
    right, counted = _agreement_without_self(answers, fit, prior)
    rate = right.sum() / max(1e-9, counted.sum())
    p: Floats = binom.cdf(np.round(right), counted, min(0.999, max(0.001, rate)))
    return np.where(counted > 0, p, 1.0)


def _agreement_without_self(answers: Answers, fit: Fit, prior: Floats | None) -> tuple[Floats, Floats]:
    """By worker: expected right answers, and how many count, each judged by all that is known without that answer."""
    crowd = Crowd(replace(answers, prior=None))
    logs = np.log(np.maximum(fit.confusion, TINY))
    before = fit.posterior.mean(axis=0)[None, :] if prior is None else prior
    rest = (crowd.scores(logs) + np.log(np.maximum(before, TINY)))[answers.task] - logs[
        answers.worker, :, answers.label
    ]
    known = answers.gold[answers.task] >= 0
    chances = np.where(known[:, None], np.eye(answers.n_classes)[answers.gold[answers.task]], softmax(rest, axis=1))
    judged = known | (crowd.degree[answers.task].ravel() > 1)
    agreed = chances[np.arange(len(answers.task)), answers.label] * judged
    right, counted = (np.bincount(answers.worker, weight, answers.n_workers) for weight in (agreed, judged * 1.0))
    return right.astype(np.float64), counted.astype(np.float64)


def _pointed_out(p: Floats) -> Ints:
    """Benjamini and Hochberg's step-up at `FALSE_SHARE`, the least likely first."""
    order = np.argsort(p, kind="stable")
    passed = np.flatnonzero(p[order] <= FALSE_SHARE * np.arange(1, len(p) + 1) / max(1, len(p)))
    return order[: passed[-1] + 1] if len(passed) else order[:0]


def error_rate(suspicion: Floats) -> tuple[float, float, float]:
    """Expected share of wrong labels with its 95 % interval, from the labels' own probabilities of being wrong.

    The sum of independent Bernoulli variables: mean sum p, variance sum p (1 - p); as good as p is calibrated.
    """
    if not len(suspicion):
        return 0.0, 0.0, 0.0
    mean = float(suspicion.mean())
    spread = Z95 * float(np.sqrt((suspicion * (1 - suspicion)).sum())) / len(suspicion)
    return mean, max(0.0, mean - spread), min(1.0, mean + spread)
