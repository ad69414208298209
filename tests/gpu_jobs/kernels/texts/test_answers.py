"""Texts are read into words that compare without case and punctuation, in an order of their own."""

from __future__ import annotations

import pandas as pd
import pytest

from gpu_jobs.kernels.texts.answers import folded, read

COLUMNS = ["task", "worker", "text"]


@pytest.mark.parametrize(
    ("token", "word"), [("Don't", "dont"), ("STRASSE", "strasse"), ("Straße,", "strasse"), ("!?", "!?"), ("«да»", "да")]
)
def test_folding_drops_case_and_punctuation_but_never_everything(token: str, word: str) -> None:
    assert folded(token) == word, "a token of signs only stays as it is"


def test_rows_are_sorted_by_task_text_and_worker() -> None:
    seen = read(pd.DataFrame([("b", 1, "x"), ("a", 2, "z"), ("a", 1, "y")], columns=COLUMNS))
    assert seen.text == ["y", "z", "x"] and seen.start.tolist() == [0, 2, 3], "task a first, its texts in order"
    assert [list(rows) for rows in seen.rows()] == [[0, 1], [2]], "each task has its rows"


def test_distances_are_a_symmetric_matrix_per_task() -> None:
    seen = read(pd.DataFrame([("t", 1, "a b"), ("t", 2, "A b."), ("t", 3, "c")], columns=COLUMNS))
    assert seen.distances()[0].tolist() == [[0, 0, 1], [0, 0, 1], [1, 1, 0]], "'A b.' is 'a b', and 'c' is far"


def test_a_missing_text_is_refused() -> None:
    with pytest.raises(ValueError, match="text"):
        read(pd.DataFrame([("t", 1, None)], columns=COLUMNS))
