"""From items to fixed features for a linear probe: hashed, or what a frozen encoder makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import sparse

from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn import hashing, words
from gpu_jobs.learn.batching import by_length
from gpu_jobs.learn.pairs import PairLikeness
from gpu_jobs.learn.probe import Features
from gpu_jobs.learn.values import Examples, of_texts

if TYPE_CHECKING:
    from accelerate import Accelerator

    from gpu_jobs.learn.inputs import Inputs, Source
    from gpu_jobs.learn.network import Network

EMBED_ROWS = 64  # items in one forward pass without gradients
SCALE = 3.0  # length of an embedding among features: penalties are made for hashed rows, which are sparse


@dataclass(frozen=True, slots=True)
class Readout:
    """Features of all label rows, and which words of each item they stand for (None: one row an item)."""

    features: Features
    words: list[Ints] | None = None

    def per_item(self, rows: Floats) -> list[Floats]:
        """Rows as one block for each item."""
        size = len(rows) if self.words is None else len(self.words)
        return split(rows, self.words, np.arange(size)) if size else []


class Reader(Protocol):
    """Anything that turns items into features."""

    def read(self, examples: Examples) -> Readout:
        """Features of these items, each independent of the others."""


@dataclass(frozen=True, slots=True)
class HashedReader:
    """The encoder without weights, for texts, pairs and words."""

    likeness: PairLikeness | None = None
    bits: int = hashing.BITS

    def read(self, examples: Examples) -> Readout:
        """Hashed n-grams; with the likeness of the two texts where there are two."""
        if any(examples.words):
            places = [np.arange(len(one), dtype=np.int64) for one in examples.words]
            return Readout(words.features(examples.words, self.bits), places)
        if self.likeness is None:
            return Readout(hashing.features(examples.text, bits=self.bits))
        grams = hashing.features(examples.text, examples.other, self.bits)
        alike = sparse.csr_array(self.likeness.features(examples.text, examples.other))
        return Readout(sparse.csr_array(sparse.hstack([grams, alike], format="csr")))


@dataclass(frozen=True, slots=True)
class FrozenReader:
    """A pretrained encoder as it is."""

    network: Network
    source: Source
    accelerator: Accelerator
    likeness: PairLikeness | None = None
    scale: float = SCALE

    def read(self, examples: Examples) -> Readout:
        """Embeddings of one length; of a pair both, their difference and product, and the likeness of the texts."""
        if self.likeness is None:
            inputs = self.source.inputs(examples)
            return Readout(self.scale * self._unit(inputs), inputs.words)
        one, two = (self._texts(column) for column in (examples.text, examples.other))
        alike = self.likeness.features(examples.text, examples.other)
        return Readout(np.hstack([self.scale / 2 * np.hstack([one, two, np.abs(one - two), one * two]), alike]))

    def _texts(self, texts: list[str]) -> Floats:
        return self._unit(self.source.inputs(of_texts(texts)))

    def _unit(self, inputs: Inputs) -> Floats:
        found = embed(self.network, inputs, self.accelerator)
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float64)


def embed(network: Network, inputs: Inputs, accelerator: Accelerator, size: int = EMBED_ROWS) -> Floats:
    """What the head would see of every label row, [row, feature], in the items' order."""
    from gpu_jobs.learn.network import judging, to_device

    lengths = inputs.lengths
    parts: list[Floats] = [np.empty((0, 0))] * len(lengths)
    with judging(network):
        for rows in by_length(lengths, size):
            batch = to_device(inputs.batch(rows), accelerator.device)
            with accelerator.autocast():
                found = network.embed(batch).float().cpu().numpy().astype(np.float64)
            for row, part in zip(rows, split(found, inputs.words, rows), strict=True):
                parts[row] = part
    return np.concatenate(parts)


def split(found: Floats, words: list[Ints] | None, rows: Ints) -> list[Floats]:
    """Label rows as one block for each of these items."""
    sizes = [1] * len(rows) if words is None else [len(words[row]) for row in rows]
    return np.split(found, np.cumsum(sizes)[:-1])
