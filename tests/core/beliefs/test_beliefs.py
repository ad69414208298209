"""The crowd model: a distribution, blind to order, exact after storing, and wise about who is asked.

Covers core.beliefs.evidence, core.beliefs.confusion, core.beliefs.vote, core.beliefs.refit, core.beliefs.settings,
core.beliefs.snapshot, core.beliefs.posterior, core.beliefs.gains, core.beliefs.choice and core.beliefs.calibration.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.beliefs import (
    ROUTING,
    UNKNOWN,
    Evidence,
    Settings,
    Snapshot,
    all_hypotheses,
    calibrated,
    class_shares,
    gains,
    hypotheses,
    loads,
    pair_gains,
    posterior,
    refit,
)
from core.beliefs.calibration import OVERSURE, Calibration, learn
from core.beliefs.choice import invited, more_patient, offered

CLASSES = 3
ACCURACIES = (0.95, 0.9, 0.8, 0.7, 0.34)
"""Of the workers of the crowd below; the last one guesses."""
Votes = list[tuple[int, int]]
VOTES = st.lists(st.tuples(st.integers(0, 6), st.integers(-1, CLASSES - 1)), max_size=8)


def crowd(tasks: int = 200, seed: int = 1) -> tuple[Evidence, np.ndarray]:
    """Every worker answers every task; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(CLASSES, size=tasks)
    right = rng.random((len(ACCURACIES), tasks)) < np.array(ACCURACIES)[:, None]
    wrong = (truth + rng.integers(1, CLASSES, size=right.shape)) % CLASSES
    label = np.where(right, truth, wrong)
    task, worker = np.tile(np.arange(tasks), len(ACCURACIES)), np.repeat(np.arange(len(ACCURACIES)), tasks)
    return Evidence(task, worker, label.ravel(), tasks, len(ACCURACIES), CLASSES), truth


EVIDENCE, TRUTH = crowd()
SNAPSHOT = refit(EVIDENCE, [10, 20, 30, 40, 50])


def same(one: Snapshot, other: Snapshot) -> bool:
    """Whether two snapshots believe the same."""
    arrays = ("rows", "noise", "skill", "classes", "hardness", "hard_shares", "answers")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays) and (
        one.workers,
        one.vote_weight,
        one.calibration,
    ) == (other.workers, other.vote_weight, other.calibration)


@given(VOTES)
def test_a_posterior_is_a_distribution(votes: Votes) -> None:
    shares = posterior(SNAPSHOT, [(10 * worker, label) for worker, label in votes])
    assert min(shares) >= 0 and sum(shares) == pytest.approx(1), "a posterior holds probabilities"


@given(VOTES, st.randoms())
def test_the_order_of_votes_does_not_matter(votes: Votes, rng: object) -> None:
    mixed = votes.copy()
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    assert posterior(SNAPSHOT, votes) == posterior(SNAPSHOT, mixed), "an undo must lead back to the same bits"


def test_cant_tell_says_nothing() -> None:
    assert posterior(SNAPSHOT, [(10, -1)]) == posterior(SNAPSHOT, []), "only labels are evidence"


@settings(max_examples=20)
@given(st.permutations(range(len(EVIDENCE.task))))
def test_a_refit_does_not_depend_on_the_order_of_answers(order: list[int]) -> None:
    mixed = replace(EVIDENCE, task=EVIDENCE.task[order], worker=EVIDENCE.worker[order], label=EVIDENCE.label[order])
    assert same(refit(mixed, SNAPSHOT.workers), SNAPSHOT), "the same answers give the same beliefs"


def test_a_snapshot_comes_back_from_its_bytes() -> None:
    kept = replace(SNAPSHOT, calibration=Calibration(0.7, 0.96))
    assert same(loads(kept.dumps()), kept), "what is stored is what is believed"


def test_storing_changes_no_posterior() -> None:
    votes = [(10, 1), (50, 2), (99, 0)]
    assert posterior(loads(SNAPSHOT.dumps()), votes) == posterior(SNAPSHOT, votes), "a restart must change no verdict"


