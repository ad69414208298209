"""Loads the catalogues of config/locales into the Texts that the core speaks with."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

from core.texts import FALLBACK, Texts

SPOKEN_TO_WORKERS = (
    "agreement",
    "privacy",
    "help",
    "session.",
    "task.",
    "undo.",
    "nothing.",
    "restricted",
    "objection",
)
"""How the keys begin that every language must have; requesters and admins may be spoken to in English."""


@lru_cache(maxsize=1)
def load_texts() -> Texts:
    """Every locale that is shipped, by its language code (the file's name)."""
    catalogues = {}
    for file in resources.files("config").joinpath("locales").iterdir():
        if file.name.endswith(".toml"):
            catalogues[file.name.removesuffix(".toml")] = tomllib.loads(file.read_text(encoding="utf-8"))
    return Texts(catalogues)


def gaps(texts: Texts) -> dict[str, list[str]]:
    """What workers read and a language lacks, by language; empty when all is translated."""
    needed = {key for key in texts.catalogues[FALLBACK] if key.startswith(SPOKEN_TO_WORKERS)}
    missing = {code: sorted(needed - set(known)) for code, known in texts.catalogues.items()}
    return {code: keys for code, keys in missing.items() if keys}
