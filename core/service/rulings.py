"""What people decided about a task stands above its votes; and a label in doubt is put before somebody who decides."""

from __future__ import annotations

from core.model import STATED_WEIGHT, TEXT
from core.routing import Verdict
from core.service.house import Desk
from core.store import rulings
from core.store.jobs import Job
from core.store.rulings import Ruling
from core.store.tasks import Task

DOUBT = 0.7
"""A job that names experts and no threshold asks them about labels below this."""


def weight_of(job: Job) -> float:
    """The stated weight of a decision by a person in this job."""
    return job.spec.experts.weight if job.spec.experts else STATED_WEIGHT


def overrule(desk: Desk, job: Job, task: Task, verdict: Verdict) -> Verdict:
    """The verdict of a task's votes, or the ruling in force; a doubtful one is escalated while it is in doubt."""
    ruled = rulings.ruling_on(desk.tx, task.id)
    if ruled is not None:
        return verdict._replace(label=ruled[0], confidence=ruled[1], done=True, want=0)
    judged = job.spec.review is not None or job.spec.experts is not None
    if judged and (verdict.done or task.done) and job.spec.kind != TEXT:
        _doubt(desk, job, task, verdict)
    return verdict


def _doubt(desk: Desk, job: Job, task: Task, verdict: Verdict) -> None:
    threshold = job.spec.review.threshold if job.spec.review else DOUBT
    low = verdict.done and verdict.confidence < threshold
    found = rulings.escalation_of(desk.tx, task.id)
    if found is None and low:
        escalate(desk, job, task.id, "low")
    elif (
        found is not None
        and not low
        and (found.cause, found.state) == ("low", "open")
        and not rulings.in_hand(desk.tx, task.id)
    ):
        rulings.drop_escalation(desk.tx, found.id)


def escalate(desk: Desk, job: Job, task: int, cause: str) -> None:
    """Put a task before the job's experts, or before its reviewers when it has none; once per task."""
    experts, policy = job.spec.experts, job.spec.review
    seconds = experts.wait_seconds if experts else policy.accept_after_seconds if policy else 0
    goes_to = "expert" if experts else "reviewer"
    rulings.escalate(desk.tx, (task, job.id), goes_to, cause, (desk.now, desk.now + seconds * 1000))


def rule(desk: Desk, job: Job, task: int, label: int, source: tuple[str, int, int]) -> None:
    """Write a decision; `source` is (expert, recheck or fix; what it came from; who). Judge the task afterwards."""
    kind, ref, person = source
    rulings.insert_ruling(desk.tx, Ruling(task, job.id, kind, ref, person, label, weight_of(job)), desk.now)
