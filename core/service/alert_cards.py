"""How an alert looks in an admin chat: what was found, a small chart, how often, its levers, and what was done."""

from __future__ import annotations

from core.messages import Button, Card
from core.service import levers
from core.service.house import Desk
from core.store import alerts, people
from core.store.alerts import Alert
from core.store.cards import CardRow
from core.texts import moment

LOG_LINES = 5
"""The newest lines of an alert's log that its card shows."""


def alert_card(desk: Desk, row: CardRow, alert: Alert) -> Card:
    """An alert with its evidence and its levers, or with what was decided and Undo."""
    who, other = _name(desk, alert.person), _name(desk, alert.other)
    values = {key: _figure(value) for key, value in alert.evidence.items()}
    parts = [desk.say("en", f"alert.{alert.kind}", **{"who": who, "other": other, "job": alert.job or "-", **values})]
    parts.append(alert.chart)
    if alert.times > 1 or alert.last_at > alert.at:
        parts.append(desk.say("en", "alert.folded", n=alert.times, at=moment(alert.last_at)))
    if alert.state != "open":
        parts.append(desk.say("en", f"alert.did.{alert.action}", who=_name(desk, alert.target), job=alert.job or "-"))
    parts.append(_log(desk, alert))
    closed = alert.state != "open"
    title = desk.say("en", "alert.title.closed" if closed else "alert.title")
    return Card(title=title, text="\n\n".join(part for part in parts if part), rows=_rows(desk, row, alert))


def _rows(desk: Desk, row: CardRow, alert: Alert) -> tuple[tuple[Button, ...], ...]:
    if alert.state != "open":
        return (desk.buttons(row, ("undo", desk.say("en", "button.undo"))),)
    return tuple(
        desk.buttons(row, *((choice, _caption(desk, alert, choice)) for choice in choices))
        for choices in levers.offered(alert)
    )


def _caption(desk: Desk, alert: Alert, choice: str) -> str:
    """A lever's text; where there are two workers it says which."""
    action = choice.removesuffix(levers.SECOND)
    if alert.other is None or action not in levers.RESTRICTIONS:
        return desk.say("en", f"button.{action}")
    target = alert.other if choice != action else alert.person
    return desk.say("en", f"button.{action}.whom", who=_name(desk, target))


def _name(desk: Desk, person: int | None) -> str:
    return str(people.get_person(desk.tx, person).handle) if person else ""  # 0 is the house


def _log(desk: Desk, alert: Alert) -> str:
    """Who did what when, line by line."""
    lines = [
        desk.say(
            "en",
            f"alert.log.{act.action}",
            at=moment(act.at),
            actor=_name(desk, act.actor),
            who=_name(desk, act.target),
            job=alert.job or "-",
        )
        for act in alerts.acts_of(desk.tx, alert.id, LOG_LINES)
    ]
    return "\n".join(lines)


def _figure(value: object) -> object:
    return f"{value:.2f}" if isinstance(value, float) else value