def test_one_task_and_all_tasks_are_judged_alike() -> None:
    shares = class_shares(SNAPSHOT, all_hypotheses(SNAPSHOT, EVIDENCE))
    votes = [(SNAPSHOT.workers[w], int(EVIDENCE.label[EVIDENCE.worker == w][7])) for w in range(len(ACCURACIES))]
    assert posterior(SNAPSHOT, votes) == pytest.approx(shares[7].tolist()), "a tap and a refit agree"


def test_a_refit_learns_who_is_good() -> None:
    found = [SNAPSHOT.accuracy(worker) for worker in SNAPSHOT.workers]
    assert found == pytest.approx(ACCURACIES, abs=0.1), "accuracies come out of the answers alone"


def test_labels_are_better_than_the_best_half_of_the_crowd() -> None:
    labels = class_shares(SNAPSHOT, all_hypotheses(SNAPSHOT, EVIDENCE)).argmax(axis=1)
    assert (labels == TRUTH).mean() > 0.95, "together they know more than each"


def test_a_stranger_counts_as_the_crowd_does() -> None:
    assert SNAPSHOT.accuracy(12345) == SNAPSHOT.crowd_accuracy, "nothing is known of a stranger but the crowd"


def test_known_classes_of_control_tasks_teach_the_rows() -> None:
    few, truth = crowd(12, seed=3)
    gold = (truth + 1) % CLASSES  # a requester whose truth nobody shares
    told = refit(replace(few, gold=gold))
    assert told.crowd_accuracy < refit(few).crowd_accuracy, "against known classes the crowd is seen to be wrong"


def test_a_known_class_may_be_wrong() -> None:
    few, truth = crowd(30, seed=3)
    gold = np.where(np.arange(30) < 8, (truth + 1) % CLASSES, -1)  # eight slips of the requester
    told = replace(few, gold=gold)
    doubtful, certain = (refit(told, settings=Settings(gold_trust=trust)).accuracy(0) for trust in (0.9, 1 - 1e-9))
    assert doubtful > certain + 0.03, "where good workers agree it is their word against the requester's"


def test_a_prior_moves_the_posterior() -> None:
    moved = posterior(SNAPSHOT, [(50, 0)], prior=[0.05, 0.05, 0.9])
    assert max(range(CLASSES), key=moved.__getitem__) == 2, "a sure model outweighs one who guesses"


def test_no_answers_give_no_opinion() -> None:
    empty = np.zeros(0, np.int64)
    shares = posterior(refit(Evidence(empty, empty, empty, 5, 0, 2)), [])
    assert shares == pytest.approx([0.5, 0.5]), "before the first answer every class is alike"


def test_routing_takes_one_model_alone() -> None:
    assert refit(EVIDENCE, settings=ROUTING).vote_weight in (0.0, 1.0), "the better model judges between runs"


def test_a_fit_of_no_rounds_is_the_vote_alone() -> None:
    assert refit(EVIDENCE, settings=replace(ROUTING, rounds=0)).vote_weight == 1, "no confusion was learnt to weigh"


def test_the_better_worker_tells_more() -> None:
    weights = np.stack([hypotheses(SNAPSHOT, []), hypotheses(SNAPSHOT, [(20, 1), (30, 1)])])
    good, bad = gains(SNAPSHOT, weights, 10), gains(SNAPSHOT, weights, 50)
    assert (good > bad).all() and (bad > -1e-12).all(), "an answer never tells less than nothing"
    assert good[0] > good[1], "what is nearly sure already needs no more answers"


def test_gains_of_pairs_are_those_of_the_worker() -> None:
    weights = np.stack([hypotheses(SNAPSHOT, [(20, 1)])] * 2)
    expected = [gains(SNAPSHOT, weights, worker)[0] for worker in (10, None)]
    assert pair_gains(SNAPSHOT, weights, np.array([1, 0])) == pytest.approx(expected), "one rule for both"


