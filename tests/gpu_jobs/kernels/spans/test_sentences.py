"""Taggings become flat arrays whose order is their own."""

from __future__ import annotations

import pandas as pd
import pytest

from gpu_jobs.kernels.spans.sentences import read

COLUMNS = ["task", "worker", "label"]


def test_tokens_lie_one_after_the_other() -> None:
    seen = read(pd.DataFrame([("t", "b", "O B-X"), ("s", "a", "B-X I-X O"), ("t", "a", ["O", "O"])], columns=COLUMNS))
    assert seen.start.tolist() == [0, 3, 5] and seen.n_tokens == 5, "s has three tokens, t two"
    assert seen.token.tolist() == [0, 1, 2, 3, 4, 3, 4], "answers of s, then of t by a and b"
    assert seen.worker.tolist() == [0, 0, 0, 0, 0, 1, 1], "a twice, then b"
    assert seen.tag.tolist() == [1, 2, 0, 0, 0, 0, 1], "O is 0, B-X 1, I-X 2"
    assert seen.previous.tolist() == [3, 1, 2, 3, 0, 3, 0], "3 stands for the start"
    assert seen.votes()[4].tolist() == [1, 1, 0], "the last token of t has one O and one B-X"


def test_answers_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="'t'"):
        read(pd.DataFrame([("t", "a", "O O"), ("t", "b", "O")], columns=COLUMNS))
