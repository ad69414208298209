"""Control tasks that were chosen instead of drawn: what each counts, what that brings, and when they may be drawn ones.

Covers core.beliefs.chosen and what core.beliefs.balance and core.beliefs.refit make of it.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.beliefs import ROUTING, UNKNOWN, Evidence, all_hypotheses, calibrated, class_shares, refit, untold
from core.beliefs.balance import expected_shares, usual_shares
from core.beliefs.chosen import counting
from core.beliefs.evidence import Floats, Ints

TASKS, WORKERS, CONTROLS, RARE = 600, 30, 30, 0.06


def crowd(seed: int, shares: list[float], depth: int = 3) -> tuple[Evidence, Ints]:
    """Answers by workers who are right three times in four, and the classes."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(len(shares), TASKS, p=shares)
    task = np.repeat(np.arange(TASKS), depth)
    worker = np.concatenate([rng.permutation(WORKERS)[:depth] for _ in range(TASKS)])
    wrong = (truth[task] + rng.integers(1, len(shares), len(task))) % len(shares)
    label = np.where(rng.random(len(task)) < 0.75, truth[task], wrong)
    return Evidence(task, worker, label, TASKS, WORKERS, len(shares)), truth


def picked(truth: Ints, counts: list[int], seed: int = 0) -> Ints:
    """[task]: the class of so many control tasks of each class, UNKNOWN for the others."""
    order = np.random.default_rng(seed).permutation(len(truth))
    gold = np.full(len(truth), UNKNOWN)
    for place, count in enumerate(counts):
        chosen = order[truth[order] == place][:count]
        gold[chosen] = place
    return gold


def drawn(truth: Ints, seed: int) -> Ints:
    gold = np.full(len(truth), UNKNOWN)
    lot = np.random.default_rng([seed, 1]).permutation(len(truth))[:CONTROLS]
    gold[lot] = truth[lot]
    return gold


def told(evidence: Evidence, gold: Ints) -> Evidence:
    sizes = evidence.n_tasks, evidence.n_workers, evidence.n_classes
    return Evidence(evidence.task, evidence.worker, evidence.label, *sizes, gold)


def shares_of(evidence: Evidence, gold: Ints) -> Floats:
    return expected_shares(told(evidence, gold), ROUTING)


def test_tasks_drawn_by_lot_count_as_they_are() -> None:
    taken = 0
    for seed in range(60):
        evidence, truth = crowd(seed, [0.3, 0.7])
        taken += counting(evidence, drawn(truth, seed)) is not None
    assert taken <= 2, f"{taken} of 60 fair draws were taken for chosen ones"


def test_as_many_of_each_class_do_not_make_a_rare_class_usual() -> None:
    evidence, truth = crowd(1, [RARE, 1 - RARE])
    gold = picked(truth, [15, 15])
    share = shares_of(evidence, gold)[0]
    assert usual_shares(np.array([15, 15]), ROUTING.even_chance)[0] == pytest.approx(0.5), "as their counts have it"
    assert share < 0.2, f"the crowd says seldom what it says of the rare class, and {share:.2f} were expected of it"


def test_labels_of_a_rare_class_survive_even_control_tasks() -> None:
    evidence, truth = crowd(2, [RARE, 1 - RARE])
    gold = picked(truth, [15, 15])
    scored = gold == UNKNOWN

    def right(shares: Floats) -> float:
        held = Evidence(evidence.task, evidence.worker, evidence.label, TASKS, WORKERS, 2, gold, balance=shares)
        snapshot = refit(held, settings=ROUTING)
        labels = class_shares(snapshot, all_hypotheses(snapshot, held)).argmax(axis=1)
        return float((labels == truth)[scored].mean())

    even, found = right(np.array([0.5, 0.5])), right(shares_of(evidence, gold))
    assert found > even + 0.05, f"{found:.3f} of the labels are right, {even:.3f} where shares are held even"


def test_chosen_control_tasks_know_less_than_drawn_ones() -> None:
    evidence, truth = crowd(3, [RARE, 1 - RARE])
    gold = picked(truth, [28, 2])
    weights = counting(evidence, gold)
    assert weights is not None, "fourteen of the rare class to one of the usual one is no luck"
    assert weights @ [28, 2] < 10, f"two tasks of the usual class cannot know as much as {weights @ [28, 2]:.1f}"
    assert weights[1] > weights[0], "of the usual class there were too few, each counts more"


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_weights_are_those_of_fewer_drawn_tasks(seed: int, first: int, second: int, third: int) -> None:
    evidence, truth = crowd(seed % 7, [0.1, 0.3, 0.6])
    gold = picked(truth, [first, second, third], seed)
    weights = counting(evidence, gold)
    if weights is not None:
        assert (weights > 0).all(), "every control task says something"
        assert weights @ [first, second, third] <= first + second + third + 1e-9, "choosing never tells more than lots"
    assert shares_of(evidence, gold).sum() == pytest.approx(1), "shares add up however control tasks were chosen"


def test_a_class_without_control_tasks_leaves_the_counts_alone() -> None:
    evidence, truth = crowd(4, [0.2, 0.8])
    assert counting(evidence, picked(truth, [0, 40])) is None, "how the crowd answers the other class is not known"


def test_control_tasks_alone_are_all_tasks() -> None:
    evidence, truth = crowd(5, [0.5, 0.5])
    assert counting(evidence, truth) is None, "there is nothing else that they could be unlike"
    assert counting(evidence, np.full(TASKS, UNKNOWN)) is None, "without any there is nothing to weigh"


def test_confidence_is_learnt_for_the_tasks_that_there_are() -> None:
    evidence, truth = crowd(6, [RARE, 1 - RARE], depth=2)
    gold = picked(truth, [20, 20])
    blind = untold(told(evidence, gold), ROUTING)
    snapshot = refit(blind, settings=ROUTING)
    shares = class_shares(snapshot, all_hypotheses(snapshot, blind))
    scored = gold == UNKNOWN
    right = float((shares.argmax(axis=1) == truth)[scored].mean())
    stated = calibrated(snapshot, blind, gold, ROUTING).calibration.apply(shares).max(axis=1)[scored].mean()
    assert abs(stated - right) < 0.05, f"{stated:.3f} is said to be right, and {right:.3f} is"
