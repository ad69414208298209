"""The joint method: what a model reads from the items enters each task's prior, as far as the answers support it.

p(z_t | x_t) is a logistic model of item features, trained on the posteriors of the other folds' tasks, as far as
anything is known of them, so that it is out of sample for every task. Its prediction, to the power w, times the class
shares to the power 1 - w, is the prior of another fit; again for `rounds`. w maximises the likelihood of the answers
under workers learnt without the text: w = 0, and the class shares alone, unless that gains `GAIN` per task. Raykar et
al., "Learning from crowds", JMLR 11 (2010).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax

from gpu_jobs.kernels.dawid_skene import DawidSkene
from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.values import Answers, Bools, Floats

FOLDS = 5
ROUNDS = 2
PENALTIES: tuple[float, ...] = (1.0, 10.0)  # of squared weights; the best on left-out folds is taken
WEIGHTS = np.linspace(0, 1, 11)
GAIN = 0.03  # least log likelihood per task taught that the text must add: crowds err together, which looks like less
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
    posterior, penalties = alone.posterior, PENALTIES
    taught = answers.told()
    found = ItemPrior(np.tile(np.exp(log_shares), (answers.n_tasks, 1)), 0.0)
    if answers.n_classes < 2 or not taught.any():
        return found
    for _ in range(rounds):
        reading = read(features, posterior, taught, penalties)
        predicted = np.log(np.maximum(reading.chances, TINY))
        found = _tempered(predicted, log_shares, evidence, int(taught.sum()))
        if not found.weight:
            return found
        posterior, penalties = TEACHER.fit(replace(answers, prior=found.prior)).posterior, (reading.penalty,)
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


def _tempered(predicted: Floats, log_shares: Floats, evidence: Floats, taught: int) -> ItemPrior:
    priors = [softmax(weight * predicted + (1 - weight) * log_shares, axis=1) for weight in WEIGHTS]
    likelihood = [float(logsumexp(evidence + np.log(prior), axis=1).sum()) for prior in priors]
    best = int(np.argmax(likelihood))
    if likelihood[best] < likelihood[0] + GAIN * taught:
        best = 0
    return ItemPrior(priors[best], float(WEIGHTS[best]))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model reads from the items."""

    chances: Floats  # [task, class], by a model that has not seen the task's fold
    penalty: float  # the best one


def read(features: sparse.csr_array, target: Floats, taught: Bools, penalties: Sequence[float] = PENALTIES) -> Reading:
    """The reading with the least cross entropy out of fold, learnt from the target of the tasks that are `taught`."""
    readings = [Reading(foretell(features, target, taught, penalty), penalty) for penalty in penalties]
    return max(readings, key=lambda one: float((target * np.log(one.chances + TINY))[taught].sum()))


def foretell(features: sparse.csr_array, target: Floats, taught: Bools, penalty: float) -> Floats:
    """Class probabilities of every row by a model that has not seen its fold."""
    fold = np.random.default_rng(0).permutation(len(target)) % FOLDS
    found = np.empty_like(target)
    for left_out in range(FOLDS):
        inside = (fold != left_out) & taught
        weights = fit_logistic(features[inside], target[inside], penalty)
        found[fold == left_out] = predict(features[fold == left_out], weights)
    return found


def fit_logistic(features: sparse.csr_array, target: Floats, penalty: float) -> Floats:
    """Weights [feature + 1, class] of a multinomial logistic model for soft targets; the last row is not penalised."""
    inputs = sparse.csr_array(sparse.hstack([features, np.ones((features.shape[0], 1))]))
    return _fit_two(inputs, target[:, 1], penalty) if target.shape[1] == 2 else _fit_many(inputs, target, penalty)


def _fit_two(inputs: sparse.csr_array, target: Floats, penalty: float) -> Floats:
    """Two classes have opposite weights: one column does, four times as quick."""
    back = sparse.csr_array(inputs.T)

    def loss(odds: Floats) -> tuple[float, Floats]:
        scores = inputs @ odds
        slope = back @ (expit(scores) - target)
        slope[:-1] += penalty / 2 * odds[:-1]
        value = (np.logaddexp(0.0, scores) - scores * target).sum() + penalty / 4 * (odds[:-1] ** 2).sum()
        return float(value), slope

    odds = _least(loss, inputs.shape[1])
    return np.stack([-odds / 2, odds / 2], axis=1)


def _fit_many(inputs: sparse.csr_array, target: Floats, penalty: float) -> Floats:
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

    return _least(loss, shape[0] * shape[1]).reshape(shape)


def _least(loss: Callable[[Floats], tuple[float, Floats]], size: int) -> Floats:
    found: Floats = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return found


def predict(features: sparse.csr_array, weights: Floats) -> Floats:
    """Class probabilities of rows."""
    chances: Floats = softmax(features @ weights[:-1] + weights[-1], axis=1)
    return chances
