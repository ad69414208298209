"""Who comes when, and who gets what: the arrival protocols of a replay over the router's own choices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.beliefs import gains, pair_gains
from core.beliefs.choice import invited, more_patient, offered
from core.beliefs.evidence import Floats, Ints
from gpu_jobs.replay.desk import Desk

SESSION = 10
"""Tasks that a worker takes at most before they leave."""
BATCH = 0.05
"""Invitations that go out together, per task of the job."""
Turn = tuple[int, Ints]
"""A worker and the places of their shelf that they answer now."""


def sessions(desk: Desk) -> Iterator[Turn]:
    """A random recorded worker arrives and takes tasks that they answered in the record."""
    patience = 1.0
    here: list[int] = []
    refits = -1
    while desk.last_call():
        if refits != desk.refits:
            here, refits = list(range(desk.recording.n_workers)), desk.refits
        if not here:
            return
        number = int(desk.rng.integers(len(here)))
        worker = here[number]
        places = desk.shelf(worker)
        if not len(places):
            here[number] = here[-1]
            here.pop()
        elif not desk.routed:
            yield worker, desk.rng.permutation(places)[:SESSION]
        else:
            chosen = _routed(desk, worker, places, patience)
            patience = more_patient(patience, served=len(chosen) > 0)
            yield worker, chosen


def _routed(desk: Desk, worker: int, places: Ints, patience: float) -> Ints:
    """What the router gives this worker; with a fixed budget the tasks without an answer come before all others."""
    tasks = desk.recording.shelves[worker][places]
    if desk.budget is not None and not desk.answered.all():
        places, tasks = places[desk.answered[tasks] == 0], tasks[desk.answered[tasks] == 0]
    own = gains(desk.snapshot, desk.weights[tasks], worker) + _crumbs(desk, len(tasks))
    usual = gains(desk.snapshot, desk.weights[tasks], None)
    return places[offered(own, usual, patience, SESSION)]


def named(desk: Desk, *, load_cap: float) -> Iterator[Turn]:
    """The router names whom to invite for what; nobody gets more than `load_cap` times the mean load.

    The one exception is a task without any answer of which all takers have their load: somebody has to answer it.
    """
    owner = np.concatenate([np.full(len(shelf), worker) for worker, shelf in enumerate(desk.recording.shelves)])
    place = np.concatenate([np.arange(len(shelf)) for shelf in desk.recording.shelves])
    task = np.concatenate(desk.recording.shelves)
    batch = max(1, round(BATCH * desk.recording.n_tasks))
    while desk.last_call():
        free = np.flatnonzero(np.concatenate(desk.unused) & desk.open[task])
        least = len(desk.task) + (desk.answered == 0).sum()  # answers that the job will have at the least
        room = np.maximum(1, int(load_cap * least / desk.recording.n_workers)) - desk.loads
        fit = free[room[owner[free]] > 0]
        if not len(fit):
            fit = free[desk.answered[task[free]] == 0]
            room = np.full(len(room), batch)
        gain = pair_gains(desk.snapshot, desk.weights[task[fit]], owner[fit] + 1) + _crumbs(desk, len(fit))
        chosen = fit[invited(gain, task[fit], owner[fit], room, batch)]
        if not len(chosen):
            return
        for worker in np.unique(owner[chosen]).tolist():
            yield worker, place[chosen[owner[chosen] == worker]]


def anybody(desk: Desk) -> Iterator[Turn]:
    """Open tasks get the answer of a random worker who answered them in the record."""
    takers: list[list[tuple[int, int]]] = [[] for _ in range(desk.recording.n_tasks)]
    for worker, shelf in enumerate(desk.recording.shelves):
        for place, task in enumerate(shelf.tolist()):
            takers[task].append((worker, place))
    for taker in takers:
        desk.rng.shuffle(taker)
    batch = max(1, round(BATCH * desk.recording.n_tasks))
    while desk.last_call() and (left := [task for task in np.flatnonzero(desk.open).tolist() if takers[task]]):
        gain = gains(desk.snapshot, desk.weights[left], None) if desk.routed else np.zeros(len(left))
        for number in np.argsort(-gain - _crumbs(desk, len(left)), kind="stable")[:batch].tolist():
            worker, place = takers[left[number]].pop()
            yield worker, np.array([place])


def _crumbs(desk: Desk, size: int) -> Floats:
    """Differences too small to matter, so that equal tasks come in random order."""
    crumbs: Floats = 1e-9 * desk.rng.random(size)
    return crumbs
