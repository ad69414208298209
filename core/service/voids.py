"""An answer that stops to count, or counts again, without its pay being touched: bans and reviews share this."""

from __future__ import annotations

from dataclasses import dataclass

from core.service import experts, verdicts
from core.service.house import Desk
from core.store import assignments, bans, provisional, tasks
from core.store.assignments import Assignment
from core.store.jobs import Job

BANNED, REJECTED = 1, 2
"""Why an answer does not count, as bits of assignment.void: its worker was banned; a review rejected it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a change brought: whether the answer moved, tasks done (-1 reopened, 1 settled), answers wanted more."""

    moved: bool = False
    done: int = 0
    wanted: int = 0


def set_aside(desk: Desk, job: Job, assignment: int, why: int) -> Moved:
    """Let an answer count no more, for this reason; its task is judged anew and may reopen."""
    before = bans.void_of(desk.tx, assignment)
    return _change(desk, job, assignment, before, before | why)


def count_again(desk: Desk, job: Job, assignment: int, why: int) -> Moved:
    """Take this reason back; without another one the answer counts as it did."""
    before = bans.void_of(desk.tx, assignment)
    return _change(desk, job, assignment, before, before & ~why)


def _change(desk: Desk, job: Job, assignment: int, before: int, after: int) -> Moved:
    if after == before:
        return Moved()
    lease = assignments.get_assignment(desk.tx, assignment)
    assert lease is not None, "an answer has an assignment"
    if lease.control or bool(after) == bool(before):
        bans.set_void(desk.tx, assignment, after)
        return Moved(bool(after) != bool(before))
    task = tasks.get_task(desk.tx, lease.task)
    verdicts.reconsider(desk, job, task, active=0, change=lambda: bans.set_void(desk.tx, assignment, after))
    if task.stood:
        provisional.begin_again(desk.tx, [task.id])
    judged = tasks.get_task(desk.tx, lease.task)
    contested = _contested(desk, job, lease, after)
    return Moved(True, judged.done - task.done - contested, judged.want - task.want + contested)


def _contested(desk: Desk, job: Job, lease: Assignment, void: int) -> int:
    """1 when an expert's answer that stops to count leaves its task to other experts, -1 when it is decided again."""
    if not lease.expert:
        return 0
    return int(experts.set_aside(desk, job, lease.task)) if void else -int(experts.counted_again(desk, lease.task))
