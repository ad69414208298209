"""What is believed of one job's crowd at one moment: immutable, and all that a verdict needs beside the votes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.beliefs.calibration import NO_CALIBRATION, Calibration
from core.beliefs.evidence import Floats, Ints

FORMAT = 1


@dataclass(frozen=True)
class Snapshot:
    """Beliefs of one job. Row 0 of `rows` and of `skill` is the stranger's, row i + 1 that of `workers[i]`."""

    workers: tuple[int, ...]
    rows: Floats  # [worker + 1, true class, said class]
    noise: Floats  # [true class, said class], what a hard task makes of an answer
    skill: Floats  # [worker + 1], how often a worker agrees with the skill-weighted vote
    classes: Floats  # share of each class
    hardness: Floats  # share of noise in answers to tasks of each difficulty
    hard_shares: Floats  # how many tasks have it
    vote_weight: float  # of the skill-weighted vote in the blend, 0..1
    answers: Ints  # [worker + 1], answers behind each row
    calibration: Calibration = NO_CALIBRATION

    @property
    def size(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    @cached_property
    def places(self) -> dict[int, int]:
        """Row of each known worker; strangers have row 0."""
        return {worker: place for place, worker in enumerate(self.workers, 1)}

    @cached_property
    def start(self) -> Floats:
        """Log weight of each hypothesis: difficulty x class of the confusion model, then class of the vote."""
        return self.before(self.classes, np.full(self.size, 1 / self.size))

    def before(self, shares: Floats, even: Floats) -> Floats:
        """The same where the confusion model begins with these class shares [..., class] and the vote with `even`."""
        confusion = np.log(self.hard_shares)[:, None] + np.log(shares)[..., None, :]
        return np.concatenate(
            [confusion.reshape(*shares.shape[:-1], len(self.hard_shares) * self.size), np.log(even)], axis=-1
        )

    @cached_property
    def table(self) -> Floats:
        """[row, said class, hypothesis]: log probability that the worker of the row says so under the hypothesis."""
        return np.log(self.chances)

    @cached_property
    def chances(self) -> Floats:
        """[row, said class, hypothesis]: probability that the worker of the row says so under the hypothesis."""
        size, eye = self.size, np.eye(self.size)
        mixed = [(1 - level) * self.rows + level * self.noise for level in self.hardness.tolist()]
        coin = self.skill[:, None, None]
        mixed.append(coin * eye + (1 - coin) * (1 - eye) / max(1, size - 1))
        return np.concatenate([part.transpose(0, 2, 1) for part in mixed], axis=2)

    @cached_property
    def crowd_accuracy(self) -> float:
        """How often a stranger is right."""
        return float(self.classes @ np.diagonal(self.rows[0]))

    def accuracy(self, worker: int) -> float:
        """How often the worker is right, over the classes as they occur; the crowd's for a stranger."""
        return float(self.classes @ np.diagonal(self.rows[self.places.get(worker, 0)]))

    def dumps(self) -> bytes:
        """As JSON; arrays are rounded to 32 bits (`refit` has done so, so that nothing changes by storing)."""
        parts: dict[str, Any] = {
            "format": FORMAT,
            "workers": list(self.workers),
            "answers": self.answers.tolist(),
            "vote_weight": self.vote_weight,
            "calibration": {"power": self.calibration.power, "ceiling": self.calibration.ceiling},
        }
        parts |= {name: _packed(getattr(self, name)) for name in ARRAYS}
        return json.dumps(parts, separators=(",", ":")).encode()


ARRAYS = ("rows", "noise", "skill", "classes", "hardness", "hard_shares")


def loads(data: bytes) -> Snapshot:
    """The snapshot that `dumps` made these bytes of."""
    parts = json.loads(data)
    arrays = {name: _unpacked(parts[name]) for name in ARRAYS}
    return Snapshot(
        workers=tuple(parts["workers"]),
        answers=np.array(parts["answers"], np.int64),
        vote_weight=parts["vote_weight"],
        calibration=Calibration(**parts["calibration"]),
        **arrays,
    )


def rounded(values: Floats) -> Floats:
    """The nearest numbers of 32 bits."""
    return values.astype(np.float32).astype(np.float64)


def _packed(values: Floats) -> dict[str, Any]:
    return {"shape": values.shape, "data": base64.b64encode(values.astype("<f4").tobytes()).decode()}


def _unpacked(part: dict[str, Any]) -> Floats:
    numbers = np.frombuffer(base64.b64decode(part["data"]), "<f4").astype(np.float64)
    return numbers.reshape(part["shape"])
