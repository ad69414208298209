"""What detection reads and what it finds: taps and arrivals in, findings with a p-value and their figures out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Tap(NamedTuple):
    """An answer in force: label -1 is "can't tell", `gold` the known answer or None, `at` in ms since the epoch."""

    task: int
    person: int
    label: int
    gold: int | None
    at: int
    duration_ms: int


class Arrival(NamedTuple):
    """A worker's first answer in the job (ms since the epoch), and since when the account is known here."""

    person: int
    at: int
    known_since: int


@dataclass(frozen=True, slots=True)
class Levels:
    """How sure a detector must be before an admin is asked to look.

    `worker` bounds the chance that an honest worker is ever named for a sequence in a job, `pairs` the expected share
    of false ones among the pairs named at once (Benjamini-Hochberg), `job` the chance of a false burst per look.
    """

    worker: float = 1e-3
    pairs: float = 0.01
    job: float = 1e-3


@dataclass(frozen=True, slots=True)
class Found:
    """Something that chance hardly explains: its kind, whom it is about, how hardly, and the figures behind it."""

    kind: str
    people: tuple[int, ...]
    p: float
    evidence: dict[str, float | int | str] = field(default_factory=dict)
