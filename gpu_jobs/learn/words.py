"""Features of words without any weights: the word, its parts, its shape and its neighbours, hashed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

BITS = 18
AFFIX = 4  # longest prefix and suffix
REACH = 2  # neighbours to either side
EDGE = "¶"  # beyond the sentence


def features(sentences: Sequence[Sequence[str]], bits: int = BITS) -> sparse.csr_array:
    """[word, 2^bits], all words of all sentences one after the other; rows of length about one."""
    cells: list[int] = []
    bounds = [0]
    mask = (1 << bits) - 1
    for words in sentences:
        for grams in _sentence(words):
            cells += [zlib.crc32(gram.encode("utf-8", "replace")) & mask for gram in grams]
            bounds.append(len(cells))
    size = np.diff(bounds)
    values = np.repeat(1 / np.sqrt(np.maximum(size, 1)), size).astype(np.float32)
    return sparse.csr_array((values, np.array(cells, np.int32), np.array(bounds)), shape=(len(size), 1 << bits))


def _sentence(words: Sequence[str]) -> Iterator[list[str]]:
    beyond = [EDGE] * REACH
    lower = [*beyond, *(word.lower() for word in words), *beyond]
    shapes = [*beyond, *(shape(word) for word in words), *beyond]
    loud = sum(word.isupper() for word in words) > len(words) / 2
    for place, word in enumerate(words):
        at = place + REACH
        own = lower[at]
        found = ["bias", f"w={own}", f"W={word}", f"s={shapes[at]}", f"loud={loud}", f"first={place == 0}"]
        found += [f"p={own[:size]}" for size in range(1, min(AFFIX, len(own)) + 1)]
        found += [f"e={own[-size:]}" for size in range(1, min(AFFIX, len(own)) + 1)]
        for step in range(-REACH, REACH + 1):
            if step:
                found += [f"{step}w={lower[at + step]}", f"{step}s={shapes[at + step]}"]
        found += [f"-+s={shapes[at - 1]}{shapes[at]}{shapes[at + 1]}", f"-w={lower[at - 1]} {own}"]
        found += [f"+w={own} {lower[at + 1]}", f"s+w={shapes[at]} {lower[at + 1]}", f"s-w={shapes[at]} {lower[at - 1]}"]
        yield found


def shape(word: str) -> str:
    """Its letters as X, x and 9, runs shortened: "McAdam-2" is "XxXx-9"."""
    found = ""
    for letter in word:
        kind = "X" if letter.isupper() else "x" if letter.isalpha() else "9" if letter.isdigit() else letter
        if not found.endswith(kind):
            found += kind
    return found
