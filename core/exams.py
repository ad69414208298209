"""Training and exams before a job: the score, and whether a person may try again, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.model import Exam, Training

Course = Training | Exam


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a training or exam; `score` is per cent of right answers, times in ms since the epoch."""

    id: int
    person: int
    job: int
    kind: str
    nth: int
    state: str
    asked: int
    ok: int
    score: int | None
    begun_at: int
    done_at: int | None


@dataclass(frozen=True, slots=True)
class Chance:
    """Whether another try is possible: how many are left, and from when (ms; None for now)."""

    left: int
    at: int | None


def score_of(ok: int, asked: int) -> int:
    """Per cent of right answers."""
    return round(100 * ok / asked) if asked else 0


def length_of(course: Course) -> int:
    """How many questions it has."""
    return course.tasks if isinstance(course, Training) else course.questions


def chance(course: Course, tries: Sequence[Attempt], now: int) -> Chance:
    """What is left after these tries since the last pass; a failed try starts the cool-down."""
    failed = [one for one in tries if one.state == "failed" and one.done_at is not None]
    left = max(0, course.attempts - len(failed))
    if not failed:
        return Chance(left, None)
    until = max(one.done_at or 0 for one in failed) + course.cooldown_seconds * 1000
    return Chance(left, until if until > now else None)


def since_pass(tries: Sequence[Attempt]) -> list[Attempt]:
    """The tries after the newest pass, oldest first: a retest has its attempts anew."""
    passed = max((one.id for one in tries if one.state == "passed"), default=0)
    return sorted((one for one in tries if one.id > passed), key=lambda one: one.id)


def stale(active_at: int, now: int, retest_days: int) -> bool:
    """Whether a person was away so long that what they passed has to be shown again."""
    return bool(retest_days) and now - active_at > retest_days * 86_400_000
