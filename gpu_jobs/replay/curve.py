"""A policy's curve: every target with every seed, on all cores, and the mean of each target."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace

import numpy as np

from gpu_jobs.offline.scores import calibration_error
from gpu_jobs.replay.policy import Policy
from gpu_jobs.replay.recording import Recording
from gpu_jobs.replay.run import Outcome, Plan, replay

SPANS = ((2, 5), (2, 10), (3, 10))
"""Least and most answers of the dynamic overlap that the router is set against, beside two to all that there are."""
CONFIDENCES = (0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
COUNTS = (1, 2, 3, 4, 5, 7, 10)
Told = Callable[[int], None]
"""Takes how many replays have ended."""


@dataclass(frozen=True, slots=True)
class Point:
    """Means over seeds for one target."""

    target: float
    answers_per_task: float
    accuracy: float
    accuracy_sd: float
    ece: float  # of the closed tasks of all replays together, after calibration
    raw_ece: float  # before
    single_ece: float  # mean over replays of each one's own: chance alone makes it great where tasks are few
    load: float
    text_weight: float  # of the items' text in the labels, 0 to 1


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay that is to be made."""

    plan: Plan
    target: float
    seed: int


_recording: list[Recording] = []


def run_all(recording: Recording, replays: Sequence[Replay], told: Told) -> list[Outcome]:
    """The outcomes in the order of the replays; every core takes some."""
    outcomes: dict[int, Outcome] = {}
    context = multiprocessing.get_context("spawn")
    cores = min(len(replays), os.cpu_count() or 1)
    with ProcessPoolExecutor(cores, mp_context=context, initializer=_take, initargs=(recording,)) as pool:
        waiting = {pool.submit(_make, one): number for number, one in enumerate(replays)}
        for done, future in enumerate(as_completed(waiting), 1):
            outcomes[waiting[future]] = future.result()
            told(done)
    return [outcomes[number] for number in range(len(replays))]


def _take(recording: Recording) -> None:
    _recording[:] = [recording]


def _make(one: Replay) -> Outcome:
    return replay(_recording[0], one.plan, one.target, one.seed)


def points(outcomes: Sequence[Outcome], targets: Sequence[float]) -> list[Point]:
    """Means per target of outcomes that come target by target, seeds within."""
    seeds = len(outcomes) // len(targets)
    found = []
    for number, target in enumerate(targets):
        mine = outcomes[number * seeds : (number + 1) * seeds]
        figures = [(o.answers_per_task, o.accuracy, o.load, o.text_weight) for o in mine]
        cost, accuracy, load, text = np.mean(figures, axis=0).tolist()
        sd = float(np.std([o.accuracy for o in mine], ddof=1)) if seeds > 1 else 0.0
        right = np.concatenate([o.right for o in mine])
        ece = calibration_error(np.concatenate([o.stated for o in mine]), right)
        raw = calibration_error(np.concatenate([o.raw for o in mine]), right)
        single = float(np.mean([calibration_error(o.stated, o.right) for o in mine]))
        found.append(Point(target, cost, accuracy, sd, ece, raw, single, load, text))
    return found


def replays_of(plan: Plan, targets: Sequence[float], seeds: int) -> list[Replay]:
    """Every target with every seed."""
    return [Replay(plan, target, seed) for target in targets for seed in range(seeds)]


def rivals(recording: Recording, plan: Plan) -> dict[Policy, list[tuple[Plan, float]]]:
    """The settings of fixed and of dynamic overlap that the policy is set against, under the same arrivals."""
    spans = sorted({(least, min(most, recording.deepest)) for least, most in (*SPANS, (2, recording.deepest))})
    fixed = replace(plan, policy=Policy.FIXED)
    dynamic = [replace(plan, policy=Policy.DYNAMIC, span=span) for span in spans if span[0] < span[1]]
    return {
        Policy.FIXED: [(fixed, float(count)) for count in COUNTS if count <= recording.deepest],
        Policy.DYNAMIC: [(one, target) for one in dynamic for target in CONFIDENCES],
    }
