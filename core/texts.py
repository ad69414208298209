"""What is said to people, by language: catalogues of templates as a value; English stands in for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from core.model import MICRO

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """Templates by language and key; "name" is the language's own name."""

    catalogues: Mapping[str, Mapping[str, str]]

    def say(self, lang: str, key: str, **values: object) -> str:
        """The text in that language with the values filled in; KeyError for a key that not even English has."""
        template = self.catalogues.get(lang, {}).get(key) or self.catalogues[FALLBACK][key]
        return template.format_map(values) if values else template

    def languages(self) -> list[tuple[str, str]]:
        """(code, own name) of every language, English first."""
        codes = sorted(self.catalogues, key=lambda code: (code != FALLBACK, code))
        return [(code, self.catalogues[code]["name"]) for code in codes]

    def best(self, *wishes: str) -> str:
        """The first wished language that we speak, else English."""
        return next((wish for wish in wishes if wish in self.catalogues), FALLBACK)


def money(amount: int, asset: str) -> str:
    """An amount in micro-units as people write it: 20000 → 0.02 USD."""
    number = Decimal(amount) / MICRO
    text = f"{number:.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents.ljust(2, '0')} {asset}"


def moment(at: int) -> str:
    """A time in ms since the epoch as people read it, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def span(ms: float) -> str:
    """A stretch of time in words: 90 s, 12 min, 3 h, 2 days."""
    seconds = ms / 1000
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"
