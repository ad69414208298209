"""/call: a worker switches invitations on or off, and says when not to be called; nobody is called who did not ask."""

from __future__ import annotations

from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import Refused
from core.hours import Quiet, parse_quiet
from core.messages import Card, Said
from core.service.house import Desk
from core.store import alerts, invitations
from core.store.people import Person


def show(desk: Desk, person: Person) -> None:
    """/call alone: whether calls are on, and how to change that."""
    found = invitations.quiet_of(desk.tx, person.id)
    key = "call.off" if found is None else "call.on"
    _tell(desk, person, key, per_day=desk.house.invitations.per_day, quiet=quiet_words(desk, person))


def switch(desk: Desk, person: Person, command: Said) -> None:
    """/call on, /call off, /call quiet 22:00-07:00 Europe/Berlin."""
    if not command.private:
        raise Refused("private.only")
    word, _, rest = command.args.strip().partition(" ")
    match word.lower():
        case "":
            show(desk, person)
        case "on":
            _on(desk, person)
        case "off":
            off(desk, person)
            _tell(desk, person, "call.off")
        case "quiet":
            _quiet(desk, person, rest)
        case _:
            raise Refused("call.usage")


def _on(desk: Desk, person: Person) -> None:
    if person.agreed != desk.house.agreement_version:
        raise Refused("consent.needed")
    invitations.opt_in(desk.tx, person.id, desk.now)
    alerts.insert_event(desk.tx, "call.on", desk.now, actor=person.id, person=person.id)
    show(desk, person)


def off(desk: Desk, person: Person) -> None:
    """They are called no more."""
    invitations.opt_out(desk.tx, person.id)
    alerts.insert_event(desk.tx, "call.off", desk.now, actor=person.id, person=person.id)


def _quiet(desk: Desk, person: Person, text: str) -> None:
    hours, _, name = text.strip().partition(" ")
    if invitations.quiet_of(desk.tx, person.id) is None:
        raise Refused("call.usage")
    try:
        known = parse_quiet(hours, zone_of(name.strip() or "UTC"))
    except ValueError:
        raise Refused("call.usage") from None
    if known is None:
        raise Refused("call.usage")
    invitations.set_quiet(desk.tx, person.id, hours, name.strip() or "UTC")
    show(desk, person)


def zone_of(name: str) -> tzinfo:
    """The time zone of that name; ValueError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone") from error


def quiet_hours(desk: Desk, person: int) -> Quiet | None:
    """When this person is not to be called: their own hours, else the house's."""
    found = invitations.quiet_of(desk.tx, person)
    if found is None or not found[0]:
        return desk.house.invitations.quiet
    return parse_quiet(found[0], zone_of(found[1]))


def quiet_words(desk: Desk, person: Person) -> str:
    """Those hours as people read them."""
    hours = quiet_hours(desk, person.id)
    if hours is None:
        return "-"
    ends = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in (hours.start, hours.end)]
    return f"{ends[0]}-{ends[1]} {hours.zone}"


def _tell(desk: Desk, person: Person, key: str, **values: object) -> None:
    lang = desk.house.texts.best(person.lang)
    desk.send(person.home, Card(title=desk.say(lang, "call.title"), text=desk.say(lang, key, **values)))
