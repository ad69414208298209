"""Texts fall back to English, and money, times and spans read as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.texts import Texts, moment, money, span

TEXTS = Texts(
    {"en": {"name": "English", "hi": "Hi {who}", "raw": "{x}"}, "de": {"name": "Deutsch", "hi": "Hallo {who}"}}
)


def test_a_language_speaks_for_itself_and_english_stands_in() -> None:
    assert TEXTS.say("de", "hi", who="Ada") == "Hallo Ada", "its own text first"
    assert TEXTS.say("de", "raw", x=1) == "1", "English where the line is missing"
    assert TEXTS.say("xx", "hi", who="Ada") == "Hi Ada", "English for a language that we do not speak"


def test_a_key_that_nobody_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        TEXTS.say("en", "nothing")


def test_values_with_braces_are_not_filled_in_again() -> None:
    assert TEXTS.say("en", "hi", who="{who}") == "Hi {who}", "what a person typed is never a template"


def test_wishes_are_taken_in_order() -> None:
    assert (TEXTS.best("xx", "de"), TEXTS.best("", "yy")) == ("de", "en"), "the first that we speak, else English"
    assert TEXTS.languages()[0] == ("en", "English"), "English is offered first"


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00 USD"), (20_000, "0.02 USD"), (1_500_000, "1.50 USD"), (1, "0.000001 USD")]
)
def test_money_shows_cents_and_no_more_than_needed(amount: int, text: str) -> None:
    assert money(amount, "USD") == text, "an amount reads like a price"


@given(st.integers(-(10**15), 10**15))
def test_money_loses_nothing(amount: int) -> None:
    whole, _, part = money(amount, "USD").removesuffix(" USD").partition(".")
    micro = int(part.ljust(6, "0"))
    assert int(whole) * 1_000_000 + (-micro if whole.startswith("-") else micro) == amount, "every micro-unit is shown"


def test_a_moment_names_its_zone() -> None:
    assert moment(1_800_000_000_000) == "2027-01-15 08:00 UTC", "people in all zones read it the same way"


@pytest.mark.parametrize(("ms", "text"), [(90_000, "90 s"), (720_000, "12 min"), (10_800_000, "3 h"), (2e8, "2 days")])
def test_a_span_is_told_in_its_unit(ms: float, text: str) -> None:
    assert span(ms) == text, "nobody counts hours in seconds"
