"""The skill-weighted vote: every worker has one skill, how often they agree with the others' weighted vote."""

from __future__ import annotations

import numpy as np

from core.beliefs.confusion import normalised, outside
from core.beliefs.evidence import Evidence, Floats
from core.beliefs.settings import Settings

ROUNDS = 8
SKILLS = (0.05, 0.99)
"""No worker is ever believed to be certain, nor certainly wrong."""


def fit_vote(evidence: Evidence, settings: Settings) -> Floats:
    """Skill of the stranger and then of every worker."""
    size = evidence.n_classes
    worker, label = evidence.said // size, evidence.said % size
    given = np.bincount(worker, minlength=evidence.n_workers)
    weight = outside(evidence, settings, np.ones(size))
    votes = (evidence.votes + 1e-9) * np.exp(weight)
    shares = votes / votes.sum(axis=1, keepdims=True)
    skill = np.full(evidence.n_workers + 1, settings.shared_accuracy)
    for _ in range(ROUNDS):
        agreed = np.bincount(worker, weights=shares[evidence.about, label], minlength=evidence.n_workers)
        crowd = agreed.sum() + settings.vote_crowd * settings.shared_accuracy
        crowd /= given.sum() + settings.vote_crowd
        own = (agreed + settings.vote_answers * crowd) / (given + settings.vote_answers)
        skill = np.clip(np.append(crowd, own), *SKILLS)
        shares = normalised(evidence.per_task(np.log(coin(skill[1:], size))[evidence.said]) + weight, (1,))
    return skill


def coin(skill: Floats, size: int) -> Floats:
    """[worker x classes + said class, true class]: one accuracy for all classes, errors even."""
    eye = np.eye(size)
    chances = skill[:, None, None] * eye + (1 - skill)[:, None, None] * (1 - eye) / max(1, size - 1)
    flat: Floats = chances.reshape(-1, size)
    return flat
