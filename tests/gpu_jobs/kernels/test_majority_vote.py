"""Majority vote, worked by hand.

Proves gpu_jobs.kernels.majority_vote.
"""

from __future__ import annotations

import pytest
from crowds import crowd

from gpu_jobs.kernels import MajorityVote


def test_shares_are_smoothed_by_one_vote() -> None:
    found = MajorityVote().fit(crowd([(0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 1, 0), (1, 2, 0)], tasks=2))

    # two of six votes are for class 1: task 0 has (1 + 4/6, 2 + 2/6) of 4, task 1 (3 + 4/6, 2/6) of 4
    assert found.posterior.ravel() == pytest.approx([5 / 12, 7 / 12, 11 / 12, 1 / 12]), "one vote at the overall shares"
    assert found.accuracy[0] == pytest.approx((7 / 12 + 11 / 12 + 1) / 4), (
        "expected right answers, one right, one wrong"
    )


def test_a_tie_goes_to_the_commoner_class() -> None:
    found = MajorityVote().fit(crowd([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1)], tasks=2))

    assert found.labels.tolist() == [1, 1], "class 1 has three of four votes"
