"""The audit finds planted errors: wrong labels by their text, wrong gold by the crowd, odd workers by the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from crowds import drawn
from scipy import sparse

from gpu_jobs.kernels.audit import audit, error_rate
from gpu_jobs.kernels.values import Answers, Ints


def told_by_text(truth: Ints, seed: int, share: float = 0.95) -> sparse.csr_array:
    """Features that tell the class of that share of the items."""
    rng = np.random.default_rng(seed)
    seen = np.where(rng.random(len(truth)) < share, truth, 1 - truth)
    return sparse.csr_array(np.eye(2)[seen])


@pytest.fixture(scope="module")
def case() -> tuple[Answers, Ints]:
    return drawn(seed=5, tasks=600, workers=30, classes=2, overlap=3)


def test_text_finds_the_crowds_errors(case: tuple[Answers, Ints]) -> None:
    answers, truth = case
    found = audit(answers, told_by_text(truth, 0))
    wrong = found.crowd.labels != truth
    top = found.suspects(int(wrong.sum()))
    assert found.weight > 0.5, "the text helps and is believed"
    assert wrong[top].mean() > 0.6 > 3 * wrong.mean(), "most of the worst suspects are wrong, few of all labels are"
    assert (found.joint.labels == truth).mean() > (found.crowd.labels == truth).mean(), "joint labels are better"


def test_text_that_says_nothing_is_not_believed(case: tuple[Answers, Ints]) -> None:
    answers, truth = case
    noise = sparse.csr_array(np.random.default_rng(1).random((len(truth), 3)))
    found = audit(answers, noise)
    assert found.weight == 0, "it foretells no answer"
    assert (found.joint.labels == found.crowd.labels).all(), "so nothing changes"


def test_control_tasks_are_no_suspects_but_their_gold_may_be_wrong(case: tuple[Answers, Ints]) -> None:
    answers, truth = case
    gold = np.where(np.arange(len(truth)) < 40, truth, -1)
    clear = int(np.flatnonzero(np.bincount(answers.task, answers.label == truth[answers.task]) == 3)[0])
    gold[clear] = 1 - gold[clear]
    found = audit(replace(answers, gold=gold), told_by_text(truth, 0))
    assert found.suspicion[:40].max() == 0, "what is known is not under audit"
    assert found.gold_doubt[clear] > 0.8 and found.gold_doubt.argmax() == clear, "the planted error stands out"
    assert found.gold_doubt[40:].max() == 0, "and tasks without gold have none to doubt"


def test_a_worker_who_answers_the_opposite_is_pointed_out_and_no_honest_one(case: tuple[Answers, Ints]) -> None:
    answers, truth = case
    features = told_by_text(truth, 0)
    label = np.where(answers.worker == 3, 1 - truth[answers.task], answers.label)
    found = audit(replace(answers, label=label), features)
    assert found.odd.tolist()[:1] == [3], "mostly wrong among people who are mostly right"
    assert len(audit(answers, features).odd) <= 3, "of thirty honest people few are"


def test_it_is_the_same_again(case: tuple[Answers, Ints]) -> None:
    answers, truth = case
    one, two = (audit(answers, told_by_text(truth, 0)) for _ in range(2))
    assert one.suspicion.tobytes() == two.suspicion.tobytes(), "an audit is repeatable"


def test_error_rate_holds_what_the_probabilities_say() -> None:
    mean, low, high = error_rate(np.full(400, 0.1))
    assert mean == pytest.approx(0.1) and low < 0.1 < high and high - low == pytest.approx(0.0588, abs=1e-3), "1.96 sd"
    assert error_rate(np.empty(0)) == (0.0, 0.0, 0.0), "no labels, no errors"
