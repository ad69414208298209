"""Majority vote, smoothed by the class frequencies; the plain comparison for every other method, without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.values import Answers, Fit, Floats, credible_interval, labels_of

if TYPE_CHECKING:
    from gpu_jobs.kernels import Progress

# One pseudo-vote, spread by class frequency: it breaks a tie towards the commoner class and can never overturn a lead.
PSEUDO_VOTES = 1.0
PSEUDO_ANSWERS = 2.0  # a worker's prior: one right, one wrong


def fit(answers: Answers, *, iterations: int = 1, progress: Progress | None = None) -> Fit:
    """Count votes once; `iterations` and `progress` are there for the common contract."""
    posterior = answers.clamp(_posterior(answers))
    counts = _confusion_counts(answers, posterior)
    totals = counts.sum(axis=(1, 2))
    right = np.trace(counts, axis1=1, axis2=2) + PSEUDO_ANSWERS / 2
    lower, upper = credible_interval(right, totals + PSEUDO_ANSWERS - right)
    smoothed = counts + 1 / answers.n_classes
    return Fit(
        labels=labels_of(answers, posterior),
        posterior=posterior,
        confusion=smoothed / smoothed.sum(axis=2, keepdims=True),
        accuracy=right / (totals + PSEUDO_ANSWERS),
        lower=lower,
        upper=upper,
        iterations=1,
        log_likelihood=float(np.log(posterior[answers.task, answers.label] + np.finfo(float).tiny).sum()),
    )


def _posterior(answers: Answers) -> Floats:
    votes = answers.votes()
    total = votes.sum()
    frequency = votes.sum(axis=0) / total if total else np.full(answers.n_classes, 1 / answers.n_classes)
    smoothed = votes + PSEUDO_VOTES * frequency
    posterior: Floats = smoothed / smoothed.sum(axis=1, keepdims=True)
    return posterior


def _confusion_counts(answers: Answers, posterior: Floats) -> Floats:
    """Expected counts [worker, true class, answered class]."""
    counts = np.zeros((answers.n_workers, answers.n_classes, answers.n_classes))
    np.add.at(counts.transpose(0, 2, 1), (answers.worker, answers.label), posterior[answers.task])
    return counts