@given(st.integers(0, 5), st.floats(0, 1), st.floats(0, 1))
def test_an_answer_never_tells_less_than_nothing(row: int, share: float, vote: float) -> None:
    belief = replace(SNAPSHOT, vote_weight=vote)
    even = (1 - share) / (len(belief.start) - 1)
    weights = np.append(share, np.full(len(belief.start) - 1, even))[None]
    assert (pair_gains(belief, weights, np.array([row])) >= 0).all(), "information is not negative, rounded or not"
    assert (gains(belief, weights, None) >= 0).all(), "nor a stranger's"


def test_a_task_is_held_for_somebody_better() -> None:
    own, usual = np.array([0.1, 0.6, 0.3]), np.array([0.5, 0.5, 0.5])
    assert offered(own, usual, 1.0, 10).tolist() == [1, 2], "the first task waits for a better worker"
    assert offered(own, usual, 0.0, 10).tolist() == [1, 2, 0], "without patience everything is given away"


@given(st.lists(st.booleans(), max_size=50))
def test_patience_stays_between_nothing_and_all(served: list[bool]) -> None:
    patience = 1.0
    for one in served:
        patience = more_patient(patience, served=one)
        assert 0 < patience <= 1, "patience is a share"


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=30))
def test_invitations_respect_the_room(pairs: list[tuple[float, int, int]]) -> None:
    gain, task, worker = (np.array(column) for column in zip(*pairs, strict=True))
    chosen = invited(gain, task, worker, np.array([0, 1, 2, 9]), 4)
    assert len(chosen) <= 4 and len(set(task[chosen].tolist())) == len(chosen), "one invitation per task"
    assert (np.bincount(worker[chosen], minlength=4) <= [0, 1, 2, 9]).all(), "nobody above their load cap"


def test_calibration_lowers_confidence_that_controls_do_not_bear_out() -> None:
    shares = np.tile([0.99, 0.01], (100, 1))
    found = learn(shares, np.array([0] * 70 + [1] * 30))
    assert found.apply(shares[:1])[0, 0] == pytest.approx(0.7, abs=0.06), "right in 70 of 100 means 70 per cent"


def test_one_control_task_does_not_turn_everything() -> None:
    shares = np.tile([0.99, 0.01], (20, 1))
    truth = np.zeros(20, np.int64)
    before = learn(shares[1:], truth[1:]).apply(shares[0])[0]
    after = learn(shares, np.append(truth[1:], 1)).apply(shares[0])[0]
    assert 0.01 < before - after < 0.1, "a first error among twenty counts, but little more than its share"


@given(st.integers(1, 200), st.floats(0.5, 1))
def test_stated_confidence_expects_crowds_to_be_oversure(size: int, right: float) -> None:
    shares, truth = np.tile([0.97, 0.03], (size, 1)), (np.arange(size) >= right * size).astype(np.int64)
    stated, trusted = (learn(shares, truth, *usual).apply(shares[0])[0] for usual in ((OVERSURE,), ()))
    assert stated <= trusted + (0 if size <= 20 else 0.02), "labels state less until many control tasks have spoken"


def test_without_control_tasks_nothing_is_calibrated() -> None:
    unknown = np.full(EVIDENCE.n_tasks, UNKNOWN)
    assert calibrated(SNAPSHOT, EVIDENCE, unknown).calibration == Calibration(), "no evidence, no change"


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5), st.floats(0.1, 2), st.floats(0.5, 1))
def test_calibration_keeps_a_distribution_and_its_best_class(parts: list[float], power: float, ceiling: float) -> None:
    shares = [part / sum(parts) for part in parts]
    told = Calibration(power, ceiling).of(shares)
    assert sum(told) == pytest.approx(1), "calibrated probabilities sum to one"
    assert told[shares.index(max(shares))] == pytest.approx(max(told)), "the label stays the same"
    assert told == pytest.approx(Calibration(power, ceiling).apply(np.array(shares)).tolist()), "one task or all, alike"
