"""What each control task counts where they were chosen instead of drawn: so that they speak for all tasks."""

from __future__ import annotations

import numpy as np

from core.beliefs.evidence import UNKNOWN, Evidence, Floats, Ints

LOPSIDED = 3.0
"""Standard errors between the answers to control tasks and to all tasks that tasks drawn by lot hardly ever reach."""
CROWD = 1.0
"""Control tasks per class, beside the real ones, of which the crowd says what it says of all tasks."""
ROUNDS = 200
LEAST = 1e-9


def counting(evidence: Evidence, gold: Ints) -> Floats | None:
    """[class]: what a control task of the class counts; None where they may have been drawn like the others.

    Chosen they were where the crowd says other things of them than of all tasks. Then the classes' shares among all
    tasks are those at which the crowd, confused as it is on control tasks, says what it says of all tasks (Saerens,
    Latinne and Decaestecker, 2002, Adjusting the outputs of a classifier to new a priori probabilities, section 2).
    Together they count as many as would know as much if drawn (Kish, 1965, Survey Sampling, section 11.7).
    """
    has = np.bincount(gold[gold != UNKNOWN], minlength=evidence.n_classes).astype(np.float64)
    answered = np.flatnonzero(evidence.degree > 0)
    control = gold[answered] != UNKNOWN
    if not has.all() or not 0 < control.sum() < len(answered):
        return None
    said = evidence.votes[answered] / evidence.degree[answered][:, None]
    overall, told = said.mean(axis=0), said[control]
    error = np.sqrt(said.var(axis=0) * (1 / len(told) - 1 / len(said)))
    if (np.abs(told.mean(axis=0) - overall) <= LOPSIDED * error).all():
        return None
    rows = CROWD * np.tile(overall, (len(has), 1))
    np.add.at(rows, gold[answered][control], told)
    weights = _shares(rows / rows.sum(axis=1, keepdims=True), overall) / has
    scaled: Floats = weights * (has @ weights) / (has @ weights**2)
    return scaled


def _shares(rows: Floats, overall: Floats) -> Floats:
    """[class]: at which a crowd with these rows [class, said] says what it says overall."""
    shares = np.full(len(rows), 1 / len(rows))
    for _ in range(ROUNDS):
        joint = shares[:, None] * rows
        shares = np.maximum((joint / np.maximum(joint.sum(axis=0), LEAST)) @ overall, LEAST)
    return shares
