"""What BIO tags mean: which are legal after which, and which spans they mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

OUTSIDE = "O"
Span = tuple[int, int, str]  # first token, token after the last, type
Bools = npt.NDArray[np.bool_]


def parse(label: str | Iterable[str]) -> list[str]:
    """The tags of a label, a string with spaces between tags or a sequence of tags; ValueError for other tags."""
    tags = label.split() if isinstance(label, str) else [str(tag) for tag in label]
    for tag in tags:
        if tag != OUTSIDE and not (tag[:2] in ("B-", "I-") and len(tag) > 2):
            raise ValueError(f"{tag!r} is not a BIO tag: O, B-type or I-type")
    return tags


def tag_set(tags: Iterable[str]) -> list[str]:
    """O, then B and I of every type in `tags`."""
    kinds = sorted({tag[2:] for tag in tags if tag != OUTSIDE})
    return [OUTSIDE, *(f"{mark}-{kind}" for kind in kinds for mark in "BI")]


def legal_steps(tags: Sequence[str]) -> Bools:
    """[tag, next tag]: anything may follow but I-type, which follows only B-type or I-type."""
    return np.array([[after[0] != "I" or before[2:] == after[2:] for after in tags] for before in tags], dtype=np.bool_)


def legal_starts(tags: Sequence[str]) -> Bools:
    """Tags that may open a sentence: all but I-type."""
    return np.array([tag[0] != "I" for tag in tags], dtype=np.bool_)


def spans_of(tags: Sequence[str]) -> set[Span]:
    """The marked spans; an I-type that continues nothing opens a span, as in the CoNLL evaluation."""
    found: set[Span] = set()
    start, kind = 0, ""
    for at, tag in enumerate([*tags, OUTSIDE]):
        if tag[0] == "I" and kind == tag[2:]:
            continue
        if kind:
            found.add((start, at, kind))
        start, kind = at, tag[2:]
    return found


def strict_f1(found: Iterable[set[Span]], truth: Iterable[set[Span]]) -> tuple[float, float, float]:
    """Precision, recall and F1 over sentences of spans that are right in both bounds and type."""
    right = claimed = there = 0
    for one, other in zip(found, truth, strict=True):
        right, claimed, there = right + len(one & other), claimed + len(one), there + len(other)
    return right / max(1, claimed), right / max(1, there), 2 * right / max(1, claimed + there)
