"""What is known of a worker when rules are looked at: counts, the latest events, and the event's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from core.rules.values import Fields


@dataclass(frozen=True, slots=True)
class Counts:
    """Running counts of a worker in a job; `accepted` and `rejected` are what reviewers said."""

    answers: int = 0
    controls: int = 0
    control_ok: int = 0
    compared: int = 0
    agreed: int = 0
    skips: int = 0
    skips_in_row: int = 0
    fast: int = 0
    duration_ms: int = 0
    accepted: int = 0
    rejected: int = 0
    pending: int = 0

    def since(self, before: Counts) -> Counts:
        """What came after `before`; never below zero, since an undo may have taken back what was counted then."""
        more = {one.name: max(0, getattr(self, one.name) - getattr(before, one.name)) for one in fields(Counts)}
        return Counts(**{**more, "skips_in_row": min(self.skips_in_row, more["skips"])})


@dataclass(frozen=True, slots=True)
class Deed:
    """One finished task of the worker: an answer, skip or report; `agreed` is None while its task has no label."""

    id: int
    kind: str
    control: int = 0
    correct: int | None = None
    fast: int = 0
    duration_ms: int = 0
    agreed: int | None = None
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """All that collectors may read. `deeds` and `outcomes` (1 accepted, 0 rejected) are newest first.

    `said` is what the event itself brought: the sum of the last day's income, a reviewer's word, a training's result.
    """

    counts: Counts = Counts()
    deeds: tuple[Deed, ...] = ()
    outcomes: tuple[int, ...] = ()
    said: Fields = field(default_factory=dict)


def latest(deeds: Iterable[Deed], size: int, *, control: bool | None = None, kind: str = "answer") -> list[Deed]:
    """The newest `size` answers (of controls or of others alone, when asked)."""
    fit = (one for one in deeds if one.kind == kind and (control is None or bool(one.control) is control))
    return [one for one, _ in zip(fit, range(size), strict=False)]
