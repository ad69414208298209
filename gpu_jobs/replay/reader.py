"""What a model reads from the items' text, learnt anew as the answers grow, as the audit of a job that learns does."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from core.beliefs.evidence import UNKNOWN, Evidence, Floats
from core.service.learning import LEAST_ANSWERS
from gpu_jobs.kernels.joint import capped, item_prior
from gpu_jobs.kernels.values import Answers

GROWTH = 1.5
"""Answers, by those of the last reading, that call for another; in service it is a fifth more."""
IN_VAIN = 2.0
"""The same after a reading that told nothing."""


class Reader:
    """Holds what is expected of each task before its answers; nothing at first."""

    def __init__(self, text: sparse.csr_array | None) -> None:
        self.text = text
        self.due: float = LEAST_ANSWERS
        self.weight = 0.0
        self.prior: Floats | None = None  # [task, class]

    def read(self, evidence: Evidence, *, final: bool = False) -> None:
        """Read again if the answers have grown enough, or for the last time."""
        if self.text is None or len(evidence.task) < (LEAST_ANSWERS if final else self.due):
            return
        learned = item_prior(_answers(evidence), self.text)
        self.weight = learned.weight
        self.prior = capped(learned.prior) if learned.weight else None
        self.due = len(evidence.task) * (GROWTH if learned.weight else IN_VAIN)

    def said_of(self, task: int) -> list[float] | None:
        """The expected class shares of a task."""
        shares: list[float] | None = None if self.prior is None else self.prior[task].tolist()
        return shares


def _answers(evidence: Evidence) -> Answers:
    gold = np.full(evidence.n_tasks, UNKNOWN) if evidence.gold is None else evidence.gold
    sizes = evidence.n_tasks, evidence.n_workers, evidence.n_classes
    return Answers(evidence.task, evidence.worker, evidence.label, *sizes, gold)
