"""Draws a crowd and everything it would say: workers around a Beta prior and around what the house knows of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.beliefs.evidence import Floats
from core.planning import Crowd
from gpu_jobs.replay.recording import Recording

STRENGTH = 10.0
"""Answers that the prior of a worker's accuracy is worth: at 0.8 nine of ten workers lie between 0.57 and 0.96."""
STRANGERS = 10
"""New workers that come beside those whom the house knows: with ten known ones every second is new."""
LEAST, MOST = 0.02, 0.995
"""Nobody is always right, or always wrong."""
SHARED_MOST = 0.95
"""How much of its errors a crowd shares is not known beforehand: each simulated one draws it, from none to so much."""
LEAST_HARDNESS = 0.5
"""Share of the answers to a hard task in which the crowd wavers, at least."""
CLEARNESS = (2.0, 2.0)
"""Beta distribution of how often it then says the true class: a half, and on some tasks nearly never."""


def simulate_crowd(crowd: Crowd, shares: Sequence[float], tasks: int, rng: np.random.Generator) -> Recording:
    """Every worker's answer to every task; a replay takes from it what its policy buys."""
    size = len(shares)
    gold = rng.choice(size, tasks, p=np.asarray(shares))
    alike = (gold + rng.integers(1, size, tasks)) % size
    # part of the errors is shared: on a hard task the crowd wavers between the class and one that looks like it
    blurred = SHARED_MOST * rng.random() * 2 * (1 - house_mean(crowd))
    hardness = rng.uniform(max(LEAST_HARDNESS, blurred), 1.0)
    hard = rng.random(tasks) < blurred / hardness
    clear = rng.beta(*CLEARNESS, tasks)
    own = np.clip((draw_accuracies(crowd, rng) - blurred / 2) / (1 - blurred), LEAST, MOST)
    said = []
    for accuracy in own.tolist():
        wrong = (gold + rng.integers(1, size, tasks)) % size
        labels = np.where(rng.random(tasks) < accuracy, gold, wrong)
        wavering = np.where(rng.random(tasks) < clear, gold, alike)
        said.append(np.where(hard & (rng.random(tasks) < hardness), wavering, labels))
    shelves = tuple(np.arange(tasks) for _ in said)
    return Recording("simulated", gold, size, shelves, tuple(said))


def draw_accuracies(crowd: Crowd, rng: np.random.Generator) -> Floats:
    """How right each worker is: strangers from the prior, known ones from it and their own record."""
    right, wrong = np.array([pair[0] for pair in crowd.known]), np.array([pair[1] for pair in crowd.known])
    mean = house_mean(crowd)
    known = rng.permutation(len(crowd.known))[
        : round(crowd.workers * len(crowd.known) / (len(crowd.known) + STRANGERS))
    ]
    strangers = rng.beta(STRENGTH * mean, STRENGTH * (1 - mean), crowd.workers - len(known))
    if not len(known):
        return np.asarray(strangers)
    regulars = rng.beta(right[known] + STRENGTH * mean, wrong[known] + STRENGTH * (1 - mean))
    return np.concatenate([regulars, strangers])


def house_mean(crowd: Crowd) -> float:
    """How right a stranger is on average, shifted by the workers whom the house knows."""
    seen = [(right + STRENGTH * crowd.accuracy) / (right + wrong + STRENGTH) for right, wrong in crowd.known]
    return float((STRANGERS * crowd.accuracy + sum(seen)) / (STRANGERS + len(seen)))
