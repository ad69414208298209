"""Whom to invite for which tasks: the pairs that gain most, each task for one worker; some calls go to new ones."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.beliefs.choice import invited
from core.beliefs.evidence import Floats
from core.beliefs.gains import pair_gains
from core.beliefs.posterior import hypotheses
from core.beliefs.snapshot import Snapshot

HELPS = 0.25
"""Nobody but new workers is called whose answer tells less than this part of what the best one's does."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that wants answers: what was said of it, and what a model says beforehand."""

    task: int
    said: tuple[tuple[int, int], ...]
    prior: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may be called: for how many tasks at most, and the tasks that they had already."""

    person: int
    room: int
    novice: bool
    had: frozenset[int] = frozenset()
    accuracy: float = 0.75
    """What is known of them elsewhere; counts while nothing is believed of the job's crowd."""


@dataclass(frozen=True, slots=True)
class Call:
    """An invitation: for these tasks a worker's answer tells most, so many nats in all."""

    person: int
    tasks: tuple[int, ...]
    gain: float
    novice: bool = False


def worth(snapshot: Snapshot, tasks: Sequence[OpenTask], callers: Sequence[Caller]) -> Floats:
    """[task, caller]: what an answer is expected to tell, in nats."""
    weights = np.stack([hypotheses(snapshot, one.said, one.prior) for one in tasks])
    places = np.array([snapshot.places.get(caller.person, 0) for caller in callers])
    size = len(callers)
    told: Floats = pair_gains(snapshot, np.repeat(weights, size, axis=0), np.tile(places, len(tasks)))
    return told.reshape(len(tasks), size)


def calls(
    told: Sequence[Sequence[float]] | Floats,
    tasks: Sequence[OpenTask],
    callers: Sequence[Caller],
    most: int,
    explore: float,
    rng: random.Random,
) -> list[Call]:
    """At most `most` invitations; each of them goes with the chance `explore` to a new worker, if there is one."""
    gain = np.array(told, np.float64)
    for column, caller in enumerate(callers):
        gain[[row for row, one in enumerate(tasks) if one.task in caller.had], column] = 0.0
    helpful = _helpful(gain)
    pairs = _shared_out(gain * helpful, callers)
    ranked = sorted(pairs, key=lambda column: (-sum(gain[row, column] for row in pairs[column]), column))
    novices = [column for column, caller in enumerate(callers) if caller.novice]
    chosen: dict[int, bool] = {}
    for _ in range(min(most, len(callers))):
        fresh = [column for column in novices if column not in chosen]
        known = [column for column in ranked if column not in chosen]
        if fresh and rng.random() < explore:
            chosen[rng.choice(fresh)] = True
        elif known:
            chosen[known[0]] = False
    made = [_call(gain, tasks, callers[column], column, pairs, novice) for column, novice in chosen.items()]
    return [one for one in made if one.tasks]


def _helpful(gain: Floats) -> Floats:
    """1 for callers whose answers tell something beside the best one's, 0 for the others."""
    usual = gain.sum(axis=0) / np.maximum(1, (gain > 0).sum(axis=0))
    helpful: Floats = (usual >= HELPS * usual.max(initial=0.0)).astype(np.float64)
    return helpful


def _shared_out(gain: Floats, callers: Sequence[Caller]) -> dict[int, list[int]]:
    """By caller: the tasks for which they are named."""
    rows, columns = np.nonzero(gain > 0)
    room = np.array([caller.room for caller in callers], np.int64)
    named: dict[int, list[int]] = {}
    for place in invited(gain[rows, columns], rows, columns, room, len(rows)).tolist():
        named.setdefault(int(columns[place]), []).append(int(rows[place]))
    return named


def _call(
    gain: Floats,
    tasks: Sequence[OpenTask],
    caller: Caller,
    column: int,
    pairs: Mapping[int, list[int]],
    novice: bool,
) -> Call:
    """An explorer gets what tells most of all that is open; everybody else what they were named for."""
    best = [row for row in np.argsort(-gain[:, column], kind="stable").tolist() if gain[row, column] > 0]
    rows = best[: caller.room] if novice else pairs[column]
    told = float(sum(gain[row, column] for row in rows))
    return Call(caller.person, tuple(tasks[row].task for row in rows), told, novice)
