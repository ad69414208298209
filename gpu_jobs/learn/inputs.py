"""Items as a network takes them: tokenised once, or decoded once, then cut into padded batches."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from gpu_jobs.contract import BadInput
from gpu_jobs.kernels.values import Ints
from gpu_jobs.learn.batching import padded
from gpu_jobs.learn.values import Examples

Row = npt.NDArray[np.int32]
TOKENISE = 10_000  # texts at once
IMAGE_SIDE = 64  # pixels, of a network from scratch
IGNORED = -100  # the label that torch's losses leave out


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors for one forward pass; `pick` are the flat places [row x width] of the words, for word labels."""

    tensors: dict[str, torch.Tensor]
    pick: torch.Tensor | None


class Inputs(Protocol):
    """Items of one kind, ready to be batched."""

    @property
    def lengths(self) -> Ints:
        """How much work each item is, for batches of like ones."""

    @property
    def words(self) -> list[Ints] | None:
        """Which words of each item are read; None where the item itself is labelled."""

    def batch(self, rows: Ints) -> Batch:
        """The items at `rows`."""


@dataclass(frozen=True, slots=True)
class TokenInputs:
    """Tokenised texts, pairs of texts or word lists."""

    ids: list[Row]
    types: list[Row] | None  # which of two texts a token is of
    first: list[Row] | None  # first sub-word of each word that was read
    fill: int  # the padding token
    words: list[Ints] | None = None  # which words these are

    @property
    def lengths(self) -> Ints:
        """Tokens of each item."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)

    def batch(self, rows: Ints) -> Batch:
        """Padded to the longest of the batch."""
        ids, mask = padded([self.ids[row] for row in rows], self.fill)
        tensors = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if self.types is not None:
            tensors["token_type_ids"] = torch.from_numpy(padded([self.types[row] for row in rows], 0)[0])
        if self.first is None:
            return Batch(tensors, None)
        width = ids.shape[1]
        places = [place * width + self.first[row].astype(np.int64) for place, row in enumerate(rows)]
        return Batch(tensors, torch.from_numpy(np.concatenate(places)))


def read_texts(tokenizer: Any, examples: Examples, max_tokens: int) -> TokenInputs:
    """Tokenise texts, or pairs where second texts are given."""
    paired = any(examples.other)
    ids: list[Row] = []
    types: list[Row] = []
    for at in range(0, len(examples), TOKENISE):
        part = slice(at, at + TOKENISE)
        both = (examples.text[part], examples.other[part]) if paired else (examples.text[part],)
        told = tokenizer(*both, truncation=True, max_length=max_tokens, return_attention_mask=False)
        ids += [np.array(row, dtype=np.int32) for row in told["input_ids"]]
        types += [np.array(row, dtype=np.int32) for row in told.get("token_type_ids", [])]
    return TokenInputs(ids, types if paired and types else None, None, tokenizer.pad_token_id or 0)


def read_words(tokenizer: Any, examples: Examples, max_tokens: int) -> TokenInputs:
    """Tokenise word lists, keeping the first sub-word of every word; BadInput for a tokenizer that cannot tell."""
    if not tokenizer.is_fast:
        raise BadInput("word labels need a fast tokenizer (tokenizer.json in the model folder)")
    ids: list[Row] = []
    first: list[Row] = []
    words: list[Ints] = []
    for at in range(0, len(examples), TOKENISE):
        told = tokenizer(
            examples.words[at : at + TOKENISE], is_split_into_words=True, truncation=True, max_length=max_tokens
        )
        ids += [np.array(row, dtype=np.int32) for row in told["input_ids"]]
        pieces = [first_pieces(told.word_ids(row)) for row in range(len(told["input_ids"]))]
        words += [one.astype(np.int64) for one, _ in pieces]
        first += [place for _, place in pieces]
    return TokenInputs(ids, None, first, tokenizer.pad_token_id or 0, words)


def first_pieces(word_ids: Sequence[int | None]) -> tuple[Row, Row]:
    """The words that have a sub-word, and where the first of it stands; words cut off or unreadable have none."""
    before = [None, *word_ids[:-1]]
    pairs = [
        (word, place)
        for place, (last, word) in enumerate(zip(before, word_ids, strict=True))
        if word is not None and word != last
    ]
    return np.array([word for word, _ in pairs], np.int32), np.array([place for _, place in pairs], np.int32)


def aligned(word_ids: Sequence[int | None], labels: Sequence[int]) -> list[int]:
    """Word labels as sub-word labels: at the first piece of each word, `IGNORED` everywhere else."""
    found = [IGNORED] * len(word_ids)
    for word, place in zip(*first_pieces(word_ids), strict=True):
        found[place] = labels[word]
    return found


@dataclass(frozen=True, slots=True)
class ImageInputs:
    """Images of one size, as bytes; normalised when they are batched."""

    pixels: npt.NDArray[np.uint8]  # [image, channel, row, column]
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    @property
    def lengths(self) -> Ints:
        """All the same."""
        return np.ones(len(self.pixels), dtype=np.int64)

    @property
    def words(self) -> None:
        """An image has none."""
        return

    def batch(self, rows: Ints) -> Batch:
        """Normalised pixel values."""
        shape = (1, 3, 1, 1)
        values = torch.from_numpy(self.pixels[rows]).float() / 255
        values = (values - torch.tensor(self.mean).view(shape)) / torch.tensor(self.spread).view(shape)
        return Batch({"pixel_values": values}, None)


@dataclass(frozen=True, slots=True)
class ImageSize:
    """How images are brought to one size and range."""

    side: int = IMAGE_SIDE
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    spread: tuple[float, ...] = (0.5, 0.5, 0.5)

    @classmethod
    def of(cls, folder: Path | None) -> ImageSize:
        """As the model folder's preprocessor asks; the defaults without one."""
        path = folder / "preprocessor_config.json" if folder else None
        if path is None or not path.is_file():
            return cls()
        found = json.loads(path.read_text(encoding="utf-8"))
        size = found.get("crop_size") or found.get("size") or IMAGE_SIDE
        side = size if isinstance(size, int) else size.get("height") or size.get("shortest_edge") or IMAGE_SIDE
        plain = cls()
        mean, spread = found.get("image_mean") or plain.mean, found.get("image_std") or plain.spread
        return cls(int(side), tuple(mean), tuple(spread))


def read_images(size: ImageSize, examples: Examples) -> ImageInputs:
    """Decode and resize; BadInput for a broken image."""
    from PIL import Image, UnidentifiedImageError

    pixels = np.empty((len(examples), 3, size.side, size.side), dtype=np.uint8)
    for row, data in enumerate(examples.image):
        try:
            with Image.open(io.BytesIO(data)) as image:
                small = image.convert("RGB").resize((size.side, size.side), Image.Resampling.BILINEAR)
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise BadInput(f"item {examples.item[row]}: {error}") from error
        pixels[row] = np.asarray(small).transpose(2, 0, 1)
    return ImageInputs(pixels, size.mean, size.spread)


@dataclass(frozen=True, slots=True)
class Source:
    """How items become a network's inputs: by a tokenizer, or by size where they are images."""

    tokenizer: Any  # None for images
    max_tokens: int
    images: ImageSize = ImageSize()

    def inputs(self, examples: Examples) -> Inputs:
        """Tokenise or decode them all, once."""
        if self.tokenizer is None:
            return read_images(self.images, examples)
        if any(examples.words):
            return read_words(self.tokenizer, examples, self.max_tokens)
        return read_texts(self.tokenizer, examples, self.max_tokens)
