"""Amounts and times are read exactly as people write them, or refused in words."""

from __future__ import annotations

import pytest

from core.intake.quantities import Amount, amount, duration, number, seconds_until, whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.02", Amount(20_000, "")),
        ("0.000001 USD", Amount(1, "USD")),
        ("999999999.999999 EUR", Amount(999_999_999_999_999, "EUR")),
        ("5USDT", Amount(5_000_000, "USDT")),
    ],
)
def test_amount(text: str, expected: Amount) -> None:
    assert amount(text) == expected, "an amount is whole micro-units and an asset"


@pytest.mark.parametrize("text", ["", "free", "-1", "1e3", "0,02", "1.0000001", "2 cents", "1 2", "٣", "1_000", "nan"])
def test_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount such as"):
        amount(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90 min", 5400), ("12 h", 43_200), ("3 days", 259_200), ("1.5 hours", 5400), ("1w", 604_800)]
)
def test_duration(text: str, seconds: int) -> None:
    assert duration(text) == seconds, "times are read as seconds"


@pytest.mark.parametrize("text", ["3", "days", "3 years", "-1 day", "2026-01-01"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time such as"):
        duration(text)


def test_date_counts_from_now() -> None:
    assert seconds_until("1970-01-01T01:00:10Z", 10_000) == 3600, "a date with a zone is a span from now"
    assert seconds_until("1970-01-01T01:00:10+01:00", 10_000) == 0, "the zone counts"
    with pytest.raises(ValueError, match="needs a time and a zone"):
        seconds_until("1970-01-02", 0)


def test_numbers_within_bounds() -> None:
    assert (number("12 %", 0, 0.5), number("0.5", 0, 0.5), whole("-3", -5, 5)) == (0.12, 0.5, -3), "bounds are included"
    for wrong in ("0.51", "51%", "-0.1", "1e-1", "x"):
        with pytest.raises(ValueError, match="is not"):
            number(wrong, 0, 0.5)
