"""`auto`: never below the vote, honest about what it did, better with control tasks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from crowds import accuracy, drawn

from bench.synthetic_crowds import KINDS, draw
from gpu_jobs.kernels import Auto, MajorityVote

SLACK = 0.02  # a few tasks of a few hundred


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_it_is_not_below_the_vote_on_drawn_crowds(kind: str) -> None:
    answers, truth = draw(kind, 55)

    ours, votes = Auto().fit(answers).labels, MajorityVote().fit(answers).labels

    assert accuracy(ours, truth) >= accuracy(votes, truth) - SLACK, "a safe default"


def test_it_beats_the_vote_where_workers_differ() -> None:
    answers, truth = draw("spammers", 55)

    ours, votes = Auto().fit(answers).labels, MajorityVote().fit(answers).labels

    assert accuracy(ours, truth) > accuracy(votes, truth) + 0.02, "a third of the workers does not look"


def test_it_says_what_it_chose_and_why() -> None:
    answers, truth = drawn(0)
    gold = np.where(np.arange(len(truth)) < 20, truth, -1)

    plain, told = Auto().fit(answers), Auto().fit(replace(answers, gold=gold))

    assert "%" in plain.chosen and "no control tasks" in plain.reason, "the members and their weights"
    assert "20 control tasks" in told.reason and "power" in told.reason, "what the control tasks did"


def test_control_tasks_make_it_less_sure_where_all_err_together() -> None:
    answers, truth = draw("hard-tasks", 3)
    known = np.random.default_rng(0).permutation(len(truth))[:100]
    gold = np.full(len(truth), -1)
    gold[known] = truth[known]
    asked = gold < 0

    fits = Auto(power=1.0).fit(answers), Auto(power=1.0).fit(replace(answers, gold=gold))

    gaps = [fit.posterior[asked].max(axis=1).mean() - accuracy(fit.labels[asked], truth[asked]) for fit in fits]
    assert gaps[0] > 0.03 and abs(gaps[1]) < gaps[0], "confidence comes down to accuracy"


def test_many_answers_go_the_quick_way_with_nearly_the_same_labels() -> None:
    answers, _ = drawn(1, tasks=400)

    slow, quick = Auto().fit(answers), Auto(large=1).fit(answers)

    assert (slow.labels == quick.labels).mean() > 0.97, "fewer fits, fewer steps"


def test_small_data_do_not_import_torch() -> None:
    code = (
        "import sys, numpy as np; from gpu_jobs.kernels import Auto; from gpu_jobs.kernels.values import Answers;"
        "a = np.arange(4) % 2; Auto().fit(Answers(a, a, a, 2, 2, 2, -np.ones(2, int)));"
        "sys.exit('torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, "torch takes seconds to import"
