"""The learning loop from an audit on: a model when there are enough new labels, and what it says of open tasks.

A model that is not made, or has nothing to say, is noted with the reason like every step of the loop.
"""

from __future__ import annotations

from core import models as rules
from core.model import TEXT, UNDER_WAY
from core.service import learning
from core.service.house import Desk
from core.store import alerts, batches, models
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.models import Model

FINETUNE, PREDICT = "finetune", "predict"


def after_audit(desk: Desk, run: BatchRun, job: Job, labelled: int) -> None:
    """An audit of a job that learns is done: make a model of its joint labels, or note why not."""
    if not job.spec.learn:
        return
    if reason := _why_not(desk, job, labelled):
        learning.skip(desk, job, FINETUNE, reason)
        queue_predict(desk, job, f"audit:{run.id}")
        return
    batches.drop_queued(desk.tx, FINETUNE, job.id)
    if batches.queue_run(desk.tx, FINETUNE, job.id, str(run.id), bool(run.final), desk.now):
        alerts.insert_event(desk.tx, "learning.queued", desk.now, job=job.id, step=FINETUNE, claim=str(run.id))


def _why_not(desk: Desk, job: Job, labelled: int) -> str:
    if job.spec.kind == TEXT:
        return "typed texts have no classes to learn"
    last = next(iter(models.models_of(desk.tx, job.id, 1)), None)
    return rules.enough(labelled, len(models.known_answers(desk.tx, job.id)), last.made_of if last else None)


def queue_predict(desk: Desk, job: Job, occasion: str) -> None:
    """Let the live model look at the tasks that wait for their first answer, or note why not."""
    live = models.live_model(desk.tx, job.id)
    if live is None:
        learning.skip(desk, job, PREDICT, "no model is live")
    elif job.state not in UNDER_WAY:
        learning.skip(desk, job, PREDICT, f"the job is {job.state}")
    elif not models.any_unanswered(desk.tx, job.id):
        learning.skip(desk, job, PREDICT, "no task waits for its first answer")
    elif batches.queue_run(desk.tx, PREDICT, job.id, f"model:{live.id}:{occasion}", False, desk.now):
        alerts.insert_event(desk.tx, "learning.queued", desk.now, job=job.id, step=PREDICT, claim=f"model:{live.id}")


def model_in(run: BatchRun) -> int:
    """The model that a predict run is about."""
    return int(run.claim.split(":")[1])


def speaker_of(desk: Desk, run: BatchRun) -> Model | None:
    """The same; None when it is live no more and must not speak."""
    model = models.get_model(desk.tx, model_in(run))
    return model if model.state == "live" else None


def precision_of(desk: Desk, job: Job) -> float | None:
    """The precision that labels without people must reach in this job; None where people judge every task."""
    house = desk.house.learning
    return job.spec.auto_accept or (house.precision if house.auto_accept else None)
