"""Loads the catalogues of config/locales into the Texts that the core speaks with."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

from core.texts import Texts


@lru_cache(maxsize=1)
def load_texts() -> Texts:
    """Every locale that is shipped, by its language code (the file's name)."""
    catalogues = {}
    for file in resources.files("config").joinpath("locales").iterdir():
        if file.name.endswith(".toml"):
            catalogues[file.name.removesuffix(".toml")] = tomllib.loads(file.read_text(encoding="utf-8"))
    return Texts(catalogues)
