"""Class shares before any answer: even, unless the control tasks speak against it; and what that is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.beliefs import ROUTING, UNKNOWN, Evidence, Settings, all_hypotheses, class_shares, refit, untold
from core.beliefs.balance import expected_shares, usual_shares

EVEN_CHANCE = Settings().even_chance
TASKS, WORKERS = 400, 20


@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=12), st.floats(0.01, 0.99))
def test_shares_are_a_distribution_in_the_order_of_the_counts(counts: list[int], even_chance: float) -> None:
    shares = usual_shares(np.array(counts), even_chance)
    assert shares.sum() == pytest.approx(1) and (shares > 0).all(), "no class is impossible"
    assert (np.diff(shares[np.argsort(counts)]) >= -1e-12).all(), "what is more often known is not less often expected"


def test_nothing_known_is_even() -> None:
    assert usual_shares(np.zeros(4, np.int64), EVEN_CHANCE) == pytest.approx([0.25] * 4), "nobody has said otherwise"


def test_the_luck_of_a_small_draw_is_not_believed() -> None:
    assert usual_shares(np.array([7, 13]), EVEN_CHANCE)[0] > 0.45, "7 of 20 happens where both are as frequent"


def test_control_tasks_of_one_class_alone_do_not_make_it_the_usual_one() -> None:
    assert usual_shares(np.array([0, 30]), EVEN_CHANCE) == pytest.approx([0.5, 0.5]), "they were chosen, not drawn"


def test_a_rare_class_is_believed() -> None:
    assert usual_shares(np.array([4, 76]), EVEN_CHANCE)[0] == pytest.approx(5 / 82, abs=0.001), "4 of 80 is no luck"


def unbalanced() -> tuple[Evidence, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Three answers each to tasks of which one in twenty is of class 0, by workers right seven times in ten."""
    rng = np.random.default_rng(5)
    truth = (rng.random(TASKS) > 0.05).astype(np.int64)
    task = np.repeat(np.arange(TASKS), 3)
    worker = np.concatenate([rng.permutation(WORKERS)[:3] for _ in range(TASKS)])
    label = np.where(rng.random(len(task)) < 0.7, truth[task], 1 - truth[task])
    gold = np.where(np.arange(TASKS) < 60, truth, UNKNOWN)
    return Evidence(task, worker, label, TASKS, WORKERS, 2, gold), truth


def right(evidence: Evidence, truth: np.ndarray[tuple[int], np.dtype[np.int64]], even_chance: float) -> float:
    snapshot = refit(evidence, settings=replace(ROUTING, even_chance=even_chance))
    labels = class_shares(snapshot, all_hypotheses(snapshot, evidence)).argmax(axis=1)
    return float((labels == truth)[60:].mean())


def test_two_wrong_answers_do_not_make_a_rare_class() -> None:
    evidence, truth = unbalanced()
    stubborn, learnt = (right(evidence, truth, even_chance) for even_chance in (1 - 1e-12, EVEN_CHANCE))
    assert learnt > stubborn + 0.01, f"{learnt:.3f} of the labels are right, {stubborn:.3f} where shares are held even"


def test_a_fit_that_is_not_told_knows_the_shares_alone() -> None:
    evidence, _ = unbalanced()
    blind, expected = untold(evidence), expected_shares(evidence, Settings()).tolist()
    assert blind.gold is None, "no class of a single task is known"
    assert blind.balance is not None and blind.balance.tolist() == expected, "how common each class is is"
    assert untold(blind).balance is blind.balance, "forgetting twice is forgetting once"


def test_without_control_tasks_nothing_is_known() -> None:
    evidence, _ = unbalanced()
    assert expected_shares(replace(evidence, gold=None), Settings()).tolist() == [0.5, 0.5], "nobody has said otherwise"
