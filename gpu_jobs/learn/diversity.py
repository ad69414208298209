"""Orders items so that every beginning of the order covers the whole well: greedy k-centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn.duplicates import Embeddings

BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Order:
    """Rows in order of choice, and how far each was from all before it (cosine distance; the first has 2)."""

    rows: Ints
    distance: Floats


def k_centre(embeddings: Embeddings, rows: Ints, size: int) -> Order:
    """Start nearest the middle of `rows`, then always take the row farthest from those taken; rows have length one.

    The farthest distance left is at most twice the best possible (Gonzalez, 1985).
    """
    size = min(size, len(rows))
    chosen, far = np.empty(size, dtype=np.int64), np.empty(size)
    if not size:
        return Order(chosen, far)
    middle = np.mean(
        [np.asarray(embeddings[rows[at : at + BLOCK]], np.float32).mean(axis=0) for at in _starts(rows)], 0
    )
    distance = np.full(len(rows), 2.0)
    place = int(np.argmax(_cosine(embeddings, rows, middle)))
    for step in range(size):
        chosen[step], far[step] = rows[place], distance[place]
        here = np.asarray(embeddings[rows[place]], dtype=np.float32)
        distance = np.minimum(distance, 1 - _cosine(embeddings, rows, here))
        distance[place] = -1.0
        place = int(np.argmax(distance))
    return Order(chosen, far)


def _starts(rows: Ints) -> range:
    return range(0, len(rows), BLOCK)


def _cosine(embeddings: Embeddings, rows: Ints, point: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Floats:
    parts = [np.asarray(embeddings[rows[at : at + BLOCK]], dtype=np.float32) @ point for at in _starts(rows)]
    return np.concatenate(parts).astype(np.float64)
