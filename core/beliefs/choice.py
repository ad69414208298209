"""Which of the open tasks this worker is given, which are held for somebody better, and whom to invite for what."""

from __future__ import annotations

import numpy as np

from core.beliefs.evidence import Floats, Ints

HOLD = 0.5
"""A task is held back from workers who are expected to tell less of it than this share of a usual worker ..."""
LOSE_PATIENCE, GAIN_PATIENCE = 0.8, 1.25
"""... and this falls with every worker who is sent away with nothing, and rises again with every one who is not."""


def offered(own: Floats, usual: Floats, patience: float, most: int) -> Ints:
    """Places of at most `most` tasks for a worker, those first of which they are expected to tell most.

    `own` and `usual` are the expected gains by this worker and by a usual one (a stranger); `patience` in 0..1 says how
    much of HOLD still applies: 1 as long as others come, 0 to give away everything.
    """
    fit = np.flatnonzero(own >= HOLD * patience * usual)
    order: Ints = fit[np.argsort(-own[fit], kind="stable")][:most]
    return order


def more_patient(patience: float, *, served: bool) -> float:
    """The patience after a worker got something or was sent away."""
    return min(1.0, patience * GAIN_PATIENCE) if served else patience * LOSE_PATIENCE


def invited(gain: Floats, task: Ints, worker: Ints, room: Ints, most: int) -> Ints:
    """Places of at most `most` pairs, greatest gain first; a task once, a worker at most `room[worker]` times."""
    left, taken = room.copy(), set()
    chosen: list[int] = []
    for place in np.argsort(-gain, kind="stable").tolist():
        who, what = int(worker[place]), int(task[place])
        if left[who] > 0 and what not in taken:
            chosen.append(place)
            left[who] -= 1
            taken.add(what)
            if len(chosen) >= most:
                break
    return np.array(chosen, np.int64)
