"""Skills that follow agreement.

Proves gpu_jobs.kernels.zero_based_skill.
"""

from __future__ import annotations

from crowds import accuracy, crowd, drawn

from gpu_jobs.kernels import ZeroBasedSkill


def test_a_full_first_step_reaches_the_agreement() -> None:
    rows = [(task, worker, int(worker < 2)) for task in range(3) for worker in range(3)]

    found = ZeroBasedSkill().fit(crowd(rows, tasks=3))

    assert found.iterations == 2 and found.labels.tolist() == [1, 1, 1], "skills 1, 1, 0 after one step, then no change"


def test_skills_beat_plain_votes_on_uneven_workers() -> None:
    answers, truth = drawn(11, overlap=4)

    assert accuracy(ZeroBasedSkill().fit(answers).labels, truth) > 0.85, "good workers count for more"
