"""Typed answers: what a worker types becomes a draft, Send makes it the answer, and it is shown as such."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card
from core.model import CANT_TELL, TEXT, AssignmentState
from core.service.house import Desk
from core.store import assignments, jobs, texts
from core.store.assignments import Answer, Assignment
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person

KIND = "draft"
LONGEST = 3000
"""Characters of a typed answer; Telegram sends at most 4096 in a message, the rest is the card's own words."""
MADE = 0
"""The label of an answer that is a text: the store's labels are whole numbers, the text stands beside."""


def typed(desk: Desk, person: Person, text: str) -> bool:
    """Take what was typed as the draft of the live task's answer; False when that task wants no text."""
    lease = assignments.live_assignment(desk.tx, person.id)
    if lease is None or jobs.get_job(desk.tx, lease.job).spec.kind != TEXT:
        return False
    if len(text) > LONGEST:
        raise Refused("text.long", n=len(text), most=LONGEST)
    texts.put_draft(desk.tx, lease.id, text, desk.now)
    lang = desk.house.texts.best(person.lang)
    row = desk.new_card(KIND, lease.id, person.id, person.home)
    send = desk.buttons(row, ("send", desk.say(lang, "button.send")))
    desk.send(person.home, Card(quote=text, question=desk.say(lang, "text.confirm"), rows=(send,)), row)
    return True


def sent(desk: Desk, person: Person, row: CardRow, message: str) -> Assignment:
    """Send was pressed: the task whose draft is to be its answer. Refused when it is not in hand any more."""
    lease = assignments.get_assignment(desk.tx, row.ref)
    if lease is None or lease.state != AssignmentState.ACTIVE:
        raise Refused("task.gone" if lease is None else "task.already")
    text = texts.draft_of(desk.tx, lease.id)
    if text is None:
        raise Refused("press.old")
    desk.edit(row, Card(text=desk.say(desk.house.texts.best(person.lang), "text.sent"), quote=text), message)
    return lease


def keep(desk: Desk, job: Job, answer: Answer) -> None:
    """The text of an answer is kept with it; Refused when nothing was typed."""
    if job.spec.kind != TEXT or answer.kind != "answer" or answer.label == CANT_TELL:
        return
    if answer.label != MADE or not texts.keep(desk.tx, answer.id, answer.assignment, answer.task):
        raise Refused("press.forged")


def words(desk: Desk, job: Job, label: int | None, answer: int | None) -> str:
    """The text of an answer; empty when it is no text."""
    if job.spec.kind != TEXT or label in (None, CANT_TELL) or answer is None:
        return ""
    return texts.text_of(desk.tx, answer)
