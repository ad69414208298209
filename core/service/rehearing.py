"""What admins decide about an appeal against a restriction: lift it or let it stand; and the undo of either."""

from __future__ import annotations

from core.messages import Card
from core.service import bans
from core.service.house import Desk
from core.store import people
from core.store.alerts import Alert
from core.store.people import Person

KIND = "objection"
LEVERS = ("lift", "uphold")


def decide(desk: Desk, admin: Person, alert: Alert, choice: str) -> None:
    """Lift the restriction, or tell the worker that it stands; Refused for one that was lifted elsewhere."""
    number = int(alert.evidence["ban"])
    if choice == "lift":
        bans.lift(desk, number, admin.id)
        return
    person = people.get_person(desk.tx, bans.standing_ban(desk, number).person)
    lang = desk.house.texts.best(person.lang)
    desk.notify(person, Card(text=desk.say(lang, "objection.upheld", contact=desk.house.contact or "-")))


def undo(desk: Desk, admin: Person, alert: Alert) -> None:
    """A restriction that was lifted stands again as it was; one that stands goes on standing."""
    if alert.action == "lift":
        bans.restore(desk, int(alert.evidence["ban"]), admin.id)
