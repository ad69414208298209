"""The policies of a replay: each judges tasks by the code that the live service judges them with."""

from __future__ import annotations

from enum import StrEnum

from core.beliefs.evidence import Floats
from core.enough import decide
from core.model import Overlap
from core.policies import is_checked, judge_shares
from core.routing import Vote, judge
from gpu_jobs.replay.desk import Desk, Judge

DYNAMIC = (2, 10)
"""Least and most answers of plain dynamic overlap."""
CHECKED = 0.5
"""Part of the tasks to which the checkpoint policy applies its confidence rule."""
PRICE = 1_000_000
"""Of an answer, in micro-units; a target of the value policy is the worth of a correct label in answers."""


class Policy(StrEnum):
    """Who decides that a task has enough answers; tasks go to workers by lot under fixed, dynamic and checkpoint."""

    ROUTER = "router"
    FIXED = "fixed"
    DYNAMIC = "dynamic"
    CHECKPOINT = "checkpoint"
    VALUE = "value"
    BUDGET = "budget"


VOTING = {Policy.FIXED, Policy.DYNAMIC, Policy.CHECKPOINT}
"""Those that know the skill-weighted vote alone, as dynamic overlap is known elsewhere."""
TARGETS: dict[Policy, tuple[float, ...]] = {
    Policy.ROUTER: (0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995),
    Policy.FIXED: (1, 2, 3, 4, 5, 7, 10),
    Policy.DYNAMIC: (0.7, 0.8, 0.9, 0.95, 0.99, 0.999),
    Policy.CHECKPOINT: (0.7, 0.8, 0.9, 0.95, 0.99, 0.999),
    Policy.VALUE: (3, 5, 10, 20, 50, 100, 300),
    Policy.BUDGET: (1, 1.5, 2, 2.5, 3, 4, 5, 7),
}
"""What is replayed where no target is given."""
MEANING = {
    Policy.ROUTER: "confidence",
    Policy.FIXED: "answers per task",
    Policy.DYNAMIC: "confidence",
    Policy.CHECKPOINT: "confidence",
    Policy.VALUE: "worth of a correct label, in answers",
    Policy.BUDGET: "answers per task on average",
}


def judge_of(policy: Policy, target: float, span: tuple[int, int]) -> Judge:
    """The judge of a policy; `span` is the least and the most answers per task."""
    if policy == Policy.FIXED:
        return _voting(Overlap("fixed", round(target), round(target), 1.0))
    if policy == Policy.DYNAMIC:
        return _voting(Overlap("dynamic", *span, target))
    if policy == Policy.CHECKPOINT:
        return _checking(Overlap("checkpoint", *span, target))
    if policy == Policy.VALUE:
        return _believing(Overlap("value", *span, worth=round(target * PRICE)))
    if policy == Policy.BUDGET:
        return lambda desk, task, shares: False
    return _believing(Overlap("dynamic", *span, target))


def _voting(overlap: Overlap) -> Judge:
    def done(desk: Desk, task: int, shares: Floats) -> bool:
        skill = desk.belief_about(task).skill
        votes = [Vote(label, float(skill[worker + 1])) for worker, label in desk.votes[task]]
        return judge(overlap, votes, 0, desk.recording.n_classes).done

    return done


def _believing(overlap: Overlap) -> Judge:
    def done(desk: Desk, task: int, shares: Floats) -> bool:
        belief, votes = desk.belief_about(task), desk.votes[task]
        return decide(belief, overlap, votes, shares.tolist(), desk.reader.said_of(task), price=PRICE).done

    return done


def _checking(overlap: Overlap) -> Judge:
    def done(desk: Desk, task: int, shares: Floats) -> bool:
        checked = is_checked(task, CHECKED)
        return judge_shares(overlap, shares.tolist(), int(desk.answered[task]), 0, checked=checked).done

    return done
