"""The learning loop's next step: what follows a finished run, or why nothing does; every reason is kept.

aggregate → audit → (suspects to the requester, priors to the router) → finetune → predict
"""

from __future__ import annotations

from core.service.house import Desk
from core.store import alerts, batches, suspects
from core.store.batches import BatchRun
from core.store.jobs import Job

AUDIT = "audit"
LEAST_ANSWERS = 200
"""Answers below which crowd and text say too little of each other."""
GROWTH = 0.2
"""Share of new answers that makes another audit worth its time."""


def after_aggregate(desk: Desk, run: BatchRun, job: Job) -> None:
    """An aggregate run of a job that learns is done: audit it, or note why not."""
    if not job.spec.learn:
        return
    last = suspects.newest_audit(desk.tx, job.id)
    if job.answers < LEAST_ANSWERS:
        skip(desk, job, AUDIT, f"{job.answers} answers, at least {LEAST_ANSWERS} are needed")
    elif last is not None and not run.final and job.answers < last.answers * (1 + GROWTH):
        skip(desk, job, AUDIT, f"only {job.answers - last.answers} new answers since the last one")
    else:
        queue_audit(desk, job, run.claim, final=bool(run.final))


def queue_audit(desk: Desk, job: Job, claim: str, *, final: bool) -> bool:
    """Whether an audit was queued; it is not when there was one for the very same answers."""
    batches.drop_queued(desk.tx, AUDIT, job.id)
    queued = batches.queue_run(desk.tx, AUDIT, job.id, claim, final, desk.now) is not None
    if queued:
        alerts.insert_event(desk.tx, "learning.queued", desk.now, job=job.id, step=AUDIT, claim=claim)
    return queued


def skip(desk: Desk, job: Job, step: str, reason: str) -> None:
    """Note why a step of the loop is not worth its time now."""
    alerts.insert_event(desk.tx, "learning.skipped", desk.now, job=job.id, step=step, reason=reason)
