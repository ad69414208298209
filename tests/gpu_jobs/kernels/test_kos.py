"""KOS: messages by hand, and more than two classes.

Proves gpu_jobs.kernels.kos.
"""

from __future__ import annotations

from crowds import accuracy, crowd, drawn

from gpu_jobs.kernels import KOS


def test_one_round_of_messages() -> None:
    rows = [(0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (1, 1, 0), (1, 2, 1)]

    assert KOS(n_iter=1).fit(crowd(rows, tasks=2)).labels.tolist() == [1, 0], "two against one, twice"


def test_classes_are_scored_one_by_one() -> None:
    answers, truth = drawn(9, tasks=200, overlap=7, classes=4)

    assert accuracy(KOS().fit(answers).labels, truth) > 0.85, "random assignment is what it was made for"
