"""The joint method: what a model reads from the items enters each task's prior, as far as the answers support it.

p(z_t | x_t) is a logistic model of item features, trained on the posteriors of the other folds' tasks, so that it is
out of sample for every task. Its prediction, to the power w, times the class shares to the power 1 - w, is the prior
of another fit; again for `rounds`. w maximises the likelihood of the answers under workers learnt without the text:
w = 0,
and the class shares alone, unless that gains `GAIN` per task. Raykar et al., "Learning from crowds", JMLR 11 (2010).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from gpu_jobs.kernels.dawid_skene import DawidSkene
from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.values import Answers, Floats

FOLDS = 5
ROUNDS = 2
PENALTIES = (1.0, 10.0)  # of squared weights; the best on left-out folds is taken
WEIGHTS = np.linspace(0, 1, 11)
GAIN = 0.03  # least log likelihood per task that the text must add: recorded crowds err together, which looks like less
STEPS = 50
TINY = 1e-6
MOST = 0.95  # a model's word on one task counts at most like one very good answer
TEACHER = DawidSkene(smoothing=0.01)


@dataclass(frozen=True, slots=True)
class ItemPrior:
    """Class probabilities of every task before its answers."""

    prior: Floats  # [task, class]
    weight: float  # of the model against the class shares, 0 to 1


def item_prior(answers: Answers, features: sparse.csr_array, rounds: int = ROUNDS) -> ItemPrior:
    """Learn from features [task, feature] and the answers."""
    told = replace(answers, prior=None)
    crowd = Crowd(told)
    alone = TEACHER.fit(told)
    log_shares = np.log(np.maximum(crowd.class_shares(alone.posterior, 1.0), TINY))
    evidence = crowd.scores(np.log(np.maximum(alone.confusion, TINY)))
    posterior, penalty = alone.posterior, 0.0
    found = ItemPrior(np.tile(np.exp(log_shares), (answers.n_tasks, 1)), 0.0)
    if answers.n_classes < 2:
        return found
    for _ in range(rounds):
        penalty = penalty or best_penalty(features, posterior)
        predicted = np.log(np.maximum(foretell(features, posterior, penalty), TINY))
        found = _tempered(predicted, log_shares, evidence)
        if not found.weight:
            return found
        posterior = TEACHER.fit(replace(answers, prior=found.prior)).posterior
    return found


def capped(prior: Floats, most: float = MOST) -> Floats:
    """The prior with no class above `most`: what is cut goes to the others, as they were or evenly."""
    over = prior.max(axis=1) > most
    found = prior.copy()
    rest = prior[over].copy()
    best = rest.argmax(axis=1)
    rows = np.arange(len(rest))
    rest[rows, best] = 0.0
    total = rest.sum(axis=1, keepdims=True)
    even = np.full(rest.shape, 1 / max(1, prior.shape[1] - 1))
    even[rows, best] = 0.0
    shares = np.where(total > TINY, rest / np.maximum(total, TINY), even) * (1 - most)
    shares[rows, best] = most
    found[over] = shares
    return found


def _tempered(predicted: Floats, log_shares: Floats, evidence: Floats) -> ItemPrior:
    priors = [softmax(weight * predicted + (1 - weight) * log_shares, axis=1) for weight in WEIGHTS]
    likelihood = [float(logsumexp(evidence + np.log(prior), axis=1).sum()) for prior in priors]
    best = int(np.argmax(likelihood))
    if likelihood[best] < likelihood[0] + GAIN * len(predicted):
        best = 0
    return ItemPrior(priors[best], float(WEIGHTS[best]))


def foretell(features: sparse.csr_array, target: Floats, penalty: float) -> Floats:
    """Class probabilities of every row by a model that has not seen its fold."""
    fold = np.random.default_rng(0).permutation(len(target)) % FOLDS
    found = np.empty_like(target)
    for left_out in range(FOLDS):
        inside = fold != left_out
        weights = fit_logistic(features[inside], target[inside], penalty)
        found[~inside] = predict(features[~inside], weights)
    return found


def best_penalty(features: sparse.csr_array, target: Floats) -> float:
    """The penalty with the least cross entropy out of fold."""
    losses = [-float((target * np.log(foretell(features, target, one) + TINY)).sum()) for one in PENALTIES]
    return PENALTIES[int(np.argmin(losses))]


def fit_logistic(features: sparse.csr_array, target: Floats, penalty: float) -> Floats:
    """Weights [feature + 1, class] of a multinomial logistic model for soft targets; the last row is not penalised."""
    inputs = sparse.csr_array(sparse.hstack([features, np.ones((features.shape[0], 1))]))
    shape = (inputs.shape[1], target.shape[1])
    back = sparse.csr_array(inputs.T)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(shape)
        scores = inputs @ weights
        total = logsumexp(scores, axis=1)
        slope = back @ (np.exp(scores - total[:, None]) - target)
        slope[:-1] += penalty * weights[:-1]
        value = total.sum() - (scores * target).sum() + penalty * (weights[:-1] ** 2).sum() / 2
        return float(value), slope.ravel()

    found: Floats = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return found.reshape(shape)


def predict(features: sparse.csr_array, weights: Floats) -> Floats:
    """Class probabilities of rows."""
    chances: Floats = softmax(features @ weights[:-1] + weights[-1], axis=1)
    return chances
