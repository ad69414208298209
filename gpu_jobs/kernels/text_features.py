"""Turns the text columns of items into numbers: hashed n-grams of each, and how alike any two of them are."""

from __future__ import annotations

import html
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np
from scipy import sparse

from gpu_jobs.kernels.values import Floats

BUCKETS = 1 << 13
BINS = 8  # of each likeness: a line through all of it would miss that only the top counts
WORD = re.compile(r"\w+(?:\.\d+)?")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
MOST_COLUMNS = 6  # compared pairwise


def features(columns: Sequence[Sequence[str]]) -> sparse.csr_array:
    """Features [item, feature] of text columns: hashed words and word pairs, and the likeness of columns."""
    clean = [[html.unescape(text).lower() for text in column] for column in columns]
    parts = [hashed(clean)]
    parts += [_steps(likeness(a, b)) for a, b in combinations(clean[:MOST_COLUMNS], 2)]
    return sparse.csr_array(sparse.hstack(parts))


def hashed(columns: Sequence[Sequence[str]]) -> sparse.csr_array:
    """Words and neighbouring words of all columns, hashed; every row has length one."""
    rows, cells = [], []
    for place, column in enumerate(columns):
        for row, text in enumerate(column):
            words = WORD.findall(text)
            grams = {*words, *(f"{one} {two}" for one, two in pairwise(words))}
            found = [zlib.crc32(f"{place} {gram}".encode()) % BUCKETS for gram in grams]
            rows += [row] * len(found)
            cells += found
    size = (len(columns[0]), BUCKETS)
    table = sparse.csr_array((np.ones(len(rows)), (rows, cells)), shape=size)
    length = np.sqrt(table.multiply(table).sum(axis=1))
    return sparse.csr_array(sparse.diags_array(1 / np.maximum(length, 1)) @ table)


def likeness(first: Sequence[str], second: Sequence[str], rare: Mapping[str, float] | None = None) -> Floats:
    """Of two columns, per item: shared words, rare words, letters, numbers and codes, and the ratio of two amounts.

    `rare` says how rare each word is, from other texts than these; every word must be in it.
    """
    ours, theirs = ([set(WORD.findall(text)) for text in column] for column in (first, second))
    rare = rareness([*ours, *theirs]) if rare is None else rare
    pairs = zip(first, second, ours, theirs, strict=True)
    return np.array([[*_overlaps(a, b, rare), *_letters(x, y), *_amounts(x, y)] for x, y, a, b in pairs])


def rareness(texts: Sequence[set[str]]) -> dict[str, float]:
    """How rare each word is: the log of the texts per text that has it."""
    seen = Counter(word for words in texts for word in words)
    return {word: float(np.log(len(texts) / count)) for word, count in seen.items()}


def _overlaps(first: set[str], second: set[str], rare: Mapping[str, float]) -> list[float]:
    codes = [{word for word in words if any(letter.isdigit() for letter in word)} for words in (first, second)]
    weight = [sum(rare[word] for word in words) for words in (first & second, first, second)]
    short = min(weight[1:])
    return [
        _share(len(first & second), len(first | second)),
        _share(len(first & second), min(len(first), len(second))),
        _share(weight[0], weight[1] + weight[2] - weight[0]),
        _share(weight[0], short),
        _share(len(codes[0] & codes[1]), min(map(len, codes))),
        float(min(3, len(codes[0] & codes[1]))),
        float(min(3, len(codes[0] ^ codes[1]))),
        max((rare[word] for word in codes[0] & codes[1]), default=0.0),
    ]


def _letters(first: str, second: str) -> list[float]:
    """Shared trigrams, with and without what divides words, so that dsc-w120 is like dscw120."""
    ours, theirs = ({text[at : at + 3] for at in range(len(text) - 2)} for text in (_bare(first), _bare(second)))
    codes = [[_bare(word) for word in text.split() if _is_code(word)] for text in (first, second)]
    inside = [any(code in _bare(text) for code in found) for text, found in ((second, codes[0]), (first, codes[1]))]
    return [
        _share(len(ours & theirs), len(ours | theirs)),
        _share(len(ours & theirs), min(len(ours), len(theirs))),
        *map(float, inside),
    ]


def _amounts(first: str, second: str) -> list[float]:
    """Whether both are one amount, and their log ratio."""
    found = [NUMBER.findall(text) for text in (first, second)]
    if any(len(numbers) != 1 or numbers[0].count(".") > 1 for numbers in found):
        return [0.0, 0.0]
    one, two = (float(numbers[0].replace(",", "")) for numbers in found)
    return [1.0, min(2.0, abs(np.log((one + 1) / (two + 1))))]


def _bare(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _is_code(word: str) -> bool:
    """Letters and digits in one word, four at least: a part number more likely than not."""
    bare = _bare(word)
    return len(bare) >= 4 and any(c.isdigit() for c in bare) and not bare.isdigit()


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _steps(values: Floats) -> sparse.csr_array:
    """Standardised values, and for each whether it lies above each of some quantiles."""
    spread = values.std(axis=0)
    values = values[:, spread > 0]
    if not values.shape[1]:
        return sparse.csr_array((len(values), 0))
    cuts = np.quantile(values, np.arange(1, BINS) / BINS, axis=0)
    above = [(values > cut).astype(np.float64) for cut in cuts]
    plain = (values - values.mean(axis=0)) / values.std(axis=0)
    return sparse.csr_array(np.hstack([plain, *above]))
