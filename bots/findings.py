"""A finding of the doctor: what was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """ok needs nothing, a warning can wait, a problem keeps tapcrowd from working."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; `remedy` says what to do and may be empty when all is well."""

    subject: str
    level: Level
    text: str
    remedy: str = ""


def ok(subject: str, text: str, remedy: str = "") -> Finding:
    """All is well."""
    return Finding(subject, Level.OK, text, remedy)


def warning(subject: str, text: str, remedy: str) -> Finding:
    """It works, but somebody should see to it."""
    return Finding(subject, Level.WARNING, text, remedy)


def problem(subject: str, text: str, remedy: str) -> Finding:
    """It does not work like this."""
    return Finding(subject, Level.PROBLEM, text, remedy)
