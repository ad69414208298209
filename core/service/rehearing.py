"""What admins decide about an appeal against a restriction: lift it or let it stand; and the undo of either."""

from __future__ import annotations

from core.messages import Card
from core.service import bans
from core.service.house import Desk
from core.store import bans as ban_rows
from core.store import jobs, people
from core.store.alerts import Alert
from core.store.people import Person

KIND = "objection"
LEVERS = ("lift", "uphold")


def decide(desk: Desk, admin: Person, alert: Alert, choice: str) -> None:
    """Lift the restriction, or tell the worker that it stands."""
    number = int(alert.evidence["ban"])
    if choice == "lift":
        bans.lift(desk, number, admin.id)
        return
    person = people.get_person(desk.tx, ban_rows.get_ban(desk.tx, number).person)
    lang = desk.house.texts.best(person.lang)
    desk.notify(person, Card(text=desk.say(lang, "objection.upheld", contact=desk.house.contact or "-")))


def undo(desk: Desk, admin: Person, alert: Alert) -> None:
    """A restriction that was lifted is imposed again as it was; one that stands goes on standing."""
    if alert.action != "lift":
        return
    ban = ban_rows.get_ban(desk.tx, int(alert.evidence["ban"]))
    bans.impose(
        desk,
        people.get_person(desk.tx, ban.person),
        scope=ban.scope,
        job=ban.job if ban.requester is None else _job_of(desk, ban.person, ban.requester),
        until=ban.until,
        reason=ban.reason,
        actor=admin.id,
        kind=ban.kind,
        set_aside=bool(ban.sets_aside),
    )


def _job_of(desk: Desk, person: int, requester: int) -> int:
    """One of the requester's jobs that this person worked in: a ban names its requester by a job."""
    worked = (standing.job for standing in people.standings_of(desk.tx, person))
    return next(job for job in worked if jobs.get_job(desk.tx, job).requester == requester)
