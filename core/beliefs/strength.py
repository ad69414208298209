"""How much the workers of this crowd differ in what they confuse: how slowly a worker's rows leave their start.

In one crowd a worker's errors tell nothing but their accuracy, in another everybody leans to a class of their own. Rows
that move freely learn noise from the first, rows that hardly move never learn the second. So each strength of the prior
is asked how well the rows that it makes foretell every answer from all other answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.beliefs.evidence import Evidence, Floats
from core.beliefs.settings import Settings


@dataclass(frozen=True)
class Told:
    """What the answers to a task say of each of them, in the order of `Evidence.said`."""

    own: Floats  # [answer, class]: chance that the class is this one and the answer comes from the worker's own rows
    easy: Floats  # the same by the other answers alone
    noise: Floats  # [answer]: chance by the other answers that the answer is noise and says what the worker said


def row_answers(evidence: Evidence, counts: Floats, start: Floats, told: Told, settings: Settings) -> float:
    """Pseudo-answers per class and row: the geometric mean of `row_strengths`, each as likely as it foretells well.

    `counts` are [worker, true class, said class] and hold the answers themselves; an answer is left out of the counts
    that foretell it (pseudo-Bayesian model averaging; Geisser and Eddy, 1979). As long as nothing is foretold it is the
    setting `row_answers`.
    """
    if not told.easy.any():
        return settings.row_answers
    size = evidence.n_classes
    worker, label = evidence.said // size, evidence.said % size
    counted = counts[worker, :, label] - told.own
    total = counts.sum(axis=2)[worker] - told.own
    base = start[worker, :, label]
    strengths = np.asarray(settings.row_strengths)
    fits = np.zeros(len(strengths))
    for place, weight in enumerate(size * strengths):
        rows = (counted + weight * base) / (total + weight)
        fits[place] = np.log((told.easy * rows).sum(axis=1) + told.noise).sum()
    likely = np.exp(fits - fits.max())
    return float(np.exp(likely @ np.log(strengths) / likely.sum()))
