"""Out-of-fit predictions: nothing that is scored was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from crowds import drawn

from gpu_jobs.kernels.auto.evidence import gather, gather_once
from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.values import Floats


def test_every_answer_is_left_out_once_and_every_control_task_asked_once() -> None:
    answers, truth = drawn(0, tasks=40)
    gold = np.where(np.arange(40) < 10, truth, -1)
    seen: list[tuple[int, int]] = []

    def fitter(crowd: Crowd) -> dict[str, Floats]:
        seen.append((len(crowd.answers.task), len(crowd.known)))
        return {"vote": crowd.vote_shares()}

    found = gather(replace(answers, gold=gold), fitter)

    assert found.answers.shape == (150, 1) and sorted(found.truth) == sorted(truth[:10]), (
        "30 tasks of 5; 10 control tasks"
    )
    assert sum(200 - size for size, _ in seen) == 150 and {known for _, known in seen} == {8}, "a fifth at a time"


def test_the_quick_way_asks_half_of_the_control_tasks_in_one_fit() -> None:
    answers, truth = drawn(0, tasks=40)
    gold = np.where(np.arange(40) < 10, truth, -1)

    found, members = gather_once(replace(answers, gold=gold), lambda crowd: {"vote": crowd.vote_shares()})

    assert len(found.truth) == 5 and list(members) == ["vote"], "the other half stays clamped"
