"""The job file as a form: what each field may hold, and a sentence for everything else.

Validators of later fields look at earlier ones (options at type and scale, examples at options), so the order of the
fields matters, and every fault is found in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from core.intake.cells import clean
from core.intake.courseform import ExamField, LimitsForm, TrainingField
from core.intake.faults import quoted
from core.intake.quantities import Amount, amount, duration, number, seconds_until, whole
from core.intake.reviewform import CheckForm, ExpertsField, ReviewField
from core.intake.ruleform import RulesField
from core.model import METHODS, TEXT, TEXT_OPTIONS

MAX_OPTIONS = 20
"""Buttons that a person can still read on a phone."""
MAX_EXAMPLES = 20
MAX_OVERLAP = 50
MIN_DEADLINE, MAX_DEADLINE = 60, 366 * 86400
MIN_LEASE, MAX_LEASE = 30, 86400
"""Seconds; a task must come back within a day."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")

Kind: TypeAlias = Literal["single_choice", "yes_no", "rating", "text"]


def _text(longest: int) -> BeforeValidator:
    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a text")
        text = clean(value).strip()
        if not text:
            raise ValueError("is empty")
        if len(text) > longest:
            raise ValueError(f"has {len(text)} characters, at most {longest} fit")
        return text

    return BeforeValidator(read)


def _read(reader: Callable[..., object], *bounds: float) -> BeforeValidator:
    return BeforeValidator(lambda value: reader(value, *bounds))


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{quoted(value)} is not one of {', '.join(known)}")
    return str(value)


Label = Annotated[str, _text(60)]
Id = Annotated[str, _text(40)]
Why = Annotated[str, _text(300)]


