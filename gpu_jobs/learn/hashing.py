"""The weight-free encoder: texts become hashed words, word pairs and letter n-grams, in any language.

All substrings of a block of texts are hashed at once: with prefix sums of letter x base^position modulo 2^64, the
hash of any substring is one subtraction and one product (the base is odd, so its powers can be divided by).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gpu_jobs.kernels.values import Ints
from gpu_jobs.learn.values import Bools

Hashes = npt.NDArray[np.uint64]
BITS = 18
GRAMS = (2, 3, 4)  # letters; two and three carry scripts without spaces
BLOCK = 2048  # texts at once, to bound memory
MAX_LETTERS = 2000  # of a text; what follows is not read
BASE = 0x9E3779B97F4A7C15  # odd, 2^64 / golden ratio
WORD, PAIR = 101, 102  # salts of what is not a letter n-gram
OTHER = 1 << 20  # salt of the second text of a pair
MASK = (1 << 64) - 1


def features(texts: Sequence[str], others: Sequence[str] | None = None, bits: int = BITS) -> sparse.csr_array:
    """Features [text, 2^bits] with rows of about length one; a text's row depends on that text alone."""
    blocks = [_block(texts[at : at + BLOCK], 0, bits) for at in range(0, len(texts), BLOCK)]
    if others is not None and any(others):
        second = [_block(others[at : at + BLOCK], OTHER, bits) for at in range(0, len(others), BLOCK)]
        blocks = [(one + two) * np.float32(0.5**0.5) for one, two in zip(blocks, second, strict=True)]
    if not blocks:
        return sparse.csr_array((0, 1 << bits), dtype=np.float32)
    return sparse.csr_array(sparse.vstack(blocks, format="csr"))


def _block(texts: Sequence[str], salt: int, bits: int) -> sparse.csr_array:
    owner, hashes = grams(texts, salt)
    size = np.bincount(owner, minlength=len(texts))
    order = np.argsort(owner, kind="stable")
    values = (1 / np.sqrt(np.maximum(size, 1)))[owner[order]].astype(np.float32)
    buckets = (hashes[order] >> np.uint64(64 - bits)).astype(np.int32)
    bounds = np.concatenate([[0], np.cumsum(size)])
    return sparse.csr_array((values, buckets, bounds), shape=(len(texts), 1 << bits))


def grams(texts: Sequence[str], salt: int = 0) -> tuple[Ints, Hashes]:
    """All n-grams of all texts: whose they are, and a 64-bit hash of each."""
    clean = [f" {plain(text)} " for text in texts]
    codes = np.frombuffer("".join(clean).encode("utf-32-le", "replace"), dtype=np.uint32)
    ends = np.array([0, *accumulate(map(len, clean))], dtype=np.int64)
    owner = np.repeat(np.arange(len(texts)), np.diff(ends))
    power, inverse = _powers(len(codes) + 1)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * power[:-1])])

    def spell(first: Ints, after: Ints) -> Hashes:
        return np.asarray((sums[after] - sums[first]) * inverse[first], dtype=np.uint64)

    found: list[tuple[Ints, Hashes]] = []
    for length in GRAMS:
        first = np.flatnonzero(owner[: len(owner) - length + 1] == owner[length - 1 :])
        found.append((owner[first], _mix(spell(first, first + length), salt + length)))
    first, after = _words(codes)
    words = spell(first, after)
    found.append((owner[first], _mix(words, salt + WORD)))
    beside = np.flatnonzero(owner[first[:-1]] == owner[first[1:]])
    pairs = words[beside] * np.uint64(BASE) + words[beside + 1]
    found.append((owner[first[beside]], _mix(pairs, salt + PAIR)))
    return np.concatenate([whose for whose, _ in found]), np.concatenate([hashes for _, hashes in found])


def plain(text: str) -> str:
    """What is hashed: compatible forms made one, lower case, single spaces, at most `MAX_LETTERS`."""
    short = text[:MAX_LETTERS]
    return " ".join((short if short.isascii() else unicodedata.normalize("NFKC", short)).lower().split())


def _words(codes: npt.NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Where words begin and end: runs of letters and digits."""
    inside = np.concatenate([[False], _letters()[np.minimum(codes, 0xFFFF)], [False]])
    turns = np.flatnonzero(inside[1:] != inside[:-1])
    return turns[::2], turns[1::2]


@cache
def _letters() -> Bools:
    return np.array([chr(code).isalnum() for code in range(0x10000)])


def _powers(least: int) -> tuple[Hashes, Hashes]:
    power, inverse = _many_powers(1 << (least - 1).bit_length())
    return power[:least], inverse[:least]


@cache
def _many_powers(size: int) -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse modulo 2^64; sizes are powers of two, so that few are kept."""
    steps = np.full(size, BASE, dtype=np.uint64)
    back = np.full(size, pow(BASE, -1, 1 << 64), dtype=np.uint64)
    steps[0] = back[0] = 1
    return np.cumprod(steps), np.cumprod(back)


def _mix(hashes: Hashes, salt: int) -> Hashes:
    """Spread a polynomial hash over all bits: the finaliser of splitmix64."""
    mixed = hashes + np.uint64((salt * BASE) & MASK)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)
