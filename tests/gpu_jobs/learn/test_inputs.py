"""Words onto sub-words, batches of like lengths, and images of one size."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from learn_folders import reviews, tiny_encoder
from PIL import Image

from gpu_jobs.contract import BadInput
from gpu_jobs.learn import inputs
from gpu_jobs.learn.batching import by_length, epoch_batches, padded
from gpu_jobs.learn.encoders import load_tokenizer
from gpu_jobs.learn.inputs import IGNORED, ImageSize
from gpu_jobs.learn.values import Examples, of_texts


def words_of(sentences: list[list[str]]) -> Examples:
    """Examples of word lists."""
    plain = of_texts([""] * len(sentences))
    plain.words[:] = sentences
    return plain


def test_a_words_label_goes_to_its_first_piece() -> None:
    assert inputs.aligned([None, 0, 0, 1, 2, 2, None], [7, 8, 9]) == [
        IGNORED,
        7,
        IGNORED,
        8,
        9,
        IGNORED,
        IGNORED,
    ], "special tokens and later pieces are left out of the loss"
    assert inputs.aligned([0, 0], [5]) == [5, IGNORED], "a tokenizer may add no special tokens"


def test_words_are_picked_where_they_begin_whatever_the_padding(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_encoder(tmp_path, reviews(60)[0]))
    sentences = [["the", "lovelyfilm", "was", "great"], ["sad"]]

    found = inputs.read_words(tokenizer, words_of(sentences), 32)
    batch = found.batch(np.array([1, 0]))

    assert batch.pick is not None and found.words is not None, "word labels need places"
    tokens = tokenizer.convert_ids_to_tokens(batch.tensors["input_ids"].flatten()[batch.pick].tolist())
    assert [token[0] for token in tokens] == ["s", "t", "l", "w", "g"], "each word's first piece, in the batch's order"
    assert [words.tolist() for words in found.words] == [[0, 1, 2, 3], [0]], "all words were read"


def test_words_beyond_the_limit_are_left_out(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_encoder(tmp_path, reviews(60)[0]))

    found = inputs.read_words(tokenizer, words_of([["the"] * 50]), 12)

    assert found.words is not None and found.words[0].tolist() == list(range(10)), "ten words between two marks"


@given(st.lists(st.integers(1, 60), min_size=1, max_size=80), st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_has_every_item_once_and_is_the_same_again(lengths: list[int], size: int, epoch: int) -> None:
    sizes = np.array(lengths)

    batches = epoch_batches(sizes, size, 3, epoch)

    assert sorted(np.concatenate(batches).tolist()) == list(range(len(sizes))), "nothing twice, nothing left out"
    assert all(np.array_equal(a, b) for a, b in zip(batches, epoch_batches(sizes, size, 3, epoch), strict=True)), (
        "batches are a function of seed and epoch"
    )
    assert sizes[by_length(sizes, size)[0][0]] == sizes.max(), "judging starts with the longest"


def test_padding_goes_to_the_next_eight() -> None:
    table, mask = padded([np.arange(3, dtype=np.int32), np.arange(9, dtype=np.int32)], 99)

    assert table.shape == (2, 16) and mask.sum(axis=1).tolist() == [3, 9], "as long as the longest, in eights"
    assert (table[0, 3:] == 99).all(), "the rest is padding"


def test_images_come_in_one_size_and_a_broken_one_is_named() -> None:
    file = io.BytesIO()
    Image.new("L", (30, 50), 255).save(file, "PNG")
    examples = of_texts(["", ""])
    examples.image[:] = [file.getvalue(), b"broken"]

    batch = inputs.read_images(ImageSize(16), examples.take(np.array([0]))).batch(np.array([0]))

    assert batch.tensors["pixel_values"].shape == (1, 3, 16, 16), "grey images get three channels"
    assert batch.tensors["pixel_values"].max() == 1.0, "white is one after normalising"
    with pytest.raises(BadInput, match="item 1"):
        inputs.read_images(ImageSize(16), examples)
