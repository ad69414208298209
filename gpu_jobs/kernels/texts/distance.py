"""Edit distances between sequences of word codes, many pairs at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpu_jobs.kernels.values import Floats, Ints

PAIRS_AT_ONCE = 4096  # bounds memory: one row of the table per pair


def edit_distances(left: Sequence[Ints], right: Sequence[Ints]) -> Ints:
    """Levenshtein distance of each pair: insertions, deletions and substitutions cost 1."""
    parts = [
        _batch(left[start : start + PAIRS_AT_ONCE], right[start : start + PAIRS_AT_ONCE])
        for start in range(0, len(left), PAIRS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def relative_distances(left: Sequence[Ints], right: Sequence[Ints]) -> Floats:
    """Edit distance over the longer length, 0 for equal and 1 for nothing in common; two empty ones are equal."""
    longer = np.array([max(len(one), len(other), 1) for one, other in zip(left, right, strict=True)])
    relative: Floats = edit_distances(left, right) / longer
    return relative


def _batch(left: Sequence[Ints], right: Sequence[Ints]) -> Ints:
    rows, columns = _padded(left, -1), _padded(right, -2)
    ends = np.array([len(words) for words in left]), np.array([len(words) for words in right])
    pairs = np.arange(len(left))
    steps = np.arange(columns.shape[1] + 1)
    table = np.tile(steps, (len(left), 1))
    found = table[pairs, ends[1]]
    for at in range(rows.shape[1]):
        entry = table + 1  # leave out a word of left
        np.minimum(entry[:, 1:], table[:, :-1] + (rows[:, at, None] != columns), out=entry[:, 1:])
        # a run of insertions costs its length: the best start of the run is a running minimum
        table = np.minimum.accumulate(entry - steps, axis=1) + steps
        done = ends[0] == at + 1
        found[done] = table[pairs[done], ends[1][done]]
    return np.asarray(found, dtype=np.int64)


def _padded(sequences: Sequence[Ints], filler: int) -> Ints:
    padded = np.full((len(sequences), max(map(len, sequences), default=0)), filler, dtype=np.int64)
    for row, words in zip(padded, sequences, strict=True):
        row[: len(words)] = words
    return padded
