"""Simulates a job under each overlap policy, through the replay's loop over the real routing and judging code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.model import Overlap
from core.planning import Choice, Crowd, Estimate, Told, Work, interval
from gpu_jobs.planning.crowd import simulate_crowd
from gpu_jobs.replay.desk import NO_CONTROLS
from gpu_jobs.replay.policy import Policy
from gpu_jobs.replay.recording import Recording
from gpu_jobs.replay.run import Outcome, Plan, replay

MOST_TASKS = 200
"""Tasks of a simulated job: a larger one is simulated by a part of it, a tenth of a second each."""
FREE = 1e6
"""What a label is worth in answers that cost nothing."""


def simulate(
    work: Work, crowd: Crowd, tried: Sequence[Choice], seeds: int, told: Told = lambda done, total: None
) -> list[Estimate]:
    """What each choice gives, over `seeds` crowds; all choices meet the same crowds."""
    tasks = max(1, min(work.tasks, MOST_TASKS))
    found: list[list[tuple[float, float]]] = [[] for _ in tried]
    for seed in range(seeds):
        recording = simulate_crowd(crowd, work.shares, tasks, np.random.default_rng(seed))
        for number, choice in enumerate(tried):
            found[number].append(_worked(recording, work, choice, seed))
            told(seed * len(tried) + number + 1, seeds * len(tried))
    return [_estimate(work, crowd, choice, rows, tasks) for choice, rows in zip(tried, found, strict=True)]


def _worked(recording: Recording, work: Work, choice: Choice, seed: int) -> tuple[float, float]:
    """(answers per task, accuracy) of one simulated job."""
    overlap = choice.overlap
    if overlap.policy != "checkpoint":
        outcome = _replayed(recording, work, choice, seed)
        return outcome.answers_per_task, outcome.accuracy
    # the confidence rule looks at a share of the tasks, the others get the minimum
    looked = _replayed(
        recording, work, Choice("", Overlap("dynamic", overlap.min, overlap.max, overlap.confidence)), seed
    )
    plain = _replayed(recording, work, Choice("", Overlap("fixed", overlap.min, overlap.min)), seed)
    share = overlap.share
    return (
        share * looked.answers_per_task + (1 - share) * plain.answers_per_task,
        share * looked.accuracy + (1 - share) * plain.accuracy,
    )


def _replayed(recording: Recording, work: Work, choice: Choice, seed: int) -> Outcome:
    overlap = choice.overlap
    most = min(overlap.max, recording.n_workers)

    def played(policy: Policy, target: float) -> Outcome:
        return replay(recording, Plan(policy, span=(min(overlap.min, most), most), controls=NO_CONTROLS), target, seed)

    match overlap.policy:
        case "fixed":
            return played(Policy.FIXED, float(min(overlap.min, recording.n_workers)))
        case "value":
            return played(Policy.VALUE, overlap.worth / work.price.total if work.price.total else FREE)
        case "budget":
            return played(Policy.BUDGET, min(choice.target, float(most)))
        case _:
            return played(Policy.ROUTER, overlap.confidence)


def _estimate(work: Work, crowd: Crowd, choice: Choice, rows: Sequence[tuple[float, float]], tasks: int) -> Estimate:
    answers = sum(row[0] for row in rows) / len(rows)
    accuracy, low, high = interval([row[1] for row in rows], work.tasks, tasks)
    seconds = work.answers(answers) * crowd.seconds / crowd.workers
    return Estimate(choice, answers, work.cost(answers), accuracy, low, high, seconds)
