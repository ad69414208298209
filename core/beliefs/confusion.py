"""The confusion model: what each worker says of each class, shrunk to the crowd, with easy and hard tasks.

Dawid and Skene's model with rows shrunk twice (worker to own accuracy, accuracy to the crowd's) and a share of hard
tasks, in which every worker is confused in the same way; fitted by expectation and maximisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.beliefs.balance import expected_shares
from core.beliefs.evidence import Evidence, Floats
from core.beliefs.settings import Settings
from core.beliefs.strength import Told, row_answers

MAX_ODDS = 6.0
"""Bound on log odds of a diagonal."""
FLOOR = 1e-12


@dataclass(frozen=True)
class Confusion:
    """A fit: rows of the stranger and then of every worker, the noise of hard tasks, class shares, joint posterior."""

    rows: Floats  # [worker + 1, true class, said class]
    noise: Floats  # [true class, said class]
    classes: Floats  # [class]
    joint: Floats  # [task, difficulty, class]


def fit_confusion(evidence: Evidence, settings: Settings) -> Confusion:
    """From votes, in a fixed number of rounds."""
    shares = np.asarray(settings.hard_shares)
    even: Floats = np.full(evidence.n_classes, 1 / evidence.n_classes)
    state = Confusion(np.zeros(0), np.zeros(0), even, _start(evidence, settings, shares))
    usual = settings.class_tasks * evidence.n_classes * expected_shares(evidence, settings)
    own = state.joint.sum(axis=1)[evidence.about]
    told = Told(own, np.zeros_like(own), np.zeros(len(own)))
    for _ in range(settings.rounds):
        state = _maximise(evidence, settings, told, state.joint, usual)
        joint, told = _expect(evidence, settings, state)
        state = Confusion(state.rows, state.noise, state.classes, joint)
    return _maximise(evidence, settings, told, state.joint, usual)


def outside(evidence: Evidence, settings: Settings, classes: Floats) -> Floats:
    """[task, class]: log weight from outside the answers: class shares, a model's word, known classes of control tasks.

    A model's word holds the class shares already. A known class is not taken for certain: where good workers agree on
    another one, it is their word against it.
    """
    size, known = evidence.n_classes, evidence.known
    weights = np.tile(np.log(classes), (evidence.n_tasks, 1))
    if evidence.prior is not None:
        foretold = evidence.foretold & ~np.isin(np.arange(evidence.n_tasks), known)
        weights[foretold] = np.log(np.maximum(evidence.prior[foretold], FLOOR))
    if evidence.gold is not None:
        trust = np.full((len(known), size), np.log((1 - settings.gold_trust) / max(1, size - 1)))
        trust[np.arange(len(known)), evidence.gold[known]] = np.log(settings.gold_trust)
        weights[known] += trust
    return weights


def normalised(scores: Floats, axes: tuple[int, ...]) -> Floats:
    """Probabilities from log weights."""
    weights = np.exp(scores - scores.max(axis=axes, keepdims=True))
    shares: Floats = weights / weights.sum(axis=axes, keepdims=True)
    return shares


def _start(evidence: Evidence, settings: Settings, hard_shares: Floats) -> Floats:
    votes = evidence.votes + settings.start_votes
    votes = votes * np.exp(outside(evidence, settings, np.ones(evidence.n_classes)))
    start: Floats = hard_shares[:, None] * (votes / votes.sum(axis=1, keepdims=True))[:, None, :]
    return start


def _maximise(evidence: Evidence, settings: Settings, told: Told, joint: Floats, usual: Floats) -> Confusion:
    """The likeliest parameters; `usual` [class] are the pseudo-tasks of each class."""
    size, eye = evidence.n_classes, np.eye(evidence.n_classes)
    accuracy = settings.shared_accuracy
    counts = evidence.per_saying(told.own)
    shared = counts.sum(axis=0)
    shared += settings.shared_answers * (eye * accuracy + (1 - eye) * (1 - accuracy) / max(1, size - 1))
    shared /= shared.sum(axis=1, keepdims=True)
    errors = shared * (1 - eye)
    noise = errors + eye * errors.max(axis=1)
    classes = joint[evidence.degree > 0].sum(axis=(0, 1)) + usual
    start = own_rows(counts, shared, settings)
    weight = size * row_answers(evidence, counts, start, told, settings)
    rows = (counts + weight * start) / (counts.sum(axis=2, keepdims=True) + weight)
    rows = np.concatenate([shared[None], rows])
    return Confusion(rows, noise / noise.sum(axis=1, keepdims=True), classes / classes.sum(), joint)


def own_rows(counts: Floats, shared: Floats, settings: Settings) -> Floats:
    """[worker, true class, said class]: the shared rows, their diagonal moved to the worker's own accuracy."""
    eye = np.eye(len(shared))
    right, total = np.trace(counts, axis1=1, axis2=2), counts.sum(axis=(1, 2))
    crowd = (right.sum() + settings.shared_answers * settings.shared_accuracy) / (total.sum() + settings.shared_answers)
    own = (right + settings.coin_answers * crowd) / (total + settings.coin_answers)
    diagonal = np.diagonal(shared)
    odds = _logit(diagonal) + (_logit(own) - _logit(crowd))[:, None]
    moved = 1 / (1 + np.exp(-np.clip(odds, -MAX_ODDS, MAX_ODDS)))
    errors = shared * (1 - eye)
    rows: Floats = eye * moved[:, :, None] + errors / errors.sum(axis=1, keepdims=True) * (1 - moved)[:, :, None]
    return rows


def _logit(share: Floats) -> Floats:
    odds: Floats = np.log(share / (1 - share))
    return odds


def _expect(evidence: Evidence, settings: Settings, state: Confusion) -> tuple[Floats, Told]:
    """The joint posterior, and what it says of the answers."""
    size, levels = evidence.n_classes, np.asarray(settings.hardness)
    said = state.rows[1:].transpose(0, 2, 1).reshape(-1, size)[evidence.said][:, None, :]
    noise = state.noise.T[evidence.said % size][:, None, :]
    easy = 1 - levels[:, None]
    chances = easy * said + (1 - easy) * noise
    scores = evidence.per_task(np.log(chances)) + outside(evidence, settings, state.classes)[:, None, :]
    scores += np.log(np.asarray(settings.hard_shares))[:, None]
    joint = normalised(scores, (1, 2))
    others = normalised(scores[evidence.about] - np.log(chances), (1, 2))
    own = (joint[evidence.about] * easy * said / chances).sum(axis=1)
    return joint, Told(own, (others * easy).sum(axis=1), (others * (1 - easy) * noise).sum(axis=(1, 2)))
