"""Edit distances against a table filled by hand and by definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_jobs.kernels.texts.distance import edit_distances, relative_distances

words = st.lists(st.integers(0, 3), max_size=6)


def by_definition(left: list[int], right: list[int]) -> int:
    if not left or not right:
        return len(left) + len(right)
    change = by_definition(left[1:], right[1:]) + (left[0] != right[0])
    return min(change, by_definition(left[1:], right) + 1, by_definition(left, right[1:]) + 1)


def coded(lines: list[list[int]]) -> list[np.ndarray]:
    return [np.array(line, dtype=np.int64) for line in lines]


def test_by_hand() -> None:
    left, right = coded([[1, 2, 3], [1, 2, 3], []]), coded([[1, 3], [3, 2, 1], [5, 5]])
    assert edit_distances(left, right).tolist() == [1, 2, 2], "one word left out, two changed, two put in"
    assert relative_distances(left, right).tolist() == [1 / 3, 2 / 3, 1.0], "over the longer length"


def test_nothing_gives_nothing() -> None:
    assert edit_distances([], []).tolist() == [], "no pairs, no distances"
    assert relative_distances(coded([[]]), coded([[]])).tolist() == [0.0], "two empty texts are equal"


@given(st.lists(st.tuples(words, words), min_size=1, max_size=4))
def test_many_pairs_at_once_equal_the_definition(pairs: list[tuple[list[int], list[int]]]) -> None:
    found = edit_distances(coded([left for left, _ in pairs]), coded([right for _, right in pairs]))
    assert found.tolist() == [by_definition(*pair) for pair in pairs], "batching must not change a distance"
