"""Faults that the sandbox injects, so that the bots meet an unreliable platform before the real one shows them.

Scripted faults come first, in the order in which they were added; background faults are drawn from a seeded generator.
All times are real seconds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

CallKind = Literal["delay", "flood", "server_error", "drop", "drop_after"]
DeliveryKind = Literal["duplicate", "redeliver", "reorder"]
Kind = CallKind | DeliveryKind

CALL_KINDS: frozenset[str] = frozenset({"delay", "flood", "server_error", "drop", "drop_after"})
DELIVERY_KINDS: frozenset[str] = frozenset({"duplicate", "redeliver", "reorder"})
ANY = "*"
DEFAULT_SECONDS = 0.05  # our choice: long enough to be overtaken by the next event on loopback, short enough for tests
ON_TIME = (0.0,)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Calls: delay (answer after `seconds`), flood (429 with `retry_after`), server_error (5xx), drop (connection closed,
    no effect), drop_after (the call takes effect, then the connection closes without a response).
    Deliveries: duplicate (twice at once), redeliver (again after `seconds`), reorder (held back for `seconds`).
    """

    kind: Kind
    seconds: float = DEFAULT_SECONDS
    retry_after: int = 1


@dataclass(slots=True)
class _Script:
    method: str
    fault: Fault
    left: int


class Faults:
    """What goes wrong next; `injected` counts what did, by kind."""

    def __init__(self, seed: int = 0) -> None:
        self.injected: Counter[str] = Counter()
        self._rng = random.Random(seed)
        self._scripts: list[_Script] = []
        self._rate = 0.0
        self._background: list[Fault] = []

    def add(
        self, method: str, kind: Kind, times: int = 1, *, seconds: float = DEFAULT_SECONDS, retry_after: int = 1
    ) -> None:
        """Script `times` faults for a method (calls) or an event type (deliveries); "*" means any of them."""
        if kind not in CALL_KINDS | DELIVERY_KINDS:
            raise ValueError(f"unknown fault kind {kind!r}")
        self._scripts.append(_Script(method, Fault(kind, seconds, retry_after), times))

    def random(
        self, rate: float, kinds: Sequence[Kind], *, seconds: float = DEFAULT_SECONDS, retry_after: int = 1
    ) -> None:
        """Fail this share (0..1) of calls and deliveries from now on, with kinds drawn evenly; rate 0 ends it."""
        if not 0 <= rate <= 1:
            raise ValueError(f"rate {rate} is not a share between 0 and 1")
        self._rate = rate
        self._background = [Fault(kind, seconds, retry_after) for kind in kinds]

    def clear(self) -> None:
        """Forget every scripted and background fault."""
        self._scripts.clear()
        self._rate = 0.0

    def take(self, method: str) -> Fault | None:
        """The fault of this API call, used up; None when the call goes well."""
        return self._take(method, CALL_KINDS)

    def deliveries(self, event: str) -> tuple[float, ...]:
        """How many real seconds from now each delivery of this event is due; normally once, at once."""
        match self._take(event, DELIVERY_KINDS):
            case None:
                return ON_TIME
            case Fault(kind="duplicate"):
                return (0.0, 0.0)
            case Fault(kind="redeliver", seconds=seconds):
                return (0.0, seconds)
            case Fault(seconds=seconds):
                return (seconds,)

    def _take(self, method: str, kinds: frozenset[str]) -> Fault | None:
        if not self._scripts and not self._rate:
            return None
        fault = self._scripted(method, kinds) or self._drawn(kinds)
        if fault is not None:
            self.injected[fault.kind] += 1
        return fault

    def _scripted(self, method: str, kinds: frozenset[str]) -> Fault | None:
        for script in self._scripts:
            if script.fault.kind in kinds and script.method in (method, ANY):
                script.left -= 1
                if script.left <= 0:
                    self._scripts.remove(script)
                return script.fault
        return None

    def _drawn(self, kinds: frozenset[str]) -> Fault | None:
        if not self._rate or self._rng.random() >= self._rate:
            return None
        fitting = [fault for fault in self._background if fault.kind in kinds]
        return self._rng.choice(fitting) if fitting else None
