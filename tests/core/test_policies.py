"""Overlap policies: each stops where its name says, and none goes beyond the maximum (core.policies)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model import Overlap
from core.policies import accuracy_gain, is_checked, judge_shares, spend, value_of_next

SHARES = st.lists(st.floats(0.01, 1), min_size=2, max_size=5).map(lambda parts: [part / sum(parts) for part in parts])
POLICIES = st.sampled_from(["fixed", "dynamic", "checkpoint", "value"])


@given(POLICIES, SHARES, st.integers(0, 9), st.floats(-1, 1), st.booleans())
def test_every_policy_stops_at_the_maximum_and_not_before_the_minimum(
    policy: str, shares: list[float], answers: int, gain: float, checked: bool
) -> None:
    verdict = judge_shares(Overlap(policy, 2, 5, 0.9), shares, answers, 0, gain=gain, checked=checked)
    assert not (verdict.done and answers < 2), "the minimum is a promise"
    assert verdict.done or answers < 5, "the maximum is a promise"
    assert (verdict.want == 0) == verdict.done, "a task wants answers as long as it is not done"


def test_a_checkpoint_leaves_tasks_alone_that_are_not_checked() -> None:
    overlap = Overlap("checkpoint", 2, 5, 0.9)
    assert judge_shares(overlap, [0.6, 0.4], 2, 0, checked=False).done, "not checked: the minimum is enough"
    assert not judge_shares(overlap, [0.6, 0.4], 2, 0, checked=True).done, "checked: not sure enough"


def test_the_value_policy_stops_when_an_answer_costs_more_than_it_brings() -> None:
    overlap = Overlap("value", 1, 9, 1.0)
    for worth, done in ((1.0, True), (100.0, False)):
        gain = value_of_next([0.7, 0.3], 0.8, worth, price=1.0)
        assert judge_shares(overlap, [0.7, 0.3], 1, 0, gain=gain).done is done, "worth decides"


@given(SHARES, st.floats(0.5, 0.99))
def test_more_answers_never_make_a_label_worse(shares: list[float], accuracy: float) -> None:
    assert 0 <= accuracy_gain(shares, accuracy) <= 1 - max(shares) + 1e-9, "a gain is at most what is missing"


def test_one_answer_that_cannot_turn_the_label_still_counts() -> None:
    assert accuracy_gain([0.95, 0.05], 0.8) > 0, "several together can turn it"


def test_the_checked_share_is_met_and_stays() -> None:
    checked = [is_checked(task, 0.3) for task in range(10_000)]
    assert sum(checked) == pytest.approx(3000, abs=150), "three tasks in ten"
    assert checked == [is_checked(task, 0.3) for task in range(10_000)], "a task is checked or not, for good"


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=20), st.integers(0, 25))
def test_a_budget_gives_every_task_a_first_answer_before_any_a_second(
    tasks: list[tuple[float, int]], budget: int
) -> None:
    answers = [number for _, number in tasks]
    chosen = spend([gain for gain, _ in tasks], answers, budget)
    assert len(chosen) == min(budget, len(tasks)), "the budget is spent, and no more"
    if any(answers[place] for place in chosen):
        assert all(place in chosen for place, number in enumerate(answers) if number == 0), "first answers first"
