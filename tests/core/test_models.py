"""When a new model may speak: it must beat the live one on the same known answers, by more than luck.

Proves core.models.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.models import ERROR, LEAST_GOLD, Opinion, enough, judge, sign_test, wilson

COUNTS = st.integers(0, 60)


def opinions(right: int, wrong: int, first: int = 0) -> dict[int, Opinion]:
    """A model that has so many known answers right, then so many wrong; the classes take turns."""
    return {
        first + place: Opinion((place % 2) if place < right else 1 - place % 2, place % 2)
        for place in range(right + wrong)
    }


@given(COUNTS, COUNTS)
def test_the_sign_test_is_exact(wins: int, losses: int) -> None:
    if wins + losses:
        oracle = binomtest(wins, wins + losses, alternative="greater").pvalue
        assert sign_test(wins, losses) == pytest.approx(oracle, abs=1e-12), "as SciPy's binomial test says"
    else:
        assert sign_test(0, 0) == 1.0, "no difference proves nothing"


@given(COUNTS, st.integers(1, 60))
def test_a_share_lies_in_its_interval(hits: int, more: int) -> None:
    low, high = wilson(hits, hits + more)
    assert 0 <= low <= hits / (hits + more) <= high <= 1, "and the interval is one of shares"


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_what_is_not_better_never_goes_live(new: int, live: int, size: int) -> None:
    total = max(new, live) + size
    judged = judge(opinions(new, total - new), opinions(live, total - live))
    assert not (judged.live and new <= live), "a model that has no more right than the live one is refused"
    assert judged.reason, "and every decision says why"


@given(st.integers(0, 80), st.integers(0, 80))
def test_two_models_are_never_both_better(left: int, right: int) -> None:
    total = max(left, right, 40)
    one, other = opinions(left, total - left), opinions(right, total - right)
    assert not (judge(one, other).live and judge(other, one).live), "of two, one at most takes the other's place"


def test_a_clearly_better_one_goes_live_and_tells_the_figures() -> None:
    judged = judge(opinions(55, 5), opinions(40, 20))
    assert judged.live, "fifteen better and none worse is no luck"
    assert "better on 15, worse on 0 (p = 0.000)" in judged.reason, "the reason names the discordant pairs"


def test_a_little_better_is_luck() -> None:
    judged = judge(opinions(44, 16), opinions(40, 20))
    assert not judged.live and sign_test(4, 0) > ERROR, "four of four is a one in sixteen chance"
    assert judge(opinions(45, 15), opinions(40, 20)).live, "five of five is one in thirty-two"


def test_only_answers_known_to_both_count_and_the_newer_word_does() -> None:
    new = {**opinions(30, 0), **opinions(30, 0, first=100)}
    live = opinions(30, 0)
    assert "of 30 known answers" in judge(new, live).reason, "what the live one may have learnt from does not count"
    changed = {task: Opinion(said, 1 - gold) for task, (said, gold) in live.items()}
    assert not judge(live, changed).live, "gold that people corrected is corrected for both"


def test_the_first_one_must_beat_the_commonest_class() -> None:
    assert judge(opinions(36, 14), None).live, "72 % of 50 is more than 50 %"
    refused = judge({place: Opinion(0, int(place >= 45)) for place in range(50)}, None)
    assert not refused.live and "the commonest class has 90.0%" in refused.reason, "saying one class always is no model"


def test_few_known_answers_prove_nothing() -> None:
    few = opinions(LEAST_GOLD - 1, 0)
    assert not judge(few, None).live and not judge(few, opinions(0, 50)).live, "nineteen are too few either way"
    assert judge({}, None).reason == "0 known answers, 20 are needed to judge a model", "and that is said"


def test_when_a_model_is_worth_its_training() -> None:
    assert enough(150, 40, None) == "150 labelled tasks, at least 200 are needed", "too few labels"
    assert "5 known answers" in enough(250, 5, None), "nothing to judge it on"
    assert enough(250, 40, None) == "" == enough(250, 40, 200), "the first, and one of a quarter more labels"
    assert "the last model was made of 210; 25% more" in enough(250, 40, 210), "a fifth more is not enough"
