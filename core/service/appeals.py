"""The maker's side of a rejection: what they are told, the one appeal they have, and how it ended."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card
from core.review import AcceptanceState
from core.service import review_views
from core.service.house import Desk
from core.store import assignments, jobs, people, prompts, reviews, tasks
from core.store import cards as card_rows
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.reviews import Review
from core.texts import money

TYPE_MS = 600_000
"""How long a typed argument or reason is waited for."""
LONGEST = 500
"""Characters of a typed argument or reason that are kept."""
KIND, KIND_ALL = "rejection", "rejections"


def _lang(desk: Desk, person: Person) -> str:
    return desk.house.texts.best(person.lang)


def tell_rejection(desk: Desk, job: Job, review: int) -> None:
    """Show the maker what was rejected, why, what others answered, and the Appeal button."""
    held = reviews.get_review(desk.tx, review)
    assert held is not None, "a rejected answer is under review"
    person = people.get_person(desk.tx, held.person)
    lease = assignments.get_assignment(desk.tx, held.assignment)
    if lease is None or person.state == "gone":
        return
    row = desk.new_card(KIND, held.id, person.id, person.home)
    task = tasks.get_task(desk.tx, held.task)
    desk.send(person.home, review_views.rejection_card(desk, row, _lang(desk, person), (job, task, held, lease)), row)


def tell_all(desk: Desk, person: Person, job: Job, count: int, reason: str) -> None:
    """Tell a worker that many answers were rejected at once; one button appeals them all."""
    if person.state == "gone":
        return
    lang = _lang(desk, person)
    row = desk.new_card(KIND_ALL, job.id, person.id, person.home)
    buttons = desk.buttons(row, ("appeal", desk.say(lang, "review.button.appeal")))
    text = desk.say(lang, "review.rejected.all", n=count, why=reason)
    title = desk.say(lang, "review.rejected.title", job=job.title)
    desk.send(person.home, Card(title=title, text=text, rows=(buttons,)), row)


def tell_outcome(desk: Desk, job: Job, held: Review, *, paid: bool) -> None:
    """Tell the maker how their appeal ended."""
    person = people.get_person(desk.tx, held.person)
    lang, task = _lang(desk, person), tasks.get_task(desk.tx, held.task)
    key = "review.overturned" if paid else "review.upheld"
    pay = money(job.pay, job.asset)
    desk.notify(person, Card(text=desk.say(lang, key, item=review_views.short(task), pay=pay)))
    if paid:
        close_card(desk, held, AcceptanceState.OVERTURNED)


def close_card(desk: Desk, held: Review, state: str) -> None:
    """Nothing more can be done about this rejection: its card loses its button."""
    row = card_rows.card_about(desk.tx, KIND, held.id)
    if row is None:
        return
    person = people.get_person(desk.tx, held.person)
    if person.state != "gone":
        item = review_views.short(tasks.get_task(desk.tx, held.task))
        desk.edit(row, Card(text=desk.say(_lang(desk, person), f"review.closed.{state}", item=item)))


def appealed(desk: Desk, person: Person, row: CardRow, message: str | None, count: int) -> None:
    """The appeal is lodged: say so, and wait for an argument."""
    lang = _lang(desk, person)
    prompts.ask(desk.tx, person.id, row.kind, row.id, desk.now + TYPE_MS)
    desk.toast(desk.say(lang, "review.appealed.toast"))
    desk.edit(row, Card(text=desk.say(lang, "review.appealed", n=count)), message)


def argue(desk: Desk, person: Person, card: int, text: str) -> None:
    """What the maker types after an appeal goes before those who judge it."""
    row = card_rows.get_card(desk.tx, card)
    words = text.strip()[:LONGEST]
    for held in appeals_on(desk, person, row):
        reviews.set_argument(desk.tx, held.id, words)
    desk.send(person.home, Card(text=desk.say(_lang(desk, person), "review.argued")))


def appeals_on(desk: Desk, person: Person, row: CardRow) -> list[Review]:
    """The open appeals that a card is about."""
    if row.kind == KIND_ALL:
        return reviews.held_of(desk.tx, person.id, row.ref, AcceptanceState.APPEALED)
    held = reviews.get_review(desk.tx, row.ref)
    return [held] if held is not None and held.state == AcceptanceState.APPEALED else []


def rejections_on(desk: Desk, person: Person, row: CardRow) -> tuple[Job, list[Review]]:
    """The rejected answers that a card is about, and their job."""
    if row.kind == KIND_ALL:
        found = reviews.held_of(desk.tx, person.id, row.ref, AcceptanceState.REJECTED)
        return jobs.get_job(desk.tx, row.ref), found
    held = reviews.get_review(desk.tx, row.ref)
    if held is None:
        raise Refused("review.gone")
    return jobs.get_job(desk.tx, held.job), [held]
