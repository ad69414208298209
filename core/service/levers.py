"""What an admin can do about an alert, and how each act is taken back exactly; each is logged with who and when."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card, Priority
from core.model import JobState
from core.rules.registry import COLLECTORS
from core.service import bans, rehearing
from core.service.house import Desk
from core.store import alerts, jobs, people
from core.store.alerts import Act, Alert
from core.store.people import Person

DAY_MS = 86_400_000
RESTRICTIONS = ("job", "day", "ban")
"""Restrict in the alert's job, in all jobs for a day, in all jobs for good; with a 2 behind it: the second worker."""
SECOND = "2"
JOB_LEVERS = {"burst": ("pause",)}
"""What else can be done about an alert that concerns a job, by its kind."""


def offered(alert: Alert) -> tuple[tuple[str, ...], ...]:
    """The levers under an open alert, row by row: one row for each worker, and what is left."""
    if alert.kind == rehearing.KIND:
        return (rehearing.LEVERS,)
    kinds = RESTRICTIONS if alert.job is not None else RESTRICTIONS[1:]
    rows: list[tuple[str, ...]] = [kinds] if alert.person is not None else []
    if alert.other is not None:
        rows.append(tuple(kind + SECOND for kind in kinds))
    last = (*JOB_LEVERS.get(alert.kind, ()), "ignore")
    if len(rows) == 1:
        return ((*rows[0], *last),)
    return (*rows, last)


def decide(desk: Desk, admin: Person, alert: Alert, choice: str) -> None:
    """Do it, once; Refused for what this alert does not offer."""
    if not any(choice in row for row in offered(alert)):
        raise Refused("press.forged")
    action = choice.removesuffix(SECOND)
    target = alert.other if choice.endswith(SECOND) else alert.person
    ban = None
    if action in RESTRICTIONS and target is not None:
        until = desk.now + DAY_MS if action == "day" else None
        person = people.get_person(desk.tx, target)
        ban = restrict(desk, person, until, alert, admin.id, job=alert.job if action == "job" else None)
    elif action in rehearing.LEVERS:
        rehearing.decide(desk, admin, alert, action)
    elif action == "pause" and alert.job is not None:
        _switch(desk, alert.job, JobState.OPEN, JobState.PAUSED)
    alerts.close_alert(desk.tx, alert.id, action, ban, admin.id, desk.now, target)
    _log(desk, admin, alert, action, target)


def undo(desk: Desk, admin: Person, alert: Alert) -> None:
    """Take the decision in force back; Refused when there is none, or when it was lifted elsewhere."""
    if alert.state == "open":
        raise Refused("alert.open")
    if alert.restriction is not None:
        bans.lift(desk, alert.restriction, admin.id)
    if alert.kind == rehearing.KIND:
        rehearing.undo(desk, admin, alert)
    if alert.action == "pause" and alert.job is not None:
        _switch(desk, alert.job, JobState.PAUSED, JobState.OPEN)
    alerts.reopen_alert(desk.tx, alert.id)
    _log(desk, admin, alert, "undo", alert.target)


def restrict(desk: Desk, person: Person, until: int | None, alert: Alert, actor: int, *, job: int | None = None) -> int:
    """Ban a worker from a job or from all: they are told why, until when, and whom to write to; the ban's id.

    Under a rule's alert it is the rule's collector that says why, and whether the answers are bad.
    """
    collector = COLLECTORS.get(alert.evidence.get("collector", ""))
    kind = collector.reason if collector else alert.kind
    return bans.impose(
        desk,
        person,
        scope="all" if job is None else "pool",
        job=job,
        until=until,
        reason=desk.say(desk.house.texts.best(person.lang), f"reason.{kind}"),
        actor=actor,
        kind=kind,
        set_aside=collector.bad_work if collector else None,
    )


def _switch(desk: Desk, number: int, old: JobState, new: JobState) -> None:
    """Pause the job or let it go on, and say so in its channel."""
    job = jobs.get_job(desk.tx, number)
    if job.state != old:
        raise Refused("job.wrong_state", job=job.id, state=desk.say("en", f"state.{job.state}"))
    jobs.set_job_state(desk.tx, job.id, new)
    desk.send(job.place, Card(text=desk.say("en", f"job.{new}", job=job.id)), priority=Priority.NOTICE)


def _log(desk: Desk, admin: Person, alert: Alert, action: str, target: int | None) -> None:
    alerts.log_act(desk.tx, alert.id, Act(desk.now, admin.id, action, target))
    person = target if target is not None else alert.person
    alerts.insert_event(
        desk.tx, f"admin.{action}", desk.now, actor=admin.id, job=alert.job, person=person, alert=alert.id
    )
