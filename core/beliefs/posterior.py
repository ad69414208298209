"""What the answers to a task say of it, given a snapshot: nothing else enters, so that taking one back is exact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.beliefs.evidence import Evidence, Floats
from core.beliefs.snapshot import Snapshot

Votes = Iterable[tuple[int, int]]
"""Worker and class of each answer in force; a class below 0 ("can't tell") says nothing."""

LEAST = 1e-9
"""No model rules a class out."""


def posterior(snapshot: Snapshot, votes: Votes, prior: Sequence[float] | None = None) -> list[float]:
    """Probability of each class, before calibration.

    `prior` is what a model says of this task: it takes the place of the class shares, which it holds already.
    """
    shares: list[float] = class_shares(snapshot, hypotheses(snapshot, votes, prior)).tolist()
    return shares


def hypotheses(snapshot: Snapshot, votes: Votes, prior: Sequence[float] | None = None) -> Floats:
    """Probability of each hypothesis about one task (see Snapshot.start); what `gains` works with."""
    places, table = snapshot.places, snapshot.table
    scores = snapshot.start.copy() if prior is None else told(snapshot, np.asarray(prior))
    for place, label in sorted((places.get(worker, 0), label) for worker, label in votes if label >= 0):
        scores += table[place, label]
    return blended(snapshot, scores)


def all_hypotheses(snapshot: Snapshot, evidence: Evidence) -> Floats:
    """The same [task, hypothesis] for all tasks; the workers of the evidence are those of the snapshot, in order."""
    table = snapshot.table[1:].reshape(-1, snapshot.table.shape[2])
    return blended(snapshot, beginning(snapshot, evidence) + evidence.per_task(table[evidence.said]))


def beginning(snapshot: Snapshot, evidence: Evidence) -> Floats:
    """[task, hypothesis]: log weight of each before any answer."""
    scores = np.tile(snapshot.start, (evidence.n_tasks, 1))
    if evidence.prior is not None:
        scores[evidence.foretold] = told(snapshot, evidence.prior[evidence.foretold])
    return scores


def told(snapshot: Snapshot, prior: Floats) -> Floats:
    """[..., hypothesis]: the same where a model says this of a task."""
    shares = np.maximum(prior, LEAST)
    return snapshot.before(shares, shares)


def blended(snapshot: Snapshot, scores: Floats) -> Floats:
    """Each model's hypotheses normalised, then weighted by how well the model foretells answers."""
    cut = scores.shape[-1] - snapshot.size
    weights = np.empty_like(scores)
    for part, weight in ((slice(0, cut), 1 - snapshot.vote_weight), (slice(cut, None), snapshot.vote_weight)):
        likely = np.exp(scores[..., part] - scores[..., part].max(axis=-1, keepdims=True))
        weights[..., part] = likely * (weight / likely.sum(axis=-1, keepdims=True))
    return weights


def class_shares(snapshot: Snapshot, weights: Floats) -> Floats:
    """[..., class] from [..., hypothesis]."""
    models = weights.shape[-1] // snapshot.size
    shares: Floats = weights.reshape(*weights.shape[:-1], models, snapshot.size).sum(axis=-2)
    return shares
