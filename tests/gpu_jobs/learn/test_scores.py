"""Figures on gold, worked out by hand."""

from __future__ import annotations

import numpy as np

from gpu_jobs.learn import scores
from gpu_jobs.learn.model import decide

TAGS = ("O", "B-PER", "I-PER")


def test_classes_are_measured_with_an_interval() -> None:
    found = [np.array([[0.9, 0.1]]), np.array([[0.2, 0.8]]), np.array([[0.6, 0.4]])]

    told = scores.measure("text", ("a", "b"), found, [np.array([0]), np.array([1]), np.array([1])])

    assert told["accuracy"] == round(2 / 3, 4), "two of three"
    assert told["accuracy_lower"] < 0.3 < 0.9 < told["accuracy_upper"], "three items tell little"
    assert told["macro_f1"] == round((2 / 3 + 2 / 3) / 2, 4), "each class has one hit and one miss of three"


def test_ratings_are_measured_by_their_expected_value() -> None:
    told = scores.measure("rating", ("1", "2", "3"), [np.array([[0.5, 0.5, 0.0]])], [np.array([1])])

    assert told["mean_absolute_error"] == 0.5, "halfway between two steps"


def test_entities_count_when_bounds_and_type_are_right() -> None:
    sure = np.eye(3)
    found = [sure[[1, 2, 0]], sure[[1, 0, 0]]]

    told = scores.measure("token", TAGS, found, [np.array([1, 2, 0]), np.array([1, 2, 0])])

    assert (told["entity_precision"], told["entity_recall"], told["entity_f1"]) == (0.5, 0.5, 0.5), "one of two"
    assert told["entity_f1_lower"] <= 0.5 <= told["entity_f1_upper"], "with an interval"


def test_tags_are_decided_as_a_legal_path() -> None:
    found = [np.array([[0.5, 0.45, 0.05], [0.05, 0.05, 0.9]]), np.array([[0.2, 0.2, 0.6]])]

    labels = decide("token", TAGS, found)

    assert [one.tolist() for one in labels] == [[1, 2], [0]], "I-PER follows only B-PER, and opens nothing"


def test_without_gold_nothing_is_claimed() -> None:
    assert scores.measure("text", ("a", "b"), [], []) == {}, "no gold, no figures"
