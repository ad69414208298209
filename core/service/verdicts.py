"""A task's running verdict: judged anew, from the answers in force, whenever an answer comes or goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core import routing
from core.model import Overlap
from core.routing import Verdict
from core.service import judging, rulings
from core.service.house import Desk
from core.store import assignments, jobs, people, tasks
from core.store.jobs import Job
from core.store.tasks import Task


def overlap_of(job: Job, task: Task) -> Overlap:
    """The job's overlap with what quality rules added for this task; one answer is always wanted."""
    overlap = job.spec.overlap
    if not task.extra:
        return overlap
    return replace(overlap, min=max(1, overlap.min + task.extra), max=max(1, overlap.max + task.extra))


def reconsider(desk: Desk, job: Job, task: Task, *, active: int, change: Callable[[], object]) -> None:
    """Apply `change` (an answer given or taken back, with its lease) and judge the task again.

    Every vote keeps the weight it was given with, and agreement with the old label is uncounted before and with the
    new one counted after: the verdict follows from the votes in force alone, so that an undo restores it exactly.
    """
    if task.done and task.label is not None:
        people.count_agreement(desk.tx, task.id, job.id, task.label, -1)
    change()
    verdict, votes = judged(desk, job, task, active=active)
    tasks.set_verdict(desk.tx, task, verdict, task.active + active, votes)
    if verdict.done and verdict.label is not None:
        people.count_agreement(desk.tx, task.id, job.id, verdict.label, 1)
    grown = int(verdict.done) - task.done
    if grown:
        jobs.count(desk.tx, job.id, done=grown)


def judged(desk: Desk, job: Job, task: Task, *, active: int) -> tuple[Verdict, int]:
    """The verdict on a task as things stand, with so many more leases, and the number of votes that count."""
    votes = assignments.votes_of(desk.tx, task.id)
    verdict = judging.judge(desk, job, task, overlap_of(job, task), votes, task.active + active)
    if job.spec.review or job.spec.experts or job.spec.learn:
        verdict = rulings.overrule(desk, job, task, verdict)
    return verdict, len(votes)


def count_lease(desk: Desk, job: Job, task: Task, change: int) -> None:
    """A lease came (+1) or went (-1) without an answer: the verdict stands, only what is wanted may change."""
    active = task.active + change
    tasks.set_leases(
        desk.tx, task.id, active, routing.wanted(overlap_of(job, task), task.answers, active, bool(task.done))
    )
