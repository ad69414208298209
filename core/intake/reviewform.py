"""The parts of a job file about people's judgement: review before pay, and experts for contested tasks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.intake.faults import quoted
from core.intake.quantities import Amount, amount, number, whole
from core.model import Check, Experts, Handle, Review, parse_handle

DAY = 86_400
MAX_DAYS = 30.0
"""Nobody's pay is kept waiting longer than this."""
MAX_PEOPLE = 50


def _handles(value: object) -> tuple[Handle, ...]:
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_PEOPLE:
        raise ValueError(f"{len(entries)} given, at most {MAX_PEOPLE} fit")
    return tuple(dict.fromkeys(parse_handle(str(entry)) for entry in entries))


def _flag(value: object) -> bool:
    if value not in ("true", "false"):
        raise ValueError(f"{quoted(value)} is not one of true, false")
    return value == "true"


def _fix(value: object) -> str:
    if value not in ("reject", "pay"):
        raise ValueError(f"{quoted(value)} is not one of reject, pay")
    return str(value)


def _number(low: float, high: float) -> BeforeValidator:
    return BeforeValidator(lambda value: number(value, low, high))


def _share(value: object) -> float:
    return 1.0 if value == "all" else number(value, 0, 1)


class ReviewForm(BaseModel):
    """Review of answers before they are paid, as written."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    share: Annotated[float, BeforeValidator(_share)] = 1.0
    blind: Annotated[bool, BeforeValidator(_flag)] = True
    threshold: Annotated[float, _number(0, 0.999999)] = 0.7
    second: Annotated[float, _number(0, 1)] = 0.0
    appeal_days: Annotated[float, _number(0, MAX_DAYS)] = 3.0
    accept_after_days: Annotated[float, _number(0.01, MAX_DAYS)] = 2.0
    fix: Annotated[Literal["reject", "pay"], BeforeValidator(_fix)] = "reject"
    reviewers: Annotated[tuple[Handle, ...], BeforeValidator(_handles)] = ()


class CheckForm(BaseModel):
    """How typed answers are checked by others, as written."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    question: str = Field("Is this answer right?", min_length=1, max_length=300)
    price: Annotated[Amount, BeforeValidator(amount)]
    min: Annotated[int, BeforeValidator(lambda value: whole(value, 1, 20))] = 2
    max: Annotated[int, BeforeValidator(lambda value: whole(value, 1, 20))] = 3
    confidence: Annotated[float, _number(0.5, 0.999999)] = 0.9
    rounds: Annotated[int, BeforeValidator(lambda value: whole(value, 1, 10))] = 3


class ExpertsForm(BaseModel):
    """Who decides contested tasks, as written: skills with their lowest value, or people."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    skills: dict[str, Annotated[int, BeforeValidator(lambda value: whole(value, 0, 100))]] = Field({}, max_length=20)
    people: Annotated[tuple[Handle, ...], BeforeValidator(_handles)] = ()


def read_review(value: object) -> object:
    """`review: all` and `review: 10 %` are short for a share."""
    return {"share": value} if isinstance(value, str) else value


def read_experts(value: object) -> object:
    """A mapping names skills, a list names people."""
    if isinstance(value, dict):
        return {"skills": value}
    if isinstance(value, list):
        return {"people": value}
    raise ValueError(
        "must be lines of 'skill: lowest value', such as {sentiment: 80}, or a list such as [telegram:1001]"
    )


ReviewField = Annotated[ReviewForm, BeforeValidator(read_review)]
ExpertsField = Annotated[ExpertsForm, BeforeValidator(read_experts)]


def review_of(form: ReviewForm | None) -> Review | None:
    """The policy in the model's units."""
    if form is None:
        return None
    return Review(
        share=form.share,
        blind=form.blind,
        threshold=form.threshold,
        second=form.second,
        appeal_seconds=round(form.appeal_days * DAY),
        accept_after_seconds=round(form.accept_after_days * DAY),
        fix_pays=form.fix == "pay",
        reviewers=form.reviewers,
    )


def check_of(form: CheckForm | None) -> Check | None:
    """The check in the model's units."""
    if form is None:
        return None
    return Check(form.question, form.price.micro, form.min, form.max, form.confidence, form.rounds)


def experts_of(form: ExpertsForm | None, price: Amount | None, weight: float, ordinary: int) -> Experts | None:
    """The experts in the model's units; without a price of their own they are paid what others are."""
    if form is None:
        return None
    micro = price.micro if price is not None else ordinary
    return Experts(tuple(form.skills.items()), form.people, micro, weight=weight)
