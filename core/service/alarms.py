"""Alerts to admins: what raises them, how they look in the admin chats, and what a press on their levers does."""

from __future__ import annotations

from typing import Any

from core import quality
from core.errors import Refused
from core.messages import Card, Priority
from core.model import Handle
from core.service import views, work
from core.service.house import Desk
from core.store import alerts, people
from core.store import cards as card_rows
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.tasks import Task
from core.texts import moment

DAY_MS = 86_400_000
REPORTS_TO_ALERT = 2


def look_at_worker(desk: Desk, person: Person, job: Job, control: int) -> None:
    """After an answer: raise what the quality rules find about this worker, once per worker, job and rule."""
    standing = people.get_standing(desk.tx, person.id, job.id)
    if standing is None:
        return
    for finding in quality.findings(standing, desk.house.rules):
        if finding.kind != "control" or control:
            raise_alert(desk, finding.kind, (job.id, person.id), finding.evidence)


def item_reported(desk: Desk, job: Job, task: Task, reports: int) -> None:
    """Workers say that an item is broken."""
    if reports >= REPORTS_TO_ALERT:
        raise_alert(desk, "reported", (job.id, None), {"item": task.ref, "n": reports}, key=f"reported:{task.id}")


def raise_alert(
    desk: Desk, kind: str, about: tuple[int | None, int | None], evidence: dict[str, Any], key: str = ""
) -> bool:
    """Open an alert about (job, person) and post it to every admin chat; a repeated one is counted: False."""
    name = key or ":".join(str(part) for part in (kind, *about) if part is not None)
    alert = alerts.raise_alert(desk.tx, name, kind, about, evidence, desk.now)
    if alert is None:
        return False
    alerts.insert_event(desk.tx, f"alert.{kind}", desk.now, job=about[0], person=about[1], **evidence)
    person = people.get_person(desk.tx, about[1]) if about[1] is not None else None
    for place in desk.house.admin_places:
        row = desk.new_card("alert", alert.id, None, place)
        desk.send(place, views.alert_card(desk, row, alert, person), row, Priority.NOTICE)
    return True


def act(desk: Desk, admin: Person, row: CardRow, message: str, choice: str) -> None:
    """An admin pressed a lever under an alert: day, ban, ignore, or undo of the last decision."""
    if Handle(admin.platform, admin.user) not in desk.house.admins:
        raise Refused("admin.only")
    alert = alerts.get_alert(desk.tx, row.ref)
    if choice == "undo":
        _undo(desk, admin, alert)
    elif alert.state != "open":
        raise Refused("alert.closed")
    else:
        _decide(desk, admin, alert, choice)
    redraw(desk, row.ref, row, message)
    desk.toast(desk.say("en", "alert.logged"))


def _decide(desk: Desk, admin: Person, alert: alerts.Alert, choice: str) -> None:
    ban = None
    if choice not in views.ALERT_ACTIONS or (choice != "ignore" and alert.person is None):
        raise Refused("press.forged")
    if choice != "ignore" and alert.person is not None:
        until = desk.now + DAY_MS if choice == "day" else None
        ban = restrict(desk, people.get_person(desk.tx, alert.person), until, alert.kind, admin.id)
    alerts.close_alert(desk.tx, alert.id, choice, ban, admin.id, desk.now)
    alerts.insert_event(
        desk.tx, f"admin.{choice}", desk.now, actor=admin.id, job=alert.job, person=alert.person, alert=alert.id
    )


def _undo(desk: Desk, admin: Person, alert: alerts.Alert) -> None:
    if alert.state == "open":
        raise Refused("alert.open")
    if alert.restriction is not None and alert.person is not None:
        people.lift_restriction(desk.tx, alert.restriction, desk.now)
        person = people.get_person(desk.tx, alert.person)
        desk.notify(person, Card(text=desk.say(desk.house.texts.best(person.lang), "restricted.lifted")))
    alerts.reopen_alert(desk.tx, alert.id)
    alerts.insert_event(
        desk.tx, "admin.undo", desk.now, actor=admin.id, job=alert.job, person=alert.person, alert=alert.id
    )


def restrict(desk: Desk, person: Person, until: int | None, kind: str, actor: int) -> int:
    """Ban a worker: their live task goes back, and they are told why, until when, and whom to write to."""
    lang = desk.house.texts.best(person.lang)
    reason = desk.say(lang, f"reason.{kind}")
    ban = people.insert_restriction(desk.tx, person.id, until, reason, actor, desk.now)
    work.put_back(desk, person)
    key = "restricted" if until is not None else "restricted.good"
    until_text = moment(until) if until is not None else "-"
    text = desk.say(lang, key, reason=reason, until=until_text, contact=desk.house.contact or "-")
    desk.notify(person, Card(text=text))
    return ban


def redraw(desk: Desk, number: int, pressed: CardRow | None = None, message: str | None = None) -> None:
    """Show an alert's new state in every admin chat that has it."""
    alert = alerts.get_alert(desk.tx, number)
    person = people.get_person(desk.tx, alert.person) if alert.person is not None else None
    for row in card_rows.cards_about(desk.tx, "alert", number):
        here = message if pressed is not None and row.id == pressed.id else None
        desk.edit(row, views.alert_card(desk, row, alert, person), here)
