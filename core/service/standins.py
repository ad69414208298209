"""Tasks that a model labels alone: done without answers, marked, and open again when the model is rolled back.

A person's answer or decision takes the place of such a label at once: it is no vote and is never counted as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from core.service import closing, verdicts
from core.service.house import Desk
from core.store import jobs, models, tasks
from core.store.jobs import Job
from core.store.models import Model

AT_ONCE = 1000
"""Labels that one tick takes back at most, some 30 ms, so that no tap waits long; priors cost a tenth of that."""


def accept(desk: Desk, job: Job, model: int, rows: Iterable[tuple[int, int, int]]) -> int:
    """Label (task, label, confidence in ppm) by a model alone where nobody has begun; how many."""
    accepted = 0
    for number, label, confidence in rows:
        task = tasks.get_task(desk.tx, number)
        if task.answers or task.active or task.done or task.gold is not None:
            continue
        put = partial(models.put_label, desk.tx, (number, job.id, model), label, confidence, desk.now)
        verdicts.reconsider(desk, job, task, active=0, change=put)
        accepted += 1
    return accepted


def tick(desk: Desk) -> None:
    """Take back what models that were rolled back said alone, some at a time."""
    for model in models.being_withdrawn(desk.tx):
        take_back(desk, model)


def take_back(desk: Desk, model: Model) -> None:
    """Some of a model's labels and priors; the last page marks it as withdrawn."""
    found = models.tasks_labelled_by(desk.tx, model.id, AT_ONCE)
    job = jobs.get_job(desk.tx, model.job)
    for number in found:
        task = tasks.get_task(desk.tx, number)
        verdicts.reconsider(desk, job, task, active=0, change=partial(models.drop_label, desk.tx, number))
    if found:
        closing.redraw_progress(desk, jobs.get_job(desk.tx, model.job))
    forgotten = models.drop_priors(desk.tx, model.job, model.id, 10 * AT_ONCE)
    if len(found) < AT_ONCE and forgotten < 10 * AT_ONCE:
        models.set_withdrawn(desk.tx, model.id, models.WITHDRAWN)
