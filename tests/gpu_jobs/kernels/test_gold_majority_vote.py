"""Accuracy on control tasks as weight, worked by hand.

Proves gpu_jobs.kernels.gold_majority_vote.
"""

from __future__ import annotations

import pytest
from crowds import crowd

from gpu_jobs.kernels import GoldMajorityVote, MajorityVote


def test_skills_are_shrunk_accuracies_on_control_tasks() -> None:
    answers = crowd([(0, 0, 1), (0, 1, 0), (1, 0, 1), (1, 1, 0), (1, 2, 0)], tasks=2, gold={0: 1})

    found = GoldMajorityVote().fit(answers)

    # average (1 + 1) / (2 + 2) = 1/2; worker 0: (1 + 1) / 3, worker 1: 1 / 3, worker 2 met none: 1/2
    assert found.posterior[1] == pytest.approx([5 / 9, 4 / 9]), "1/3 + 1/2 against 2/3"


def test_without_control_tasks_it_is_majority_vote() -> None:
    answers = crowd([(0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 1, 0), (1, 2, 1)], tasks=2)

    assert (GoldMajorityVote().fit(answers).labels == MajorityVote().fit(answers).labels).all(), "equal weights"
