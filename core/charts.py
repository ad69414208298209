"""Small charts made of letters, so that a card can carry its evidence on every platform and be edited in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
FULL, EMPTY = "█", "░"
RIGHT, WRONG = "✓", "✗"
CANT, SKIPPED = "?", "–"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WIDTH = 12
"""Cells of a bar: what fits beside its caption on a phone."""


def sparkline(values: Sequence[float], low: float | None = None, high: float | None = None) -> str:
    """Values as a row of bars between `low` and `high` (their own least and greatest when not given)."""
    if not values:
        return ""
    bottom = min(values) if low is None else low
    span = (max(values) if high is None else high) - bottom
    top = len(BARS) - 1
    places = (round(top * (value - bottom) / span) if span > 0 else 0 for value in values)
    return "".join(BARS[min(top, max(0, place))] for place in places)


def bar(share: float, width: int = WIDTH) -> str:
    """A share of one as a bar."""
    filled = round(min(1.0, max(0.0, share)) * width)
    return FULL * filled + EMPTY * (width - filled)


def marks(right: Sequence[bool]) -> str:
    """Right and wrong answers, oldest first."""
    return "".join(RIGHT if one else WRONG for one in right)


def running_share(right: Sequence[bool], window: int = 5) -> list[float]:
    """The share of right ones among the last few, after each."""
    return [sum(right[max(0, at - window + 1) : at + 1]) / min(at + 1, window) for at in range(len(right))]


def letter(label: int | None) -> str:
    """An option as a letter, the first one A; "can't tell" and a skip have marks of their own."""
    if label is None:
        return SKIPPED
    return CANT if label < 0 else LETTERS[label] if label < len(LETTERS) else "#"


def letters(labels: Sequence[int | None], group: int = 10) -> str:
    """Answers as letters, oldest first, in groups that can be counted."""
    row = "".join(letter(label) for label in labels)
    return " ".join(row[at : at + group] for at in range(0, len(row), group))


def legend(labels: Sequence[int | None], names: Sequence[str]) -> str:
    """What the letters stand for, the most frequent first."""
    known = Counter(label for label in labels if label is not None and 0 <= label < len(names))
    return " · ".join(f"{letter(label)} = {names[label]}" for label, _ in known.most_common(6))


def compared(rows: Sequence[tuple[str, float, float]]) -> str:
    """Lines of a caption with two bars each: this one's share, and the others'."""
    return "\n".join(f"{bar(own, 8)} {bar(others, 8)} {caption}" for caption, own, others in rows)


def histogram(values: Sequence[float], edges: Sequence[float]) -> list[float]:
    """The share of the values up to each edge, and beyond the last."""
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[sum(value > edge for edge in edges)] += 1
    total = max(1, len(values))
    return [count / total for count in counts]


def rates(times: Sequence[int], start: int, end: int, cells: int) -> list[int]:
    """How many of the times fall into each of so many equal stretches from `start` to `end`."""
    counts = [0] * cells
    for at in times:
        if start <= at < end:
            counts[(at - start) * cells // (end - start)] += 1
    return counts
