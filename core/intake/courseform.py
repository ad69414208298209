"""The parts of a job file about who may do how much: training, exam, share caps, hours, lists, best workers first."""

from __future__ import annotations

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict

from core.intake.faults import quoted
from core.intake.quantities import duration, number, whole
from core.model import Exam, Handle, Item, JobSpec, Limits, Training, parse_handle

MAX_QUESTIONS = 50
MAX_ATTEMPTS = 20
MAX_PEOPLE = 200
MAX_WAIT = 366 * 86_400
TRAINING, EXAM = Training(), Exam()
"""What is written nowhere."""
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_SKILL = re.compile(r"[\w-]{1,40}")


def _flag(value: object) -> bool:
    if value not in ("true", "false"):
        raise ValueError(f"{quoted(value)} is not one of true, false")
    return value == "true"


def _wait(value: object) -> int:
    seconds = 0 if value == "0" else duration(value)
    if seconds > MAX_WAIT:
        raise ValueError("must be at most a year")
    return seconds


def _per_cent(value: object) -> int:
    return whole(str(value).removesuffix("%").rstrip(), 1, 100)


def _skill(value: object) -> str:
    if not _SKILL.fullmatch(str(value)):
        raise ValueError(f"{quoted(value)} is not the name of a skill, such as sentiment-exam")
    return str(value)


def _hours(value: object) -> tuple[int, int]:
    match = _HOURS.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{quoted(value)} is not a span of hours such as 08:00-20:00")
    start, end = (60 * int(hour) + int(minute) for hour, minute in (match.group(1, 2), match.group(3, 4)))
    if max(start, end) > 24 * 60 or start == end or int(match[2]) > 59 or int(match[4]) > 59:
        raise ValueError(f"{quoted(value)} is not a span of hours such as 08:00-20:00")
    return start, end


def _zone(value: object) -> str:
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{quoted(value)} is not a time zone such as Europe/Berlin") from None
    return str(value)


def _people(value: object) -> tuple[Handle, ...]:
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_PEOPLE:
        raise ValueError(f"{len(entries)} given, at most {MAX_PEOPLE} fit")
    return tuple(dict.fromkeys(parse_handle(str(entry)) for entry in entries))


def _whole(low: int, high: int) -> BeforeValidator:
    return BeforeValidator(lambda value: whole(value, low, high))


def _share(low: float) -> BeforeValidator:
    return BeforeValidator(lambda value: number(value, low, 1))


Score = Annotated[int, BeforeValidator(_per_cent)]
Wait = Annotated[int, BeforeValidator(_wait)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class TrainingForm(_Form):
    """Training before a job, as written; a bare number is the number of tasks."""

    tasks: Annotated[int, _whole(1, MAX_QUESTIONS)] = TRAINING.tasks
    pass_score: Score = TRAINING.pass_score
    attempts: Annotated[int, _whole(1, MAX_ATTEMPTS)] = TRAINING.attempts
    cooldown: Wait = TRAINING.cooldown_seconds
    feedback: Flag = True
    paid: Flag = False


class ExamForm(_Form):
    """An exam before a job, as written; a bare number is the number of questions."""

    questions: Annotated[int, _whole(1, MAX_QUESTIONS)] = EXAM.questions
    pass_score: Score = EXAM.pass_score
    attempts: Annotated[int, _whole(1, MAX_ATTEMPTS)] = EXAM.attempts
    cooldown_hours: Annotated[float, BeforeValidator(lambda value: number(value, 0, 8760))] = 24.0
    valid_days: Annotated[int, _whole(1, 3650)] = 90
    skill: Annotated[str, BeforeValidator(_skill)] = ""
    feedback: Flag = True


class LimitsForm(_Form):
    """Who may do how much of a job and when: fields of the job file itself."""

    max_answers: Annotated[int, _whole(1, 1_000_000)] | None = None
    max_share: Annotated[float, _share(0.000001)] | None = None
    hours: Annotated[tuple[int, int], BeforeValidator(_hours)] | None = None
    timezone: Annotated[str, BeforeValidator(_zone)] = "UTC"
    unavailable_for: Annotated[tuple[Handle, ...], BeforeValidator(_people)] = ()
    quality: Annotated[float, BeforeValidator(lambda value: number(value, 0, 0.95))] = 0.0
    hold: Wait = 3600


def _bare(name: str) -> BeforeValidator:
    return BeforeValidator(lambda value: value if isinstance(value, dict) else {name: value})


TrainingField = Annotated[TrainingForm, _bare("tasks")]
ExamField = Annotated[ExamForm, _bare("questions")]
FORMS: dict[str, type[BaseModel]] = {"training": TrainingForm, "exam": ExamForm}


def training_of(form: TrainingForm | None) -> Training | None:
    """The training that a job file asks for."""
    if form is None:
        return None
    return Training(form.tasks, form.pass_score, form.attempts, form.cooldown, form.feedback, form.paid)


def exam_of(form: ExamForm | None) -> Exam | None:
    """The exam that a job file asks for."""
    if form is None:
        return None
    times: dict[str, Any] = {
        "cooldown_seconds": round(form.cooldown_hours * 3600),
        "valid_seconds": form.valid_days * 86_400,
    }
    return Exam(form.questions, form.pass_score, form.attempts, skill=form.skill, feedback=form.feedback, **times)


def limits_of(form: LimitsForm) -> Limits | None:
    """The limits that a job file sets; None when it sets none."""
    limits = Limits(
        max_answers=form.max_answers,
        max_share=form.max_share,
        hours=form.hours,
        timezone=form.timezone,
        unavailable_for=form.unavailable_for,
        quality=form.quality,
        hold_seconds=form.hold,
    )
    return None if limits == Limits(timezone=form.timezone, hold_seconds=form.hold) else limits


def enough_gold(spec: JobSpec, items: tuple[Item, ...]) -> list[str]:
    """What the items lack for the training and the exam, in sentences."""
    gold = [item for item in items if item.gold is not None and not item.reserved_for]
    faults = []
    if spec.training and spec.training.tasks > len(gold):
        faults.append(f"training: asks for {spec.training.tasks} tasks, {len(gold)} items have a known answer (gold)")
    if spec.exam and spec.exam.questions > len(gold):
        faults.append(f"exam: asks {spec.exam.questions} questions, {len(gold)} items have a known answer (gold)")
    return faults
