"""What a live model says of tasks before anybody answers: a prior for the router, and a label where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.messages import Card, Priority
from core.model import UNDER_WAY
from core.service import modelling, standins
from core.service.house import Desk, House
from core.store import alerts, jobs, models
from core.store.batches import BatchRun
from core.store.tx import Tx

Shares = Sequence[tuple[int, Sequence[float]]]
"""(task, class shares)."""
Sure = Sequence[tuple[int, int, int]]
"""(task, label, confidence in ppm) that may stand without people."""


def heed(tx: Tx, run: BatchRun, shares: Shares, sure: Sure, now: int, house: House) -> int:
    """Store a page of what the run's model says, if it is live still; how many tasks it labelled alone."""
    desk = Desk(tx, house, now)
    model = modelling.speaker_of(desk, run)
    job = jobs.get_job(tx, run.job)
    if model is None or not shares:
        return 0
    models.put_priors(tx, job.id, shares, run.id)
    if modelling.precision_of(desk, job) is None or job.state not in UNDER_WAY:
        return 0
    return standins.accept(desk, job, model.id, sure)


def told(desk: Desk, run: BatchRun, metrics: Mapping[str, Any]) -> None:
    """The whole run is stored: say what came of it."""
    job = jobs.get_job(desk.tx, run.job)
    model = modelling.speaker_of(desk, run)
    if model is None:
        alerts.insert_event(desk.tx, "learning.unheeded", desk.now, job=job.id, run=run.id, reason="live no more")
        return
    alone = models.labelled_by(desk.tx, model.id)
    found = {**metrics, "alone": alone}
    alerts.insert_event(desk.tx, "learning.predicted", desk.now, job=job.id, run=run.id, found=found)
    text = desk.say("en", "model.spoke", model=model.id, items=metrics["items"], job=job.id)
    precision = modelling.precision_of(desk, job)
    if precision is not None:
        share = f"{desk.house.learning.people_share:.0%}"
        text += " " + desk.say("en", "model.accepted", alone=alone, precision=f"{precision:.0%}", share=share)
    for place in (job.place, *desk.house.admin_places) if alone else desk.house.admin_places:
        desk.send(place, Card(text=text), priority=Priority.NOTICE)
