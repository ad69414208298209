"""How training and exam look: what is announced, each question, the lesson after it, and the result."""

from __future__ import annotations

from core.errors import Refused
from core.exams import Attempt, Chance, Course, length_of
from core.messages import Card
from core.model import Exam, JobSpec, Training
from core.service import views
from core.service.controls import told
from core.service.house import Desk
from core.store import cards as card_rows
from core.store import controls, tasks
from core.store.cards import CardRow
from core.store.exams import Question
from core.store.jobs import Job
from core.store.people import Person
from core.store.tasks import Task
from core.texts import moment, money, span

WRONG_SHOWN = 10
"""Wrong answers that a result lists."""
ITEM = 80
"""Characters of an item in a result."""


def lang_of(desk: Desk, person: Person) -> str:
    """The language that the person reads."""
    return desk.house.texts.best(person.lang)


def refusal(chance: Chance, kind: str) -> Refused | None:
    """Why there is no further try now; None when there is one."""
    if not chance.left:
        return Refused(f"{kind}.spent")
    return Refused(f"{kind}.cooldown", at=moment(chance.at), left=chance.left) if chance.at else None


def show(desk: Desk, person: Person, old: tuple[CardRow | None, str | None], row: CardRow, card: Card) -> None:
    """Put a card in the place of the old one, with buttons of its own; send it when there is no old one."""
    before, message = old
    reference = message or (before.message if before else None)
    if reference is None:
        desk.send(person.home, card, row)
        return
    card_rows.mark_shown(desk.tx, row.id, reference)
    desk.edit(row, card, reference)


def intro_card(desk: Desk, row: CardRow, person: Person, job: Job, about: tuple[Course, int]) -> Card:
    """What comes before the first task: how much, paid or not, the pass mark, tries left; Start or Not now."""
    course, left = about
    lang = lang_of(desk, person)
    parts = [job.spec.instructions] if job.spec.instructions else []
    parts.append(terms(desk, lang, job, course))
    parts.append(desk.say(lang, "course.tries", left=left, wait=span(course.cooldown_seconds * 1000)))
    kind = "training" if isinstance(course, Training) else "exam"
    verbs = (("continue", desk.say(lang, "button.start")), ("stop", desk.say(lang, "button.later")))
    title = desk.say(lang, f"{kind}.title", job=job.title)
    return Card(title=title, text="\n\n".join(parts), rows=(desk.buttons(row, *verbs),))


def terms(desk: Desk, lang: str, job: Job, course: Course) -> str:
    """A course in a sentence or two."""
    values = {"n": length_of(course), "score": course.pass_score}
    if isinstance(course, Exam):
        return desk.say(lang, "exam.terms", **values, days=course.valid_seconds // 86_400)
    pay = money(job.pay, job.asset)
    return desk.say(lang, "training.terms.paid" if course.paid else "training.terms", **values, pay=pay)


def preview(desk: Desk, spec: JobSpec) -> str:
    """What a requester is told of the courses before they publish; empty without any."""
    lines = []
    if spec.training:
        key = "job.preview.training.paid" if spec.training.paid else "job.preview.training"
        lines.append(desk.say("en", key, n=spec.training.tasks, score=spec.training.pass_score))
    if spec.exam:
        lines.append(desk.say("en", "job.preview.exam", n=spec.exam.questions, score=spec.exam.pass_score))
    return "\n".join(lines)


def question_card(desk: Desk, row: CardRow, person: Person, job: Job, at: tuple[Attempt, int, Task]) -> Card:
    """One question: its number, the item, the options."""
    attempt, position, task = at
    lang = lang_of(desk, person)
    header = desk.say(lang, f"{attempt.kind}.header", job=job.title, i=position + 1, n=attempt.asked)
    options = views.option_rows(job.spec.options, lambda choice, text: desk.button(row, choice, text))
    return Card(title=header, quote=views.item_text(task.columns), question=job.spec.question, rows=options)


def lesson_card(desk: Desk, row: CardRow, person: Person, job: Job, given: tuple[int, int, bool]) -> Card:
    """After a training answer: the item, what was said, what is right and why."""
    task, label, right = given
    lang = lang_of(desk, person)
    lesson = controls.lesson_of(desk.tx, task)
    assert lesson is not None, "training is made of controls"
    item = views.item_text(tasks.get_task(desk.tx, task).columns)
    said = desk.say(lang, "saved", said=job.spec.options[label].text)
    text = told(desk, lang, job.spec, (lesson.gold, lesson.why), right=right)
    following = desk.buttons(row, ("continue", desk.say(lang, "button.next")))
    return Card(text=said, quote=item, question=text, rows=(following,))


def result_card(
    desk: Desk, person: Person, job: Job, about: tuple[Attempt, Course], questions: list[Question], chance: Chance
) -> Card:
    """The score, what was wrong, and what follows from it."""
    attempt, course = about
    lang = lang_of(desk, person)
    values = {"ok": attempt.ok, "n": attempt.asked, "score": attempt.score, "least": course.pass_score}
    lines = [desk.say(lang, "course.score", **values)]
    if attempt.kind == "exam":
        lines += [_mistake(desk, lang, job, one, course) for one in questions if not one.correct][:WRONG_SHOWN]
    if attempt.state == "failed":
        lines.append(_again(desk, lang, chance))
    title = desk.say(lang, f"course.{attempt.state}", job=job.title)
    return Card(title=title, text="\n\n".join(lines))


def _mistake(desk: Desk, lang: str, job: Job, question: Question, course: Course) -> str:
    lesson = controls.lesson_of(desk.tx, question.task)
    assert lesson is not None, "an exam is made of controls"
    item = " ".join(views.item_text(tasks.get_task(desk.tx, question.task).columns).split())
    short = item if len(item) <= ITEM else item[: ITEM - 1] + "…"
    said = job.spec.options[question.label or 0].text
    line = desk.say(lang, "course.mistake", item=short, said=said)
    if not course.feedback:
        return line
    return line + "\n" + told(desk, lang, job.spec, (lesson.gold, lesson.why), right=False)


def _again(desk: Desk, lang: str, chance: Chance) -> str:
    if not chance.left:
        return desk.say(lang, "course.no_more")
    if chance.at is None:
        return desk.say(lang, "course.again", left=chance.left)
    return desk.say(lang, "course.again.at", left=chance.left, at=moment(chance.at))
