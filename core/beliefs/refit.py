"""Makes a snapshot from all answers in force, in a scheduled run: milliseconds for thousands of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.beliefs.calibration import learn
from core.beliefs.chosen import counting
from core.beliefs.confusion import fit_confusion
from core.beliefs.evidence import UNKNOWN, Evidence, Floats, Ints
from core.beliefs.posterior import all_hypotheses, beginning, class_shares
from core.beliefs.settings import LABELS, Settings
from core.beliefs.snapshot import Snapshot, rounded
from core.beliefs.vote import fit_vote

STACKING = 30


def refit(evidence: Evidence, workers: Sequence[int] | None = None, settings: Settings = LABELS) -> Snapshot:
    """What the evidence says of the crowd; `workers` are the ids behind its indices (None: the indices themselves)."""
    fit, skill = fit_confusion(evidence, settings), fit_vote(evidence, settings)
    given = np.bincount(evidence.worker, minlength=evidence.n_workers)
    snapshot = Snapshot(
        workers=tuple(range(evidence.n_workers)) if workers is None else tuple(workers),
        rows=rounded(fit.rows),
        noise=rounded(fit.noise),
        skill=rounded(skill),
        classes=rounded(fit.classes),
        hardness=rounded(np.asarray(settings.hardness)),
        hard_shares=rounded(np.asarray(settings.hard_shares)),
        vote_weight=0.5,
        answers=np.append(given.sum(), given),
    )
    return replace(snapshot, vote_weight=_vote_weight(snapshot, evidence, settings) if settings.rounds else 1.0)


def calibrated(snapshot: Snapshot, evidence: Evidence, gold: Ints, settings: Settings = LABELS) -> Snapshot:
    """The snapshot with a calibration learnt on the control tasks (`gold` per task) that have answers.

    The evidence must not hold their known classes itself: a model that was told cannot say how sure it would have been.
    """
    known = np.flatnonzero((gold != UNKNOWN) & (evidence.degree > 0))
    shares = class_shares(snapshot, all_hypotheses(snapshot, evidence))[known]
    weights = counting(evidence, gold)
    counts = None if weights is None else weights[gold[known]]
    return replace(snapshot, calibration=learn(shares, gold[known], settings.usual, counts))


def _vote_weight(snapshot: Snapshot, evidence: Evidence, settings: Settings) -> float:
    """Weight of the skill-weighted vote by how well each model foretells every answer from the task's other answers."""
    size = snapshot.size
    table = snapshot.table[1:].reshape(-1, snapshot.table.shape[2])[evidence.said]
    others = (beginning(snapshot, evidence) + evidence.per_task(table))[evidence.about] - table
    cut = others.shape[1] - size
    models = slice(0, cut), slice(cut, None)
    foretold = np.stack([_foretold(others[:, model], table[:, model]) for model in models], axis=1)
    held = settings.stack_answers + settings.stack_share * len(foretold)
    prior = held * np.array([1 - settings.stack_vote, settings.stack_vote])
    weights = prior / prior.sum()
    for _ in range(STACKING):
        shares = foretold * weights
        weights = (shares / shares.sum(axis=1, keepdims=True)).sum(axis=0) + prior
        weights /= weights.sum()
    return float(weights[1] > weights[0]) if settings.choose else float(weights[1])


def _foretold(scores: Floats, table: Floats) -> Floats:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    chance: Floats = (weights * np.exp(table)).sum(axis=1) / weights.sum(axis=1)
    return chance
