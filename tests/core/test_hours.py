"""Quiet hours and the weekly moment, in the operator's time zone. Proves core.hours."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hours import Quiet, Weekly, parse_quiet, parse_weekly

BERLIN = ZoneInfo("Europe/Berlin")
WEEK_MS = 7 * 86_400_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(("clock", "quiet"), [("21:59", False), ("22:00", True), ("03:00", True), ("07:00", False)])
def test_quiet_hours_go_over_midnight(clock: str, quiet: bool) -> None:
    hours = parse_quiet("22:00-07:00")
    assert hours is not None and hours.covers(at(f"2026-03-01T{clock}")) is quiet, "from the first minute to the last"


def test_quiet_hours_are_local() -> None:
    assert Quiet(60 * 22, 60 * 23, BERLIN).covers(at("2026-07-01T20:30")), "22:30 in Berlin's summer"
    assert not Quiet(60 * 22, 60 * 23, BERLIN).covers(at("2026-01-01T20:30")), "21:30 in its winter"
    assert not Quiet(60, 60).covers(at("2026-01-01T01:00")), "an empty stretch is never"


@given(now=st.integers(at("2026-01-01T00:00"), at("2027-12-31T00:00")), day=st.integers(0, 6))
def test_the_last_weekly_moment_is_past_and_less_than_a_week_ago(now: int, day: int) -> None:
    moment = Weekly(day, 540, BERLIN).last(now)
    assert 0 <= now - moment <= WEEK_MS + 3_600_000, "a week at most, and an hour when the clocks change"
    here = datetime.fromtimestamp(moment / 1000, BERLIN)
    assert (here.weekday(), here.hour, here.minute) == (day, 9, 0), "at nine there"


def test_texts_are_read() -> None:
    assert parse_weekly("Monday 09:30") == Weekly(0, 570), "a day and a time"
    assert parse_weekly("0") is parse_weekly("") is None, "off"
    assert parse_quiet("") is None and parse_quiet("23:00 – 6:30") == Quiet(1380, 390), "off, and a stretch"
    for parse in (parse_weekly, parse_quiet):
        with pytest.raises(ValueError, match="soon"):
            parse("soon")
