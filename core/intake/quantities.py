"""Reads amounts, times and numbers as people write them; exact, and a ValueError says what is meant instead."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from core.intake.faults import quoted
from core.model import MICRO

_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([A-Z]{3,4})?")
_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*([a-z]+)")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_UNITS = {
    1: ("s", "sec", "second", "seconds"),
    60: ("m", "min", "minute", "minutes"),
    3600: ("h", "hour", "hours"),
    86400: ("d", "day", "days"),
    604800: ("w", "week", "weeks"),
}
_SECONDS = {word: seconds for seconds, words in _UNITS.items() for word in words}


class Amount(NamedTuple):
    """Money in micro-units; the asset is empty when none was written."""

    micro: int
    asset: str


def amount(value: object) -> Amount:
    """Read 0.02 or "0.02 USD"; never through a float."""
    match = _AMOUNT.fullmatch(str(value).strip())
    if not match:
        raise ValueError(f"{quoted(value)} is not an amount such as 0.02 USD (not negative, at most 6 decimals)")
    return Amount(int(Decimal(match[1]) * MICRO), match[2] or "")


def duration(value: object) -> int:
    """Read "3 days", "12 h" or "90 min" as seconds."""
    match = _DURATION.fullmatch(str(value).strip().lower())
    if not match or match[2] not in _SECONDS:
        raise ValueError(f"{quoted(value)} is not a time such as 3 days, 12 h or 90 min")
    return int(Decimal(match[1]) * _SECONDS[match[2]])


def seconds_until(value: object, now_ms: int) -> int:
    """Read a duration, or a date and time with a zone, as seconds from now."""
    text = str(value).strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return duration(text)
    if moment.tzinfo is None:
        raise ValueError(f"{quoted(text)} needs a time and a zone, such as 2030-01-31T18:00+01:00")
    return int(moment.timestamp()) - now_ms // 1000


def whole(value: object, low: int, high: int) -> int:
    """Read a whole number within bounds."""
    text = str(value).strip()
    if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
        raise ValueError(f"{quoted(value)} is not a whole number from {low} to {high}")
    return int(text)


def number(value: object, low: float, high: float) -> float:
    """Read a number within bounds; 12 % is 0.12."""
    text = str(value).strip()
    percent = text.endswith("%")
    plain = text.removesuffix("%").rstrip()
    if not _NUMBER.fullmatch(plain):
        raise ValueError(f"{quoted(value)} is not a number from {low:g} to {high:g}")
    found = float(Decimal(plain) / (100 if percent else 1))
    if not low <= found <= high:
        raise ValueError(f"{quoted(value)} is not between {low:g} and {high:g}")
    return found
