"""Who gets what next, and when a task has enough answers: pure functions of what is known.

The posterior of a task is that of one-coin workers (Dawid & Skene 1979, one accuracy per worker): one of accuracy a
gives the true class with probability a and each of the other K-1 classes with probability (1-a)/(K-1).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

from core.model import CANT_TELL, Overlap

IMPOSSIBLE = 1e-9
"""No prior rules a class out."""
ROUNDING = 1e-9
"""Two strangers who agree reach 0.9 exactly; the last bit of a float must not ask for a third."""


class Vote(NamedTuple):
    """One answer as the posterior sees it: its class, the accuracy that its worker is believed to have, and who."""

    label: int
    accuracy: float
    worker: int = 0


def posterior(votes: Sequence[Vote], classes: int, prior: Sequence[float] | None = None) -> list[float]:
    """Probability of each class given the votes, from a uniform prior or the task's own; "can't tell" says nothing."""
    proofs: list[list[float]] = [[math.log(max(share, IMPOSSIBLE))] for share in prior or [1.0] * classes]
    for vote in votes:
        if vote.label != CANT_TELL:
            proofs[vote.label].append(math.log(vote.accuracy * (classes - 1) / (1.0 - vote.accuracy)))
    scores = [math.fsum(proof) for proof in proofs]  # fsum: the order of the votes must not matter
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


class Verdict(NamedTuple):
    """A task after its answers: best class, its probability, whether it is done, how many leases it wants."""

    label: int | None
    confidence: float
    done: bool
    want: int


def judge(overlap: Overlap, votes: Sequence[Vote], active: int, classes: int) -> Verdict:
    """Decide whether a task needs more answers. `active` leases count as answers on their way.

    Up to the minimum all missing answers are wanted at once; above it one at a time, until confidence or maximum
    (Toloka's dynamic overlap).
    """
    answers = len(votes)
    shares = posterior(votes, classes)
    best = max(range(classes), key=shares.__getitem__)
    label = best if any(vote.label != CANT_TELL for vote in votes) else None
    confidence = shares[best] if votes else 0.0
    sure = answers >= most(overlap) or confidence >= overlap.confidence - ROUNDING
    done = answers >= overlap.min and sure
    return Verdict(label, confidence, done, wanted(overlap, answers, active, done))


def most(overlap: Overlap) -> int:
    """Answers that a task may have at most, leases on their way among them."""
    return overlap.min if overlap.policy == "fixed" else overlap.max


def wanted(overlap: Overlap, answers: int, active: int, done: bool) -> int:
    """How many more leases a task wants; what has changed when a lease comes or goes without an answer."""
    if done:
        return 0
    return max(0, (overlap.min - answers if answers < overlap.min else 1) - active)


def dice(secret: bytes, person: int, job: int, turn: int) -> random.Random:
    """The randomness of one routing decision: unpredictable without the secret, the same again after an undo."""
    return random.Random(b"%s|%d|%d|%d" % (secret, person, job, turn))


class Candidate(NamedTuple):
    """A task that this worker may get; `answers` and `confidence` (0..1) of what is in already."""

    task: int
    answers: int
    confidence: float


def choose(candidates: Sequence[Candidate], rng: random.Random) -> int | None:
    """The task to hand out: the most doubtful of those begun, else one of the fresh ones by lot."""
    begun = [c for c in candidates if c.answers]
    if begun:
        most = max(c.answers for c in begun)
        return min((c for c in begun if c.answers == most), key=lambda c: (c.confidence, c.task)).task
    return rng.choice(candidates).task if candidates else None


class OpenJob(NamedTuple):
    """A job that could serve this worker: its priority, and how much of it is in work already (0..1)."""

    job: int
    priority: int
    progress: float


def job_order(jobs: Sequence[OpenJob], rng: random.Random) -> list[int]:
    """Jobs in the order to try: by lot, weighted by priority and by how much is left, so that none starves."""
    weighted = [(rng.random() ** (1.0 / (job.priority * (1.05 - min(1.0, job.progress)))), job.job) for job in jobs]
    return [job for _, job in sorted(weighted, reverse=True)]
