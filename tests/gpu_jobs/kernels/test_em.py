"""The engine: sparse counts and evidence against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from crowds import drawn

from gpu_jobs.kernels.em import Crowd, posterior_of, sorted_answers


def test_counts_add_up_posteriors_of_the_answers() -> None:
    answers, _ = drawn(0, tasks=10)
    posterior = np.random.default_rng(0).dirichlet(np.ones(3), 10)
    expected = np.zeros((12, 3, 3))
    for task, worker, label in zip(answers.task, answers.worker, answers.label, strict=True):
        expected[worker, :, label] += posterior[task]

    assert Crowd(answers).counts(posterior) == pytest.approx(expected), "[worker, true, answered]"


def test_scores_add_up_log_rows_of_the_answers() -> None:
    answers, _ = drawn(0, tasks=10)
    rows = np.random.default_rng(0).normal(size=(12, 3, 3))
    expected = np.zeros((10, 3))
    for task, worker, label in zip(answers.task, answers.worker, answers.label, strict=True):
        expected[task] += rows[worker, :, label]

    assert Crowd(answers).scores(rows) == pytest.approx(expected), "[task, class]"


def test_vote_shares_break_ties_towards_the_commoner_class() -> None:
    answers, _ = drawn(0, tasks=10)

    shares = Crowd(answers).vote_shares(1.0)

    votes = answers.votes() + answers.votes().sum(axis=0) / 50
    assert shares == pytest.approx(votes / votes.sum(axis=1, keepdims=True)), "one pseudo-vote at the overall shares"


def test_posterior_and_likelihood_of_tiny_joints() -> None:
    answers, _ = drawn(0, tasks=10)
    joint = np.full((10, 3), -1000.0) + np.log([0.5, 0.25, 0.25])

    posterior, log_likelihood = posterior_of(Crowd(answers), joint)

    assert posterior[0] == pytest.approx([0.5, 0.25, 0.25]), "no underflow"
    assert log_likelihood == pytest.approx(-10_000), "the sum over tasks"


def test_sorted_answers_order_by_task_worker_label() -> None:
    answers, _ = drawn(0, tasks=30)

    found = np.stack(sorted_answers(answers))

    order = np.lexsort((answers.label, answers.worker, answers.task))
    assert (found == np.stack([answers.task, answers.worker, answers.label])[:, order]).all(), "as by three keys"
