"""Every locale says the same things: only keys that English has, with the same values filled in."""

from __future__ import annotations

import string

import pytest

from config.texts import gaps, load_texts

TEXTS = load_texts()
OTHERS = [code for code, _ in TEXTS.languages() if code != "en"]


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", OTHERS)
def test_a_locale_fills_in_the_values_that_english_does(code: str) -> None:
    english = TEXTS.catalogues["en"]
    wrong = {key for key, text in TEXTS.catalogues[code].items() if fields(text) != fields(english.get(key, "{none}"))}
    assert not wrong, f"{code} differs from English in the values of {sorted(wrong)}"


def test_every_locale_translates_all_that_workers_read() -> None:
    assert gaps(TEXTS) == {}, "English stands in only for what requesters and admins read"


def test_a_wish_for_an_unknown_language_falls_back_to_english() -> None:
    assert TEXTS.best("xx", "") == "en", "English stands in for what we do not speak"
