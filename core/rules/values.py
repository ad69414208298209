"""What a rule is made of: the collector it reads, conditions that must all hold, and the action that follows."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Value: TypeAlias = "float | str"
Fields: TypeAlias = "Mapping[str, Value]"

SCOPES = ("pool", "requester", "all")
"""How far a restriction reaches (Toloka's words): this job, all jobs of its requester, everything."""
ACTIONS = ("restrict", "set_skill", "change_overlap", "approve_all", "reject_all", "alert")
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
"""Longer signs first: a reader that looks for them in this order finds the right one."""


class Event(StrEnum):
    """What just happened to a worker; a rule is looked at only when its collector can have changed by it."""

    ANSWER = "answer"
    CONTROL = "control"
    SKIP = "skip"
    REVIEW = "review"
    TRAINING = "training"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of one of the collector's fields, such as correct_answers_rate < 0.6."""

    field: str
    op: str
    value: Value

    def holds(self, fields: Fields) -> bool:
        """Whether it is so; a field that nothing is known of (a rate of no answers) holds for nothing."""
        seen = fields.get(self.field)
        return seen is not None and OPERATORS[self.op](seen, self.value)

    def __str__(self) -> str:
        value = self.value if isinstance(self.value, str) else f"{self.value:g}"
        return f"{self.field} {self.op} {value}"


@dataclass(frozen=True, slots=True)
class Action:
    """What follows; which of the fields count depends on `type`.

    restrict: `scope`, `seconds` (None: for good), `reason`. set_skill: `skill`, `value` (0..100) or `from_field`, and
    `seconds` to live. change_overlap: `delta`. reject_all: `reason`. alert: `kind`, the text that admins read.
    """

    type: str
    scope: str = "pool"
    seconds: int | None = None
    reason: str = ""
    skill: str = ""
    value: int | None = None
    from_field: str = ""
    delta: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule. `history_size` is how many of the latest events its collector looks at; None is all of the job."""

    name: str
    collector: str
    conditions: tuple[Condition, ...]
    action: Action
    history_size: int | None = None
    fast_submit_threshold_seconds: float | None = None
    answer_threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule whose conditions all hold, with everything that its collector saw."""

    rule: Rule
    evidence: dict[str, Value]


def dump_rule(rule: Rule) -> dict[str, Any]:
    """A rule as plain values."""
    return asdict(rule)


def load_rule(data: dict[str, Any]) -> Rule:
    """A rule back from plain values."""
    conditions = tuple(Condition(**each) for each in data["conditions"])
    return Rule(**{**data, "conditions": conditions, "action": Action(**data["action"])})
