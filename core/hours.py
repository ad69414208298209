"""Hours of the day and days of the week in the operator's time zone: when to be quiet, when a digest is due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
SPAN = re.compile(rf"{CLOCK}\s*[-–]\s*{CLOCK}")
WEEKLY = re.compile(rf"(mon|tue|wed|thu|fri|sat|sun)\w*\s+{CLOCK}", re.IGNORECASE)


def local(now: int, zone: tzinfo) -> datetime:
    """A time in ms since the epoch as it is there."""
    return datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A stretch of each day in minutes after midnight; it may go over midnight, and is empty when both are equal."""

    start: int
    end: int
    zone: tzinfo = UTC

    def covers(self, now: int) -> bool:
        """Whether it is quiet at that time (ms since the epoch)."""
        here = local(now, self.zone)
        minute = 60 * here.hour + here.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


@dataclass(frozen=True, slots=True)
class Weekly:
    """A moment of each week: a day (0 is Monday), and minutes after midnight."""

    day: int
    minute: int
    zone: tzinfo = UTC

    def last(self, now: int) -> int:
        """The newest such moment that is not after `now` (both in ms since the epoch)."""
        here = local(now, self.zone)
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        due = midnight - timedelta(days=(here.weekday() - self.day) % 7) + timedelta(minutes=self.minute)
        if due > here:
            due -= timedelta(days=7)
        return round(due.timestamp() * 1000)


def parse_quiet(text: str, zone: tzinfo = UTC) -> Quiet | None:
    """Read "22:00-07:00"; None for an empty text; ValueError when it is neither."""
    if not text.strip():
        return None
    match = SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no stretch of a day such as 22:00-07:00")
    hour, minute, to_hour, to_minute = (int(part) for part in match.groups())
    return Quiet(60 * hour + minute, 60 * to_hour + to_minute, zone)


def parse_weekly(text: str, zone: tzinfo = UTC) -> Weekly | None:
    """Read "mon 09:00"; None for an empty text or 0; ValueError when it is neither."""
    if text.strip() in ("", "0"):
        return None
    match = WEEKLY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no day and time such as mon 09:00")
    return Weekly(DAYS.index(match[1].lower()), 60 * int(match[2]) + int(match[3]), zone)
