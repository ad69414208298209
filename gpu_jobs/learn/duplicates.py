"""Finds items that are nearly the same, so that people are not paid for labelling one thing twice.

Each item that is as similar to an earlier one as asked points to it; those that others point to point to none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn import hashing
from gpu_jobs.learn.hashing import Hashes

EXACT_MOST = 20_000  # items that are compared each with each
BLOCK = 2048
BANDS, ROWS = 8, 4  # texts sharing 9 of 10 n-grams meet in a band with probability 0.9998, 3 of 10 with 0.06
PAIRS_AT_ONCE = 8192
Embeddings = npt.NDArray[np.float32] | npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """For every item the earlier item that it repeats, or -1, and how similar they are."""

    original: Ints
    similarity: Floats


def among_embeddings(embeddings: Embeddings, similarity: float) -> Duplicates:
    """By cosine, each with each."""
    size = len(embeddings)
    original, alike = np.full(size, -1, dtype=np.int64), np.zeros(size)
    for at in range(0, size, BLOCK):
        block = _unit(embeddings[at : at + BLOCK])
        near = block @ _unit(embeddings[: at + len(block)]).T
        for place in np.flatnonzero((np.tril(near, at - 1) >= similarity).any(axis=1)):
            earlier = np.flatnonzero(near[place, : at + place] >= similarity)
            earlier = earlier[original[earlier] < 0]
            if len(earlier):
                original[at + place], alike[at + place] = earlier[0], float(near[place, earlier[0]])
    return Duplicates(original, alike)


def among_texts(texts: Sequence[str], similarity: float, cosine: Callable[[Ints, Ints], Floats]) -> Duplicates:
    """By `cosine` of pairs that share a band of their MinHash signatures."""
    original, alike = np.full(len(texts), -1, dtype=np.int64), np.zeros(len(texts))
    pairs = candidates(signatures(texts))
    for at in range(0, len(pairs), PAIRS_AT_ONCE):
        part = pairs[at : at + PAIRS_AT_ONCE]
        near = cosine(part[:, 0], part[:, 1])
        for (earlier, later), value in zip(part[near >= similarity], near[near >= similarity], strict=True):
            if original[later] < 0 and original[earlier] < 0:
                original[later], alike[later] = earlier, value
    return Duplicates(original, alike)


def text_cosine(texts: Sequence[str]) -> Callable[[Ints, Ints], Floats]:
    """The cosine of pairs of texts by their hashed n-grams."""

    def cosine(first: Ints, second: Ints) -> Floats:
        one, two = (hashing.features([texts[row] for row in rows]) for rows in (first, second))
        dot = np.asarray(one.multiply(two).sum(axis=1)).ravel()
        lengths = [np.sqrt(np.asarray(part.multiply(part).sum(axis=1)).ravel()) for part in (one, two)]
        return np.asarray(dot / np.maximum(lengths[0] * lengths[1], 1e-12), dtype=np.float64)

    return cosine


def embedding_cosine(embeddings: Embeddings) -> Callable[[Ints, Ints], Floats]:
    """The cosine of pairs of rows."""

    def cosine(first: Ints, second: Ints) -> Floats:
        one, two = (_unit(embeddings[rows]) for rows in (first, second))
        return np.asarray((one * two).sum(axis=1), dtype=np.float64)

    return cosine


def _unit(rows: Embeddings) -> npt.NDArray[np.float32]:
    """Rows of length one again: half precision moves a length by a thousandth."""
    wide = np.asarray(rows, dtype=np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def signatures(texts: Sequence[str]) -> Hashes:
    """MinHash signatures [text, BANDS x ROWS] of the sets of n-grams."""
    made = np.empty((len(texts), BANDS * ROWS), dtype=np.uint64)
    for at in range(0, len(texts), BLOCK):
        part = texts[at : at + BLOCK]
        owner, hashes = hashing.grams(part)
        order = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[order], np.arange(len(part)))
        for column in range(BANDS * ROWS):
            salt = np.uint64((2 * column + 1) * hashing.BASE & hashing.MASK)
            mixed = (hashes[order] ^ (hashes[order] >> np.uint64(column + 7))) * salt
            made[at : at + len(part), column] = np.minimum.reduceat(mixed, starts)
    return made


def candidates(made: Hashes) -> Ints:
    """Pairs [earlier, later] that agree on a whole band: each with the first and the one before of its bucket."""
    found = []
    for band in range(BANDS):
        keys = made[:, band * ROWS].copy()
        for column in range(1, ROWS):
            keys = keys * np.uint64(hashing.BASE) + made[:, band * ROWS + column]
        order = np.argsort(keys, kind="stable")
        same = keys[order][1:] == keys[order][:-1]
        head = np.maximum.accumulate(np.where(np.concatenate([[True], ~same]), np.arange(len(order)), 0))
        later = np.flatnonzero(same) + 1
        found += [np.stack([order[later - 1], order[later]], 1), np.stack([order[head[later]], order[later]], 1)]
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    pairs = np.unique(np.concatenate(found), axis=0)
    return np.asarray(pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))], dtype=np.int64)
