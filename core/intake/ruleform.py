"""A quality rule as written, in a job file or the settings: what each field may hold, and a sentence for all else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import inf
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core.intake.cells import clean
from core.intake.faults import did_you_mean, quoted
from core.intake.quantities import duration, number, whole
from core.rules.collector import Collector
from core.rules.registry import COLLECTORS
from core.rules.values import ACTIONS, OPERATORS, SCOPES, Action, Condition, Rule, Value
from core.rules.words import ALERT_KINDS

MAX_RULES, MAX_CONDITIONS = 20, 10
MAX_HISTORY = 200
"""Events; what is read for one look at a worker is bounded."""
UNBOUNDED = ("skipped_in_row_count",)
"""Counts that reach beyond the events that are looked at."""
MAX_DAYS = 366
MAX_NUMBER = 999_999_999
FOR_GOOD = ("permanent", "for good")
_CONDITION = re.compile(rf"\s*([A-Za-z0-9_]+)\s*({'|'.join(map(re.escape, OPERATORS))}|=)\s*(\S.*?)\s*")
_FIELDS = {
    "restrict": {"scope", "duration", "reason"},
    "set_skill": {"skill", "value", "from_field", "ttl"},
    "change_overlap": {"delta"},
    "approve_all": set(),
    "reject_all": {"reason"},
    "alert": {"kind"},
}
"""What may be said of each action besides its type."""


def _known(known: tuple[str, ...]) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value not in known:
            near = did_you_mean(str(value), known)
            raise ValueError(f"{quoted(value)} is not one of {', '.join(known)}{near}")
        return value

    return read


def _words(longest: int) -> BeforeValidator:
    def read(value: object) -> str:
        text = clean(value).strip() if isinstance(value, str) else ""
        if not 1 <= len(text) <= longest:
            raise ValueError(f"must be a text of 1 to {longest} characters")
        return text

    return BeforeValidator(read)


def _span(value: object) -> int | None:
    if str(value).strip().lower() in FOR_GOOD:
        return None
    seconds = duration(value)
    if not 60 <= seconds <= MAX_DAYS * 86_400:
        raise ValueError(f"{quoted(value)} is not between 1 min and {MAX_DAYS} days; {FOR_GOOD[0]} has no end")
    return seconds


def _flag(value: object) -> object:
    return {"true": True, "false": False}.get(str(value).lower(), value)


def _signed(value: object) -> int:
    return whole(str(value).strip().removeprefix("+"), -10, 10)


Span = Annotated[int | None, BeforeValidator(_span)]


class _Form(BaseModel):
    """An unknown field is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ActionForm(_Form):
    """What follows when all conditions hold."""

    type: Annotated[str, BeforeValidator(_known(ACTIONS))]
    scope: Annotated[str, BeforeValidator(_known(SCOPES))] = "pool"
    duration: Span = None
    reason: Annotated[str, _words(200)] = ""
    skill: Annotated[str, _words(40)] = ""
    value: Annotated[int, BeforeValidator(lambda value: whole(value, 0, 100))] | None = None
    from_field: str = ""
    ttl: Span = None
    delta: Annotated[int, BeforeValidator(_signed)] = 0
    kind: str = ""

    @model_validator(mode="after")
    def _agree(self) -> ActionForm:
        given = self.model_fields_set - {"type"}
        if strange := given - _FIELDS[self.type]:
            raise ValueError(f"{self.type} has no {', '.join(sorted(strange))}")
        if self.type == "restrict" and "duration" not in given:
            raise ValueError("restrict needs a duration, such as 1 day or permanent")
        if self.type == "set_skill" and (not self.skill or len(given & {"value", "from_field"}) != 1):
            raise ValueError("set_skill needs a skill, and either its value (0 to 100) or a from_field")
        if self.type == "change_overlap" and not self.delta:
            raise ValueError("change_overlap needs a delta, such as 1")
        return self


