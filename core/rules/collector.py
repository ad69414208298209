"""What every collector is: the fields it can tell, the events that change them, and how it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from core.quality import wilson
from core.rules.facts import Facts
from core.rules.values import Event, Rule, Value

Collect: TypeAlias = "Callable[[Facts, Rule], dict[str, Value]]"
WORKING = frozenset({Event.ANSWER, Event.CONTROL})


@dataclass(frozen=True, slots=True)
class Collector:
    """A counter of one kind of evidence.

    `words` are fields that hold one of some words instead of a number; `parameters` what a rule may set for it;
    `reason` names the text that a worker reads who is restricted by it; `bad_work` says that the evidence speaks
    against the answers themselves; `spends` that evidence which made a rule fire is used up: the next firing needs new;
    `rest_ms` is how long a rule that does not restrict rests after a firing.
    """

    name: str
    fields: tuple[str, ...]
    events: frozenset[Event]
    collect: Collect
    parameters: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reason: str = "rule"
    bad_work: bool = False
    spends: bool = True
    rest_ms: int = 0


def rate_fields(*names: str) -> tuple[str, ...]:
    """The three fields of each rate: itself, and the bounds of its 90 % interval."""
    return tuple(f"{name}{end}" for name in names for end in ("", "_lower", "_upper"))


def rate(name: str, part: int, whole: int) -> dict[str, Value]:
    """A share (0..1) with its Wilson bounds; nothing when there is nothing to share."""
    if whole <= 0:
        return {}
    low, high = wilson(part, whole)
    return {name: part / whole, f"{name}_lower": low, f"{name}_upper": high}


def said(*names: str) -> Collect:
    """A collector that only repeats what its event brought."""

    def collect(facts: Facts, rule: Rule) -> dict[str, Value]:
        return {name: facts.said[name] for name in names if name in facts.said}

    return collect
