"""Batch runs before people: /runs, /cancelrun, and a progress message for admins about the ones that take long."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card, Priority, Reply, Said
from core.model import Handle
from core.service import requests
from core.service.house import Desk, House
from core.store import alerts, batches, jobs
from core.store import cards as card_rows
from core.store.batches import BatchRun
from core.store.cards import CardRow
from core.store.people import Person
from core.store.tx import Tx

SHOWN = 10
"""Runs that /runs lists."""
ERROR = 80
"""Characters of an error that a line shows."""
UNDER_WAY = ("queued", "running")
CARD = "run"


def show(desk: Desk, person: Person, command: Said) -> None:
    """/runs: the newest batch runs of this channel's jobs; in an admin chat, of all."""
    everywhere = command.place in desk.house.admin_places
    found = batches.newest(desk.tx, SHOWN, None if everywhere else command.place)
    if not found:
        raise Refused("runs.none")
    lines = [desk.say("en", "runs.line", **_told(desk, run), error=_error(run) if everywhere else "") for run in found]
    card = Card(title=desk.say("en", "runs.title"), text="\n".join(lines))
    desk.send(command.place, card, priority=Priority.NOTICE)


def _told(desk: Desk, run: BatchRun) -> dict[str, object]:
    state = desk.say("en", f"runs.state.{run.state}")
    return {"run": run.id, "kind": run.kind, "job": run.job, "state": state}


def _error(run: BatchRun) -> str:
    return f" · {run.error[:ERROR]}" if run.error else ""


def ask_cancel(desk: Desk, person: Person, command: Said) -> None:
    """/cancelrun 12: end a run that is queued or under way."""
    match = requests.NUMBER.match(command.args)
    if match is None:
        raise Refused("runs.usage")
    desk.send(command.place, Card(text=cancel(desk, person, int(match[1]))), priority=Priority.NOTICE)


def cancel(desk: Desk, person: Person, number: int) -> str:
    """The same by a press; what was done. The worker on the queue ends its subprocess within a second or so."""
    run = batches.find_by_id(desk.tx, number)
    if run is None:
        raise Refused("runs.unknown", run=number)
    job = jobs.find_job(desk.tx, run.job)
    if job is not None:
        requests.must_own(desk, person, job)
    elif Handle(person.platform, person.user) not in desk.house.admins:
        raise Refused("admin.only")
    if run.state not in UNDER_WAY:
        raise Refused("runs.over", run=run.id, state=desk.say("en", f"runs.state.{run.state}"))
    batches.finish_run(desk.tx, run.id, "", f"cancelled by {person.handle}", desk.now)
    alerts.insert_event(desk.tx, "run.cancelled", desk.now, actor=person.id, job=run.job, run=run.id)
    return desk.say("en", "runs.cancelled", **_told(desk, run))


def press(desk: Desk, person: Person, row: CardRow, message: str) -> None:
    """Cancel, on a run's progress message."""
    desk.toast(cancel(desk, person, row.ref))
    run = batches.get_run(desk.tx, row.ref)
    desk.edit(row, Card(text=desk.say("en", "runs.cancelled", **_told(desk, run))), message)


def show_progress(tx: Tx, number: int, seconds: int, step: tuple[int, int], now: int, house: House) -> Reply:
    """Where a long run stands, in the admin chats: one message each, edited in place; `step` is (done, of all)."""
    desk, run = Desk(tx, house, now), batches.get_run(tx, number)
    done, total = step
    at = desk.say("en", "runs.step", step=done, total=total) if total else ""
    text = desk.say("en", "runs.progress", **_told(desk, run), seconds=seconds, step=at).strip()
    shown = {row.place: row for row in card_rows.cards_about(tx, CARD, number)}
    for place in house.admin_places:
        row = shown.get(place) or desk.new_card(CARD, number, None, place)
        over = run.state not in UNDER_WAY
        stop = () if over else (desk.buttons(row, ("stop", desk.say("en", "runs.button.stop"))),)
        card = Card(text=text, rows=stop)
        if place in shown:
            desk.edit(row, card)
        else:
            desk.send(place, card, row, Priority.NOTICE)
    return desk.reply
