"""Who gets what next, and when a task has enough answers: pure functions of what is known.

The posterior of a task is that of one-coin workers (Dawid & Skene 1979, one accuracy per worker): one of accuracy a
gives the true class with probability a and each of the other K-1 classes with probability (1-a)/(K-1).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.model import CANT_TELL, Overlap

FIRST_CONTROLS = 4
"""A stranger gets controls at up to FIRST_CONTROLS times the job's share, falling as 1/(1+n/8)."""
CONTROL_CEILING = 0.5
CONTROL_FLOOR = 0.4
"""However well known, a worker keeps this part of the job's control share, so that a change is seen."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One answer as the posterior sees it: its class and the accuracy that its worker is believed to have."""

    label: int
    accuracy: float


def posterior(votes: Sequence[Vote], classes: int) -> list[float]:
    """Probability of each class given the votes, from a uniform prior; "can't tell" says nothing."""
    scores = [0.0] * classes
    for vote in votes:
        if vote.label != CANT_TELL:
            scores[vote.label] += math.log(vote.accuracy * (classes - 1) / (1.0 - vote.accuracy))
    top = max(scores)
    weights = [math.exp(score - top) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


@dataclass(frozen=True, slots=True)
class Verdict:
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
    if answers < overlap.min:
        return Verdict(label, shares[best], False, max(0, overlap.min - answers - active))
    sure = overlap.policy == "fixed" or answers >= overlap.max or shares[best] >= overlap.confidence
    return Verdict(label, shares[best], sure, 0 if sure else max(0, 1 - active))


def control_share(base: float, controls_seen: int) -> float:
    """Chance that this worker's next task is a control: high for a stranger, falling with every control seen."""
    if base <= 0:
        return 0.0
    rate = base * (CONTROL_FLOOR + (FIRST_CONTROLS - CONTROL_FLOOR) / (1 + controls_seen / 8))
    return min(CONTROL_CEILING, rate)


def dice(secret: bytes, person: int, job: int, turn: int) -> random.Random:
    """The randomness of one routing decision: unpredictable without the secret, the same again after an undo."""
    return random.Random(b"%s|%d|%d|%d" % (secret, person, job, turn))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task that this worker may get; `answers` and `confidence` of what is in already."""

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


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that could serve this worker: its priority, and how much of it is in work already (0..1)."""

    job: int
    priority: int
    progress: float


def job_order(jobs: Sequence[OpenJob], rng: random.Random) -> list[int]:
    """Jobs in the order to try: by lot, weighted by priority and by how much is left, so that none starves."""
    weighted = [(rng.random() ** (1.0 / (job.priority * (1.05 - min(1.0, job.progress)))), job.job) for job in jobs]
    return [job for _, job in sorted(weighted, reverse=True)]
