"""Scores of rankings, texts, spans, boxes, numbers, levels and sets, on cases worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from gpu_jobs.kernels.boxes import CORNERS
from gpu_jobs.offline import structured_scores as scores


def test_a_tie_or_an_unknown_item_is_not_ordered_right() -> None:
    found = pd.Series({"a": 2.0, "b": 1.0, "c": 1.0})
    figures = scores.pairs_ordered(found, {"a|b": "a", "b|c": "b", "a|z": "z"})
    assert figures == {"ordered_right": pytest.approx(1 / 3)}, "only a before b is right"


def test_case_and_punctuation_are_no_errors_and_a_missing_text_is() -> None:
    figures = scores.word_error_rate(pd.Series({"1": "The cat."}), {"1": "the cat", "2": "a dog"})
    assert figures == {"word_error_rate": 0.5}, "two of four words"


def test_a_span_counts_when_bounds_and_type_are_right() -> None:
    figures = scores.span_f1(pd.Series({"1": "B-PER O B-LOC"}), {"1": "B-PER O B-ORG"})
    assert figures == {"precision": 0.5, "recall": 0.5, "f1": 0.5}, "the place is no organisation"


def test_number_errors() -> None:
    figures = scores.number_errors(pd.Series({"1": 3.0, "2": 10.0}), {"1": "0", "2": "6", "9": "5"})
    assert figures == {"mean_absolute_error": 3.5, "root_mean_squared_error": pytest.approx(12.5**0.5)}, "3 and 4 apart"


def test_levels_without_numbers_have_no_distance() -> None:
    assert scores.level_errors(pd.Series({"1": 2, "2": 4}), {"1": "2", "2": "5"}) == {
        "accuracy": 0.5,
        "mean_absolute_error": 0.5,
    }, "one is exact and one is a level off"
    assert scores.level_errors(pd.Series({"1": "low"}), {"1": "low"}) == {"accuracy": 1.0}, "words have no distance"


def test_sets() -> None:
    found = pd.Series({"1": ["cat", "dog"], "2": []}, dtype=object)
    figures = scores.set_f1(found, {"1": "cat", "2": ""})
    assert figures == {"exact": 0.5, "f1": pytest.approx(2 / 3)}, "one label too many"


def test_boxes_are_matched_one_to_one() -> None:
    gold = pd.DataFrame([[0, 0, 10, 10], [20, 0, 30, 10]], index=["1", "1"], columns=CORNERS)
    found = pd.DataFrame([[0, 0, 10, 9], [0, 0, 10, 10]], index=["1", "1"], columns=CORNERS)
    figures = scores.box_f1(found, gold)
    assert figures == {"precision": 0.5, "recall": 0.5, "f1": 0.5}, "a box may be found once"
