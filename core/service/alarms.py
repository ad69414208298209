"""Alerts to admins: what raises them, how they look in the admin chats, and what a press on their levers does."""

from __future__ import annotations

from typing import Any

from core.errors import Refused
from core.messages import Card, Priority
from core.model import Handle
from core.service import evidence as evidence_charts
from core.service import levers
from core.service.alert_cards import alert_card
from core.service.house import Desk
from core.store import alerts, bans
from core.store import cards as card_rows
from core.store.alerts import Alert
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.tasks import Task

REPORTS_TO_ALERT = 2
FOLD_MS = 600_000
"""A repeated alert is redrawn at most this often."""
STANDING = frozenset({"stalled", "budget"})
"""Kinds that the clock finds again at every look while they last: seeing them again is no new event."""


def item_reported(desk: Desk, job: Job, task: Task, reports: int) -> None:
    """Workers say that an item is broken."""
    if reports >= REPORTS_TO_ALERT:
        raise_alert(desk, "reported", (job.id, None), {"item": task.ref, "n": reports}, key=f"reported:{task.id}")


def raise_alert(
    desk: Desk,
    kind: str,
    about: tuple[int | None, int | None],
    evidence: dict[str, Any],
    key: str = "",
    *,
    chart: str | None = None,
    other: int | None = None,
) -> bool:
    """Open an alert about (job, person) and post it to every admin chat; a repeated one is folded into it: False.

    It opens again when a worker goes on after its restriction has run out or was lifted on appeal.
    `chart` is drawn from the worker's newest answers when it is not given; `other` is the second worker of a pair.
    In quiet hours only urgent kinds are posted at once; the others follow when the hours end.
    """
    name = key or ":".join(str(part) for part in (kind, *about) if part is not None)
    known = alerts.repeat_alert(desk.tx, name, desk.now, times=int(kind not in STANDING))
    if known is not None and not _is_served(desk, known):
        _fold(desk, known, evidence, chart)
        return False
    alert = known or alerts.raise_alert(desk.tx, name, kind, about, evidence, desk.now)
    assert alert is not None, "there was none with this key"
    if known is not None:
        alerts.reopen_alert(desk.tx, known.id)
    elif other is not None:
        alerts.set_other(desk.tx, alert.id, other)
    drawn = chart if chart is not None else evidence_charts.chart_of(desk, kind, about)
    alerts.set_view(desk.tx, alert.id, evidence, drawn, desk.now)
    alerts.insert_event(desk.tx, f"alert.{kind}", desk.now, job=about[0], person=about[1], **evidence)
    quiet = desk.house.quiet
    if quiet is not None and kind not in desk.house.urgent and quiet.covers(desk.now):
        alerts.hold(desk.tx, alert.id, True)
    else:
        _post(desk, alert.id)
    return True


def _is_served(desk: Desk, alert: Alert) -> bool:
    """Whether the restriction has run out or was lifted and the worker goes on as before: then the alert opens anew."""
    return alert.restriction is not None and not bans.get_ban(desk.tx, alert.restriction).holds(desk.now)


def _post(desk: Desk, number: int) -> None:
    alert = alerts.get_alert(desk.tx, number)
    for place in desk.house.admin_places:
        row = desk.new_card("alert", number, None, place)
        desk.send(place, alert_card(desk, row, alert), row, Priority.NOTICE)


def _fold(desk: Desk, alert: Alert, evidence: dict[str, Any], chart: str | None) -> None:
    """An alert came again: its cards show the newest evidence, redrawn ever more seldom the longer it lasts."""
    pause = max(FOLD_MS, alert.shown_at - alert.at)
    if alert.state != "open" or desk.now - alert.shown_at < pause:
        return
    drawn = chart if chart is not None else evidence_charts.chart_of(desk, alert.kind, (alert.job, alert.person))
    alerts.set_view(desk.tx, alert.id, evidence, drawn, desk.now)
    redraw(desk, alert.id)


def release(desk: Desk) -> None:
    """Post what was held when the quiet hours are over, all together."""
    held = alerts.held_alerts(desk.tx)
    quiet = desk.house.quiet
    if not held or (quiet is not None and quiet.covers(desk.now)):
        return
    for place in desk.house.admin_places:
        desk.send(place, Card(text=desk.say("en", "alert.held", n=len(held))), priority=Priority.NOTICE)
    for alert in held:
        alerts.hold(desk.tx, alert.id, False)
        _post(desk, alert.id)


def act(desk: Desk, admin: Person, row: CardRow, message: str, choice: str) -> None:
    """An admin pressed a lever under an alert, or the undo of the last decision."""
    if Handle(admin.platform, admin.user) not in desk.house.admins:
        raise Refused("admin.only")
    alert = alerts.get_alert(desk.tx, row.ref)
    if choice == "undo":
        levers.undo(desk, admin, alert)
    elif alert.state != "open":
        raise Refused("alert.closed")
    else:
        levers.decide(desk, admin, alert, choice)
    redraw(desk, row.ref, row, message)
    desk.toast(desk.say("en", "alert.logged"))


def redraw(desk: Desk, number: int, pressed: CardRow | None = None, message: str | None = None) -> None:
    """Show an alert's new state in every admin chat that has it."""
    alert = alerts.get_alert(desk.tx, number)
    for row in card_rows.cards_about(desk.tx, "alert", number):
        here = message if pressed is not None and row.id == pressed.id else None
        desk.edit(row, alert_card(desk, row, alert), here)