class Form(BaseModel):
    """Base of the forms: an unknown field is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class OptionForm(Form):
    """One choice."""

    id: Id
    text: Label


class ExampleForm(Form):
    """One solved item; good is false for a common mistake."""

    text: Annotated[str, _text(500)]
    label: Label
    why: Why = ""
    good: Annotated[bool, BeforeValidator(lambda value: _one_of(value, ("true", "false")) == "true")] = True


POLICY_FIELDS = {
    "fixed": ("answers",),
    "dynamic": ("min", "max", "confidence"),
    "checkpoint": ("min", "max", "confidence", "share"),
    "value": ("min", "max", "worth"),
    "budget": ("min", "max"),
}
"""The overlap policies, and what each is told beside its name."""


class OverlapForm(Form):
    """Answers per task, as written."""

    policy: Annotated[str, _read(lambda v: _one_of(v, tuple(POLICY_FIELDS)))]
    answers: Annotated[int, _read(whole, 1, MAX_OVERLAP)] | None = None
    min: Annotated[int, _read(whole, 1, MAX_OVERLAP)] = 2
    max: Annotated[int, _read(whole, 1, MAX_OVERLAP)] = 5
    confidence: Annotated[float, _read(number, 0.5, 0.999999)] = 0.9
    share: Annotated[float, _read(number, 0.01, 1)] = 0.2
    worth: Annotated[Amount, _read(amount)] | None = None

    @model_validator(mode="after")
    def _agree(self) -> OverlapForm:
        known = POLICY_FIELDS[self.policy]
        wrong = sorted(self.model_fields_set - {"policy", *known})
        if self.policy == "fixed" and (self.answers is None or wrong):
            raise ValueError("a fixed overlap has answers, such as {policy: fixed, answers: 3}, and nothing else")
        if self.policy == "dynamic" and self.answers is not None:
            raise ValueError("a dynamic overlap has min and max instead of answers")
        if wrong:
            raise ValueError(f"a {self.policy} overlap has {', '.join(known)}, and no {wrong[0]}")
        if self.policy == "value" and self.worth is None:
            raise ValueError("a value overlap needs worth: what a correct label is worth, such as 0.10 USD")
        if self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self


class JobForm(LimitsForm, Form):
    """Every field of a job file."""

    title: Annotated[str, _text(120)]
    question: Annotated[str, _text(300)]
    type: Annotated[Kind, _read(lambda v: _one_of(v, ("single_choice", "yes_no", "rating", "text")))] = "single_choice"
    scale: tuple[int, int] | None = None
    options: tuple[OptionForm, ...] = Field(default=(), validate_default=True)
    instructions: Annotated[str, _text(3000)] = ""
    examples: tuple[ExampleForm, ...] = ()
    price: Annotated[Amount, _read(amount)] = Amount(0, "")
    budget: Annotated[Amount, _read(amount)] | None = None
    overlap: OverlapForm = OverlapForm(policy="dynamic")
    gold_share: Annotated[float, _read(number, 0, 0.5)] = 0.1
    deadline: int | None = None
    languages: tuple[str, ...] = ()
    skills: dict[Id, Annotated[int, _read(whole, 0, 100)]] = Field(default={}, max_length=20)
    priority: Annotated[int, _read(whole, 1, 10)] = 5
    session: Annotated[int, _read(whole, 5, 50)] = 15
    lease: Annotated[int, _read(duration)] = 600
    min_seconds: Annotated[float, _read(number, 0, 600)] | None = None
    template: str = ""
    method: Annotated[str, _read(lambda v: _one_of(v, METHODS))] = "auto"
    learn: Annotated[bool, BeforeValidator(lambda value: _one_of(value, ("true", "false")) == "true")] = False
    auto_accept: Annotated[float, _read(number, 0.5, 0.999)] | None = None
    invite: Annotated[bool, BeforeValidator(lambda value: _one_of(value, ("true", "false")) == "true")] = False
    review: ReviewField | None = None
    experts: ExpertsField | None = None
    check: CheckForm | None = None
    expert_price: Annotated[Amount, _read(amount)] | None = None
    expert_weight: Annotated[float, _read(number, 0.5, 0.999)] = 0.98
    rules: RulesField = {}
    training: TrainingField | None = None
    exam: ExamField | None = None

    @field_validator("scale", mode="before")
    @classmethod
    def _ends(cls, value: object, info: ValidationInfo) -> tuple[int, int]:
        if info.data.get("type", "rating") != "rating":
            raise ValueError("only a job of type rating has a scale")
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError("must be its two ends, such as [1, 5]")
        low, high = (whole(end, -100, 100) for end in value)
        if not 1 <= high - low < MAX_OPTIONS:
            raise ValueError(f"[{low}, {high}] has {max(high - low + 1, 0)} steps, 2 to {MAX_OPTIONS} fit")
        return low, high

    @field_validator("options", mode="before")
    @classmethod
    def _choices(cls, value: object, info: ValidationInfo) -> list[object]:
        if not value:
            return _default_options(info.data)
        if info.data.get("type") == TEXT:
            raise ValueError("a job of type text has none: its answers are typed")
        if info.data.get("scale"):
            raise ValueError("give a scale or options, not both")
        if isinstance(value, dict):
            return [{"id": key, "text": text} for key, text in value.items()]
        if not isinstance(value, list):
            raise ValueError("must be a list such as [spam, not spam], or lines of 'id: text'")
        return [{"id": entry[:40].rstrip(), "text": entry} if isinstance(entry, str) else entry for entry in value]

    @field_validator("options")
    @classmethod
    def _distinct(cls, options: tuple[OptionForm, ...], info: ValidationInfo) -> tuple[OptionForm, ...]:
        if not options:
            return options
        if not 2 <= len(options) <= MAX_OPTIONS:
            raise ValueError(f"{len(options)} given, a job has 2 to {MAX_OPTIONS}")
        if info.data.get("type") == "yes_no" and len(options) != 2:
            raise ValueError("a job of type yes_no has two; use type single_choice")
        _refuse_twice("id", [option.id for option in options])
        _refuse_twice("text", [option.text for option in options])
        return options

    @field_validator("examples", mode="before")
    @classmethod
    def _entries(cls, value: object) -> list[object]:
        if isinstance(value, list):
            return value
        if not isinstance(value, dict) or value.keys() - {"good", "bad"}:
            raise ValueError("must be lists of text, label and why under good and bad")
        return [entry for good in ("good", "bad") for entry in _marked(value.get(good) or [], good)]

    @field_validator("examples")
    @classmethod
    def _labelled(cls, examples: tuple[ExampleForm, ...], info: ValidationInfo) -> tuple[ExampleForm, ...]:
        if len(examples) > MAX_EXAMPLES:
            raise ValueError(f"{len(examples)} given, at most {MAX_EXAMPLES} fit")
        options: tuple[OptionForm, ...] = info.data.get("options", ())
        known = {name.casefold() for option in options for name in (option.id, option.text)}
        for example in examples:
            if known and example.label.casefold() not in known:
                raise ValueError(f"label {quoted(example.label)} is none of the options")
        return examples

    @field_validator("budget", "expert_price")
    @classmethod
    def _same_asset(cls, budget: Amount | None, info: ValidationInfo) -> Amount | None:
        price: Amount = info.data.get("price", Amount(0, ""))
        if budget and budget.asset and price.asset and budget.asset != price.asset:
            raise ValueError(f"is in {budget.asset}, the price is in {price.asset}")
        return budget

    @field_validator("check")
    @classmethod
    def _chained(cls, check: CheckForm | None, info: ValidationInfo) -> CheckForm | None:
        price: Amount = info.data.get("price", Amount(0, ""))
        if check is None:
            return None
        if info.data.get("type", TEXT) != TEXT:
            raise ValueError("only a job of type text is checked by another job")
        if check.price.asset and price.asset and check.price.asset != price.asset:
            raise ValueError(f"price is in {check.price.asset}, the job's price is in {price.asset}")
        if check.min > check.max:
            raise ValueError(f"min {check.min} is more than max {check.max}")
        return check

    @field_validator("overlap", mode="before")
    @classmethod
    def _policy(cls, value: object) -> object:
        if isinstance(value, str):
            return {"policy": "fixed", "answers": whole(value, 1, MAX_OVERLAP)}
        if not isinstance(value, dict):
            raise ValueError("must be a number, or a policy such as {policy: dynamic, min: 2, max: 5}")
        return {"policy": "fixed" if "answers" in value else "dynamic", **value}

    @field_validator("deadline", mode="before")
    @classmethod
    def _ahead(cls, value: object, info: ValidationInfo) -> int:
        return _within(seconds_until(value, (info.context or {})["now_ms"]), MIN_DEADLINE, MAX_DEADLINE)

    @field_validator("lease")
    @classmethod
    def _short(cls, lease: int) -> int:
        return _within(lease, MIN_LEASE, MAX_LEASE)

    @field_validator("languages", mode="before")
    @classmethod
    def _codes(cls, value: object) -> tuple[str, ...]:
        entries = value if isinstance(value, list) else re.split(r"[\s,]+", str(value).strip())
        for entry in entries:
            if not isinstance(entry, str) or not _LANGUAGE.fullmatch(entry):
                raise ValueError(f"{quoted(entry)} is not a language code such as en or zh")
        if len(entries) > 20:
            raise ValueError(f"{len(entries)} given, at most 20 fit")
        return tuple(dict.fromkeys(entries))

    @field_validator("skills", mode="before")
    @classmethod
    def _minimums(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise ValueError("must be lines of 'skill: lowest value', such as {sentiment: 70}")
        return value


def _default_options(data: dict[str, Any]) -> list[object]:
    if scale := data.get("scale"):
        steps = [str(step) for step in range(scale[0], scale[1] + 1)]
        return [{"id": step, "text": step} for step in steps]
    kind = data.get("type")
    if kind == TEXT:
        return [{"id": option.id, "text": option.text} for option in TEXT_OPTIONS]
    if kind == "yes_no":
        return [{"id": "yes", "text": "Yes"}, {"id": "no", "text": "No"}]
    if kind == "single_choice":
        raise ValueError(f"missing; give 2 to {MAX_OPTIONS} choices, such as [spam, not spam]")
    if kind == "rating" and "scale" in data:
        raise ValueError("missing; a rating needs them, or a scale such as [1, 5]")
    return []


def _marked(entries: object, good: str) -> list[object]:
    if not isinstance(entries, list):
        raise ValueError(f"{good} must be a list of text, label and why")
    mark = {"good": str(good == "good").lower()}
    return [{**entry, **mark} if isinstance(entry, dict) else entry for entry in entries]


def _refuse_twice(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ValueError(f"the {what} {quoted(name)} is given twice")
        seen.add(name.casefold())


def _within(seconds: int, low: int, high: int) -> int:
    if seconds < low:
        raise ValueError("is in the past or too soon" if seconds <= 0 else f"must be at least {low} seconds")
    if seconds > high:
        raise ValueError(f"must be at most {high // 86400} day(s)")
    return seconds
