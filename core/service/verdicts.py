"""A task's running verdict: judged anew, from the answers in force, whenever an answer or a lease comes or goes."""

from __future__ import annotations

from collections.abc import Callable

from core import quality, routing
from core.service.house import Desk
from core.store import assignments, jobs, people, tasks
from core.store.jobs import Job
from core.store.tasks import Task


def reconsider(desk: Desk, job: Job, task: Task, *, active: int, change: Callable[[], object] | None = None) -> int:
    """Apply `change` (an assignment that ends or reopens) and judge the task again; by how much `done` tasks grew.

    Agreement with the old label is uncounted before and with the new one counted after, so that a worker's own
    agreement never raises the weight of their vote on the same task, and an undo restores every count.
    """
    if task.done and task.label is not None:
        people.count_agreement(desk.tx, task.id, job.id, task.label, -1)
    if change is not None:
        change()
    votes = [
        routing.Vote(label, quality.accuracy(standing)) for label, standing in assignments.votes_of(desk.tx, task.id)
    ]
    verdict = routing.judge(job.spec.overlap, votes, task.active + active, len(job.spec.options))
    tasks.set_verdict(desk.tx, task, verdict, task.active + active, len(votes))
    if verdict.done and verdict.label is not None:
        people.count_agreement(desk.tx, task.id, job.id, verdict.label, 1)
    grown = int(verdict.done) - task.done
    if grown:
        jobs.count(desk.tx, job.id, done=grown)
    return grown
