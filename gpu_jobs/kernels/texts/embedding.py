"""A text embedding without a model: hashed character n-grams, equal on every machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np

from gpu_jobs.kernels.values import Floats

Embedding = Callable[[Sequence[str]], Floats]  # texts -> [text, dimension]

DIMENSIONS = 1024
SHORTEST, LONGEST = 2, 4  # characters of an n-gram


def hashed_ngrams(texts: Sequence[str]) -> Floats:
    """Counts of character n-grams, case folded, hashed to signed dimensions and scaled to length one."""
    known: dict[str, Floats] = {}
    for text in texts:
        if text not in known:
            known[text] = _vector(f" {' '.join(text.casefold().split())} ")
    return np.array([known[text] for text in texts]).reshape(len(texts), DIMENSIONS)


def _vector(text: str) -> Floats:
    sizes = range(SHORTEST, LONGEST + 1)
    grams = [text[at : at + size] for size in sizes for at in range(len(text) + 1 - size)]
    hashes = np.array([crc32(gram.encode(errors="surrogatepass")) for gram in grams], dtype=np.int64)
    # the top bit is the sign, so that collisions cancel on average
    signs = np.where(hashes >> 31, -1.0, 1.0)
    vector = np.bincount(hashes % DIMENSIONS, weights=signs, minlength=DIMENSIONS)
    length = float(np.sqrt((vector**2).sum()))
    return np.asarray(vector / length if length else vector, dtype=np.float64)
