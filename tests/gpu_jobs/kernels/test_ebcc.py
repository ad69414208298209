"""EBCC: its bound and its starts.

Proves gpu_jobs.kernels.ebcc.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from crowds import accuracy, drawn

from gpu_jobs.kernels import EBCC, MajorityVote


def test_the_best_of_more_starts_is_no_worse() -> None:
    answers, _ = drawn(7, tasks=60)

    few, many = (EBCC(starts=starts).fit(answers).log_likelihood for starts in (1, 4))

    assert many >= few, "the bound decides"


def test_it_beats_the_vote_where_errors_go_together() -> None:
    rng = np.random.default_rng(3)
    answers, truth = drawn(3, tasks=300, workers=9, classes=2, overlap=5)
    misled = rng.random(300) < 0.25  # hard tasks: all but the first three workers lean to the other class
    flip = misled[answers.task] & (answers.worker >= 3) & (rng.random(len(answers.task)) < 0.6)
    label = np.where(flip, 1 - truth[answers.task], answers.label)
    changed = replace(answers, label=label)
    ours, votes = EBCC().fit(changed).labels, MajorityVote().fit(changed).labels

    assert accuracy(ours, truth) > accuracy(votes, truth), "subtypes tell hard tasks from easy ones"
