"""What a text from a stranger may hold: marks that reorder or hide text are dropped, control characters are refused."""

from __future__ import annotations

import re
import unicodedata

# Unicode's bidirectional controls (UAX 9), zero-width marks, byte order mark and tag characters: none of them is text,
# and each can make a worker see something else than what is stored.
_HIDDEN = re.compile("[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
# Joiners are spelling in Persian and Hindi and glue in emoji; next to ASCII or at an end they only hide.
_LONE_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters by category that draw nothing (Hangul fillers, the empty Braille cell)."""


# OWASP, "CSV Injection": what a spreadsheet takes for a formula, full-width forms included
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
QUOTE = "'"


def guarded(text: str) -> str:
    """The text as a cell of a CSV file that no spreadsheet runs: with a quote mark before what looks like a formula.

    What looks guarded already gets one more, so that `unguarded` always brings the text back.
    """
    return QUOTE + text if _looks_like_formula(text.lstrip(QUOTE)) else text


def unguarded(cell: str) -> str:
    """The text that was guarded; any other cell as it is."""
    return cell[1:] if cell.startswith(QUOTE) and _looks_like_formula(cell.lstrip(QUOTE)) else cell


def _looks_like_formula(text: str) -> bool:
    return text.startswith(FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(text)


def clean(text: str) -> str:
    """The text without hidden marks and with plain line ends; ValueError when it holds a control character."""
    if text.isascii() and text.isprintable():
        return text
    text = _HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _LONE_JOINER.sub("", text)
    if bad := _REFUSED.search(text):
        raise ValueError(f"holds the control character {ord(bad[0]):#06x}; remove it")
    return text


def visible(text: str) -> bool:
    """Whether anything of it can be seen."""
    return any(unicodedata.category(mark)[0] not in "CZ" and mark not in _BLANK_LETTERS for mark in text)
