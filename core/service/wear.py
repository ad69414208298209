"""Controls wear out: those seen too often or whose answers went round retire, and admins are told with the evidence."""

from __future__ import annotations

from core.leaks import Leak, find_leaks
from core.service import alarms
from core.service.house import Desk
from core.store import alerts, tasks
from core.store import controls as rows
from core.store.jobs import Job

LOOK_EVERY = 50
"""Control answers of a job between two looks for worn and leaked controls."""
LOOK_AT = 4000
"""Newest control answers that a look for leaks compares."""
LOW = 5
"""A job with fewer controls in use is short of them: /gold finds more."""


def look(desk: Desk, job: Job) -> None:
    """Retire controls that were seen too often or whose answers went round; tell when a job is short of them."""
    if not job.controls or not rows.due_for_look(desk.tx, job.id, job.control_answers, LOOK_EVERY):
        return
    limits = desk.house.controls
    leaks = find_leaks(rows.views_of(desk.tx, job.id, LOOK_AT), limits.leak_views, limits.leak_p)
    for leak in leaks:
        rows.retire(desk.tx, leak.task, "leak", desk.now)
        _tell(desk, job, leak)
    worn = rows.worn(desk.tx, job.id, limits.retire_views)
    for task in worn:
        rows.retire(desk.tx, task, "views", desk.now)
        alerts.insert_event(desk.tx, "control.retired", desk.now, job=job.id, task=task, reason="views")
    left = rows.live_controls(desk.tx, job.id)
    if (leaks or worn) and left < LOW:
        alarms.raise_alert(desk, "controls_low", (job.id, None), {"left": left}, key=f"controls_low:{job.id}")


def _tell(desk: Desk, job: Job, leak: Leak) -> None:
    """An alert with the three accuracies that gave the leak away."""
    evidence = {
        "item": tasks.get_task(desk.tx, leak.task).ref,
        "late": leak.late_ok / leak.late_n,
        "late_n": leak.late_n,
        "early": leak.early_ok / leak.early_n,
        "early_n": leak.early_n,
        "fresh": leak.fresh_ok / leak.fresh_n,
        "fresh_n": leak.fresh_n,
        "p": f"{leak.p:.1g}",
    }
    alarms.raise_alert(desk, "leak", (job.id, None), evidence, key=f"leak:{leak.task}")
