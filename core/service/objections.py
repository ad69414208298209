"""A worker objects to a restriction by a press under its notice: admins see the evidence and decide with a tap."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card, Priority
from core.rules.words import figures
from core.service import alarms
from core.service.house import Desk
from core.service.rehearing import KIND
from core.store import bans, firings, people
from core.store.bans import Ban
from core.store.cards import CardRow
from core.store.people import Person
from core.texts import moment


def press(desk: Desk, person: Person, row: CardRow) -> None:
    """The Appeal button under a restriction: once, and only while it is in force."""
    ban = bans.get_ban(desk.tx, row.ref)
    if not ban.holds(desk.now):
        raise Refused("objection.over")
    if not alarms.raise_alert(desk, KIND, (ban.job, person.id), _evidence(desk, ban), key=f"{KIND}:{ban.id}"):
        raise Refused("objection.again")
    lang = desk.house.texts.best(person.lang)
    desk.toast(desk.say(lang, "objection.sent.toast"))
    desk.send(person.home, Card(text=desk.say(lang, "objection.sent")), priority=Priority.NOTICE)


def _evidence(desk: Desk, ban: Ban) -> dict[str, object]:
    """Who restricted, when, for how long and why; the figures when it was a rule."""
    fired = firings.firing_behind(desk.tx, ban.person, ban.id)
    actor = bans.actor_of(desk.tx, ban.id)
    by = f"the rule “{fired.rule}”" if fired else "the house"
    if actor:
        by = str(people.get_person(desk.tx, actor).handle)
    return {
        "ban": ban.id,
        "at": moment(ban.at),
        "scope": ban.scope,
        "until": moment(ban.until) if ban.until is not None else "-",
        "reason": ban.reason,
        "by": by,
        "figures": figures(fired.evidence) if fired else "",
    }