class RuleForm(_Form):
    """One rule; its name stands outside."""

    collector: Annotated[str, BeforeValidator(_known(tuple(COLLECTORS)))]
    history_size: Annotated[int, BeforeValidator(lambda value: whole(value, 1, MAX_HISTORY))] | None = None
    fast_submit_threshold_seconds: Annotated[float, BeforeValidator(lambda value: number(value, 0, 600))] | None = None
    answer_threshold: Annotated[int, BeforeValidator(lambda value: whole(value, 1, 50))] | None = None
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=MAX_CONDITIONS)]
    action: ActionForm
    enabled: Annotated[bool, BeforeValidator(_flag)] = True

    @field_validator("history_size", "fast_submit_threshold_seconds", "answer_threshold")
    @classmethod
    def _fits(cls, value: float | None, info: ValidationInfo) -> float | None:
        collector, name = _collector(info), str(info.field_name)
        if value is not None and collector and name not in collector.parameters:
            raise ValueError(f"{collector.name} has no {name}")
        if value is not None and name != "history_size" and info.data.get("history_size") is None:
            raise ValueError("needs a history_size beside it")
        return value

    @field_validator("conditions", mode="before")
    @classmethod
    def _conditions(cls, value: object, info: ValidationInfo) -> object:
        collector = _collector(info)
        if not isinstance(value, list | tuple):
            raise ValueError("must be a list such as ['total_answers_count >= 5']")
        found = tuple(_condition(each, collector) for each in value) if collector else ()
        for condition in found:
            _refuse_impossible(condition, info.data.get("history_size"))
        return found

    @field_validator("action")
    @classmethod
    def _possible(cls, action: ActionForm, info: ValidationInfo) -> ActionForm:
        collector = _collector(info)
        if collector and action.from_field and action.from_field not in collector.fields:
            near = did_you_mean(action.from_field, collector.fields)
            raise ValueError(f"from_field: {quoted(action.from_field)} is not a field of {collector.name}{near}")
        if collector and action.kind and ALERT_KINDS.get(action.kind, ("",))[0] != collector.name:
            raise ValueError(f"kind: {quoted(action.kind)} is not an alert about {collector.name}; leave it out")
        return action


def _collector(info: ValidationInfo) -> Collector | None:
    return COLLECTORS.get(str(info.data.get("collector")))


def _condition(text: object, collector: Collector) -> Condition:
    match = _CONDITION.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"{quoted(text)} is not a condition such as total_answers_count >= 5")
    name, op, value = match.groups()
    known = (*collector.fields, *collector.words)
    if name not in known:
        near = did_you_mean(name, known)
        raise ValueError(f"{quoted(name)} is not a field of {collector.name}{near}")
    op = "==" if op == "=" else op
    return Condition(name, op, _value(name, op, value, collector))


def _refuse_impossible(condition: Condition, history: int | None) -> None:
    """A condition that nobody's work can meet would let the rule sleep for ever."""
    name, op, value = condition.field, condition.op, condition.value
    if isinstance(value, str):
        return
    counted = name.endswith("_count") and name not in UNBOUNDED
    top = 1 if "_rate" in name else history if history and counted else inf
    if (op == ">" and value >= top) or (op in (">=", "==") and value > top):
        raise ValueError(f"{condition} never holds: {name} is at most {top:g}" + " (history_size)" * (top != 1))
    if op == "<" and value <= 0:
        raise ValueError(f"{condition} never holds: {name} is not below 0")


def _value(name: str, op: str, value: str, collector: Collector) -> Value:
    if name in collector.words:
        words = collector.words[name]
        if op not in ("==", "!="):
            raise ValueError(f"{name} is a word: compare it with == or !=")
        if words and value not in words:
            raise ValueError(f"{name} is {' or '.join(words)}, not {quoted(value)}")
        return value
    return number(value, 0, 1 if "_rate" in name else MAX_NUMBER)


def by_name(value: object) -> object:
    """A list of rules that have a name each, as one mapping; a mapping stays as it is."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, list):
        raise ValueError("must be a list of rules with name, collector, conditions and action")
    found: dict[str, Any] = {}
    for number_, entry in enumerate(value, 1):
        name = str(entry.get("name") or "").strip() if isinstance(entry, dict) else ""
        if not 1 <= len(name) <= 40:
            raise ValueError(f"rule {number_} needs a name of 1 to 40 characters")
        if name in found:
            raise ValueError(f"the rule {quoted(name)} is given twice")
        found[name] = {key: part for key, part in entry.items() if key != "name"}
    return found


def refuse_far(forms: Mapping[str, RuleForm]) -> Mapping[str, RuleForm]:
    """A requester's rules reach their own jobs, not everybody's."""
    for name, form in forms.items():
        if form.action.type == "restrict" and form.action.scope == "all":
            raise ValueError(f"{name}: only the operator can restrict from all jobs; use pool or requester")
    return forms


RulesField = Annotated[
    Mapping[str, RuleForm], BeforeValidator(by_name), Field(max_length=MAX_RULES), AfterValidator(refuse_far)
]
"""The rules of a job file."""


def rules_of(forms: Mapping[str, RuleForm]) -> tuple[Rule, ...]:
    """The rules that are switched on, as the core has them."""
    return tuple(_rule(name, form) for name, form in forms.items() if form.enabled)


def _rule(name: str, form: RuleForm) -> Rule:
    do = form.action
    seconds = do.duration if do.type == "restrict" else do.ttl
    return Rule(
        name=name,
        collector=form.collector,
        conditions=form.conditions,
        action=Action(do.type, do.scope, seconds, do.reason, do.skill, do.value, do.from_field, do.delta, do.kind),
        history_size=form.history_size,
        fast_submit_threshold_seconds=form.fast_submit_threshold_seconds,
        answer_threshold=form.answer_threshold,
    )
