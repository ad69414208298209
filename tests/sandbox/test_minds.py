"""Minds must err as they are built to err, and know an item again on either platform."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from bots.sandbox.minds import Confused, Habits, Mind, Recorded, Skilled, Spammer, Thought, Truth, key_of

ITEM, OPTIONS = "What is it?", ("a", "b", "c", "d")
EASY, HARD = {key_of(ITEM): Truth("a", 0.05)}, {key_of(ITEM): Truth("a", 0.45)}


def shares(mind: Mind, rounds: int = 4000) -> dict[str, float]:
    rng = random.Random(1)
    said = Counter(mind.think(ITEM, OPTIONS, rng).answer for _ in range(rounds))
    return {option: said[option] / rounds for option in OPTIONS}


@pytest.mark.parametrize(
    ("mind", "right"),
    [
        (Skilled(EASY, 1.0), 0.95),
        (Skilled(HARD, 1.0), 0.55),
        (Skilled(EASY, 0.0), 0.25),
        (Spammer(), 0.25),
        (Spammer("constant"), 1.0),
    ],
    ids=["careful on easy", "careful on hard", "without skill", "random spammer", "constant spammer"],
)
def test_accuracy_follows_skill_and_difficulty(mind: Mind, right: float) -> None:
    assert shares(mind)["a"] == pytest.approx(right, abs=0.03), "the share of right answers must be as built"


def test_bias_draws_errors_to_one_class() -> None:
    said = shares(Skilled(EASY, 0.5, {"c": 8.0}))

    assert said["c"] == pytest.approx(8 * said["b"], rel=0.35), "a biased person errs towards their favourite"


def test_confusion_is_followed() -> None:
    said = shares(Confused(EASY, {"a": {"a": 0.6, "b": 0.4}}))

    assert said == pytest.approx({"a": 0.6, "b": 0.4, "c": 0.0, "d": 0.0}, abs=0.03), "the row of the truth is drawn"


def test_a_recorded_person_skips_what_they_never_saw() -> None:
    mind = Recorded({key_of(ITEM): Thought("b", 2.5)})

    assert mind.think(ITEM, OPTIONS, random.Random()) == Thought("b", 2.5), "the recorded answer and time are given"
    assert mind.think("Something else", OPTIONS, random.Random()).answer is None, "an unknown item is skipped"


@pytest.mark.parametrize("shown", ["a  b\n\n“c” & d", " a b “c” & d …", "A B c D"])
def test_an_item_is_known_by_its_letters(shown: str) -> None:
    assert key_of(shown) == key_of("a b “c” & d"), "spaces, marks and case differ between renderings"


def test_pauses_scatter_about_the_median() -> None:
    rng, habits = random.Random(2), Habits(seconds=6.0)

    pauses = sorted(habits.pause(rng) for _ in range(999))

    assert pauses[499] == pytest.approx(6.0, rel=0.1), "half of the pauses are shorter than the median"
