"""Collects what is wrong with an upload, so that a requester can mend everything in one go."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from core.errors import BadUpload

LISTED = 20
"""Faults told one by one; more than a screen of a chat helps nobody."""
SHOWN = 40
"""Characters of a requester's own text that a sentence repeats."""


class Faults:
    """Sentences about one upload: the first ones are kept, the others only counted."""

    def __init__(self) -> None:
        self._listed: list[str] = []
        self.count = 0

    @property
    def full(self) -> bool:
        """Whether further sentences are only counted, so that they need not be worded well."""
        return self.count >= LISTED

    def add(self, sentence: str) -> None:
        """Note one fault."""
        self.count += 1
        if self.count <= LISTED:
            self._listed.append(sentence)

    def extend(self, sentences: Iterable[str]) -> None:
        """Note several faults."""
        for sentence in sentences:
            self.add(sentence)

    def check(self) -> None:
        """Raise BadUpload when anything was noted."""
        if self.count > LISTED:
            raise BadUpload([*self._listed, f"and {self.count - LISTED:,} more"])
        if self.count:
            raise BadUpload(self._listed)


def quoted(value: object) -> str:
    """A requester's own text, cut short and with everything unprintable escaped."""
    text = str(value)
    return repr(text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that offers the nearest known word, or nothing."""
    near = difflib.get_close_matches(word[:SHOWN].lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
