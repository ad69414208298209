"""A changed agreement must be asked again: its text in every language is pinned to its version (config.settings)."""

from __future__ import annotations

import hashlib

import pytest

from config.settings import PeopleSettings
from config.texts import load_texts

VERSION = 2
DIGESTS = {
    "en": "9158328a14c5e6b0",
    "es": "8305ba46ee7a0661",
    "zh": "06235bce3895fd82",
}
"""Of the texts as they were when that version was made: SHA-256, the first 16 digits."""
TEXTS = load_texts()


def digest_of(lang: str) -> str:
    return hashlib.sha256(TEXTS.catalogues[lang]["agreement"].encode()).hexdigest()[:16]


@pytest.mark.parametrize("lang", [code for code, _ in TEXTS.languages()])
def test_nobody_has_agreed_to_a_text_that_changed_unnoticed(lang: str) -> None:
    assert digest_of(lang) == DIGESTS.get(lang), (
        f"the agreement in {lang} has changed: raise agreement_version in config/settings.py and config/example.toml, "
        f"then set VERSION here to it and the digest of {lang} to {digest_of(lang)}; workers are then asked again"
    )


def test_the_shipped_version_is_the_one_that_these_texts_have() -> None:
    assert PeopleSettings().agreement_version == VERSION, (
        "agreement_version and VERSION here are raised together, whenever a text of the agreement changes"
    )
