"""The hashed embedding is the same everywhere and puts like texts close together."""

from __future__ import annotations

import numpy as np

from gpu_jobs.kernels.texts.embedding import DIMENSIONS, hashed_ngrams


def test_like_texts_are_closer_than_unlike_ones() -> None:
    base, near, far = hashed_ngrams(["the cat sat down", "the cat sits down", "over there it rains"])
    assert base @ near > 0.5 > base @ far, "shared n-grams make texts alike"


def test_rows_have_length_one_and_case_is_folded() -> None:
    rows = hashed_ngrams(["Hello  There", "hello there"])
    assert np.array_equal(rows[0], rows[1]), "case and runs of spaces do not count"
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0), "rows are scaled"


def test_an_empty_list_keeps_its_shape() -> None:
    assert hashed_ngrams([]).shape == (0, DIMENSIONS), "no texts, no rows"


def test_a_fixed_text_has_fixed_places() -> None:
    # crc32(b" a"), crc32(b"a ") and crc32(b" a ") modulo 1024
    places = np.flatnonzero(hashed_ngrams(["a"])[0])
    assert len(places) == 3, "three n-grams of ' a ', equal on every machine"
