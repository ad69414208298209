"""Cards of the review queue and of a rejection: what a reviewer sees of an answer, and what its maker is told."""

from __future__ import annotations

from core.messages import Card
from core.model import CANT_TELL, TEXT
from core.review import REASONS, AcceptanceState
from core.service import chain, making, views
from core.service.house import Desk
from core.store import people, reviews, texts
from core.store.assignments import Assignment
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.reviews import Review
from core.store.tasks import Task
from core.texts import moment

SHORT = 60
"""Characters of an item in a receipt."""


def said(desk: Desk, lang: str, job: Job, label: int | None) -> str:
    """An answer in words."""
    if label is None or label == CANT_TELL:
        return desk.say(lang, "said.cant")
    return job.spec.options[label].text


def given(desk: Desk, lang: str, job: Job, lease: Assignment) -> str:
    """What a worker answered, in words: the option, or the text that they typed."""
    return making.words(desk, job, lease.label, lease.answer) or said(desk, lang, job, lease.label)


def panel(desk: Desk, lang: str, job: Job, held: Review) -> str:
    """How many others said what, without names: on the task, or on the text when others checked it."""
    if job.spec.kind == TEXT:
        names = {number: option.text for number, option in enumerate(chain.CHECK_OPTIONS)}
        votes = texts.check_votes(desk.tx, held.id)
        return ", ".join(f"{names.get(label) or said(desk, lang, job, None)} {n}" for label, n in votes)
    votes = reviews.panel_votes(desk.tx, held.task, held.person)
    return ", ".join(f"{said(desk, lang, job, label)} {n}" for label, n in votes)


def short(task: Task) -> str:
    """An item in one line."""
    item = " ".join(views.item_text(task.columns).split())
    return item if len(item) <= SHORT else item[: SHORT - 1] + "…"


def review_card(desk: Desk, row: CardRow, lang: str, about: tuple[Job, Task, Review, str]) -> Card:
    """An answer to judge: never who else judged it, and who gave it only where the job says so."""
    job, task, held, answer = about
    lines = [desk.say(lang, "review.answer", said=answer)]
    if job.spec.review and not job.spec.review.blind:
        lines.append(desk.say(lang, "review.who", who=people.get_person(desk.tx, held.person).handle))
    if held.state == AcceptanceState.APPEALED:
        lines.append(desk.say(lang, "review.argument", text=held.argument or "-"))
    fixable = held.stage == 1 and task.gold is None and job.spec.kind != TEXT
    verbs = ("accept", "reject", "fix", "skip") if fixable else ("accept", "reject", "skip")
    buttons = desk.buttons(row, *((verb, desk.say(lang, f"review.button.{verb}")) for verb in verbs))
    key = "review.title.appeal" if held.state == AcceptanceState.APPEALED else "review.title"
    return Card(
        title=desk.say(lang, key, job=job.title),
        text="\n".join(lines),
        quote=views.item_text(task.columns),
        question=job.spec.question,
        rows=(buttons[:2], buttons[2:]),
    )


def reasons_card(desk: Desk, row: CardRow, lang: str, card: Card) -> Card:
    """The same card, asking why the answer is rejected."""
    pairs = [(f"r{number}", desk.say(lang, f"review.reason.{name}")) for number, name in enumerate(REASONS)]
    back = (("back", desk.say(lang, "review.button.back")),)
    rows = tuple(desk.buttons(row, pair) for pair in pairs)
    question = desk.say(lang, "review.ask.reason")
    return Card(card.text, card.title, card.quote, question, (*rows, desk.buttons(row, *back)))


def fix_card(desk: Desk, row: CardRow, lang: str, job: Job, card: Card) -> Card:
    """The same card, asking for the right answer."""
    options = views.option_rows(job.spec.options, lambda choice, text: desk.button(row, choice, text))
    back = desk.buttons(row, ("back", desk.say(lang, "review.button.back")))
    return Card(card.text, card.title, card.quote, desk.say(lang, "review.ask.fix"), (*options, back))


def label_card(desk: Desk, row: CardRow, lang: str, job: Job, task: Task) -> Card:
    """A label in doubt: the item and the options; what the answers point to only where review is not blind."""
    lines = [desk.say(lang, "review.doubt")]
    if job.spec.review and not job.spec.review.blind and task.label is not None:
        share = f"{task.confidence / 1_000_000:.0%}"
        lines.append(desk.say(lang, "review.points", said=said(desk, lang, job, task.label), share=share))
    options = views.option_rows(job.spec.options, lambda choice, text: desk.button(row, choice, text))
    skip = desk.buttons(row, ("skip", desk.say(lang, "review.button.skip")))
    return Card(
        title=desk.say(lang, "review.title.label", job=job.title),
        text="\n".join(lines),
        quote=views.item_text(task.columns),
        question=job.spec.question,
        rows=(*options, skip),
    )


def done_card(desk: Desk, row: CardRow, lang: str, what: str, task: Task) -> Card:
    """The pressed card afterwards: what was decided, and Undo."""
    undo = desk.buttons(row, ("undo", desk.say(lang, "button.undo")))
    return Card(text=desk.say(lang, "receipt", said=what, item=short(task)), rows=(undo,))


def rejection_card(desk: Desk, row: CardRow, lang: str, about: tuple[Job, Task, Review, Assignment]) -> Card:
    """What the maker of a rejected answer sees: item, answer, reason, what others said, how to avoid it, and Appeal."""
    job, task, held, lease = about
    why = (
        held.note if held.reason == "other" and held.note else desk.say(lang, f"review.reason.{held.reason or 'wrong'}")
    )
    lines = [
        desk.say(lang, "review.yours", said=given(desk, lang, job, lease)),
        desk.say(lang, "review.why", why=why),
    ]
    if held.fix is not None:
        lines.append(desk.say(lang, "review.right", said=said(desk, lang, job, held.fix)))
    counts = panel(desk, lang, job, held) if not lease.control else ""
    if counts:
        lines.append(desk.say(lang, "review.panel", counts=counts))
    lines.append(desk.say(lang, f"review.avoid.{held.reason or 'wrong'}"))
    lines.append(desk.say(lang, "review.appeal.until", until=moment(held.due_at)))
    return Card(
        title=desk.say(lang, "review.rejected.title", job=job.title),
        text="\n".join(lines),
        quote=views.item_text(task.columns),
        rows=(desk.buttons(row, ("appeal", desk.say(lang, "review.button.appeal"))),),
    )
