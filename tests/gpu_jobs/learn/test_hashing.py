"""Hashed n-grams of texts and words: what they see, in any script, and that a row depends on its text alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.learn import hashing, words
from gpu_jobs.learn.hashing import GRAMS


def by_hand(text: str) -> int:
    """How many n-grams a text has."""
    padded = f" {hashing.plain(text)} "
    runs = "".join(letter if letter.isalnum() else " " for letter in padded).split()
    return sum(max(0, len(padded) - size + 1) for size in GRAMS) + len(runs) + max(0, len(runs) - 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=30), max_size=5))
def test_every_gram_is_there_and_rows_do_not_mix(texts: list[str]) -> None:
    owner, _ = hashing.grams(texts)
    found = hashing.features(texts).toarray() if texts else np.empty((0, 0))

    assert np.bincount(owner, minlength=len(texts)).tolist() == [by_hand(text) for text in texts], "no gram is lost"
    for row, text in enumerate(texts):
        assert np.allclose(found[row], hashing.features([text]).toarray()[0]), "neighbours must not matter"


def test_alike_texts_have_alike_rows_in_any_script() -> None:
    texts = ["The film was great", "the film  was GREAT!", "这部电影很好看", "这部电影很好", "quite something else"]

    table = hashing.features(texts)
    near = (table @ table.T).toarray()

    assert near[0, 1] > 0.8 and near[2, 3] > 0.5, "case, spaces and a letter more change little"
    assert near[0, 4] < 0.3 and abs(near[0, 2]) < 0.1, "different texts have little in common"


def test_pairs_tell_first_from_second() -> None:
    one = hashing.features(["a cat"], ["a dog"]).toarray()
    other = hashing.features(["a dog"], ["a cat"]).toarray()

    assert not np.allclose(one, other), "the order of a pair matters"


def test_a_word_is_seen_with_its_shape_and_its_neighbours() -> None:
    table = words.features([["Anne", "Murray", "sang"], ["sang", "Anne", "sang"]]).toarray()

    assert table.shape[0] == 6, "one row a word"
    assert np.allclose(table[2] @ table[2], 1, atol=0.2), "rows have length about one"
    assert table[0] @ table[4] > 0.25 > table[0] @ table[5], "the same word elsewhere is more alike than another"
    assert words.shape("McAdam-2") == "XxXx-9", "runs of one kind are one letter"
