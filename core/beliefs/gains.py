"""How much one more answer is expected to tell: per task for a worker who is here, per pair for invitations."""

from __future__ import annotations

import numpy as np

from core.beliefs.evidence import Floats, Ints
from core.beliefs.posterior import class_shares
from core.beliefs.snapshot import Snapshot

TINY = 1e-300


def gains(snapshot: Snapshot, weights: Floats, worker: int | None) -> Floats:
    """Expected fall of entropy, in nats, of each task [task, hypothesis] by this worker's answer; None = a stranger."""
    place = 0 if worker is None else snapshot.places.get(worker, 0)
    before = class_shares(snapshot, weights)
    joint = class_shares(snapshot, weights[:, None, :] * snapshot.chances[place])  # [task, said, class]
    said = joint.sum(axis=2)
    return _gained(before, said, joint)


def pair_gains(snapshot: Snapshot, weights: Floats, places: Ints) -> Floats:
    """The same for pairs: `weights` [pair, hypothesis] of the task, `places` [pair] the worker's row (stranger: 0)."""
    before = class_shares(snapshot, weights)
    joint = class_shares(snapshot, weights[:, None, :] * snapshot.chances[places])
    return _gained(before, joint.sum(axis=2), joint)


def _gained(before: Floats, said: Floats, joint: Floats) -> Floats:
    """Mutual information, never below 0: stored beliefs are rounded, so that the sums may miss it by 1e-9."""
    gained: Floats = np.maximum(0.0, _entropy(before, 1) + _entropy(said, 1) - _entropy(joint, (1, 2)))
    return gained


def _entropy(shares: Floats, axes: int | tuple[int, ...]) -> Floats:
    nats: Floats = -(shares * np.log(shares + TINY)).sum(axis=axes)
    return nats
