"""/gold: tasks on which many good workers agree become controls once a person has confirmed the answer."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card, Priority, Said
from core.model import Handle
from core.service import requests, views
from core.service.house import Desk
from core.store import alerts, jobs, tasks
from core.store import promotion as rows
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.promotion import Candidate

LISTED = 5
"""Candidates shown at once."""
ANSWERS = 3
"""Answers that must agree; fewer agree too often by chance."""
ACCURACY = 0.75
"""What those workers are believed to be right, on average: a stranger's prior or better."""


def candidates(desk: Desk, person: Person, command: Said) -> None:
    """/gold or /gold #3: the next tasks of the job that could become controls, each with Confirm and No, in private."""
    job = requests.chosen(desk, command)
    _must_judge(desk, person, job)
    found = rows.candidates(desk.tx, job.id, ANSWERS, ACCURACY, LISTED)
    if not found:
        raise Refused("gold.none", job=job.id, n=ANSWERS)
    for one in found:
        row = desk.new_card("promotion", one.task, None, person.home)
        desk.send(person.home, _card(desk, row, job, one), row, Priority.NOTICE)


def _must_judge(desk: Desk, person: Person, job: Job) -> None:
    handle = Handle(person.platform, person.user)
    reviewers = job.spec.review.reviewers if job.spec.review else ()
    if person.id != job.requester and handle not in desk.house.admins and handle not in reviewers:
        raise Refused("job.not_yours", job=job.id)


def _card(desk: Desk, row: CardRow, job: Job, one: Candidate) -> Card:
    task = tasks.get_task(desk.tx, one.task)
    text = desk.say("en", "gold.text", n=one.answers, accuracy=f"{one.accuracy:.0%}", sure=f"{one.confidence:.0%}")
    verbs = (("accept", desk.say("en", "button.confirm")), ("decline", desk.say("en", "button.no")))
    return Card(
        title=desk.say("en", "gold.title", job=job.id),
        text=text,
        quote=views.item_text(task.columns),
        question=desk.say("en", "gold.question", label=job.spec.options[one.label].text),
        rows=(desk.buttons(row, *verbs),),
    )


def decide(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """Confirm makes a control of the task; No keeps it off the list."""
    task = tasks.get_task(desk.tx, row.ref)
    job = jobs.get_job(desk.tx, task.job)
    _must_judge(desk, person, job)
    if rows.decided(desk.tx, task.id) is not None or task.label is None:
        raise Refused("gold.decided")
    if rows.has_answered(desk.tx, person.id, task.id):
        raise Refused("gold.own")
    yes = choice == "accept"
    control = rows.make_control(desk.tx, task.id, task.label) if yes else None
    rows.decide(desk.tx, (task.id, job.id), "yes" if yes else "no", control, (person.id, desk.now))
    alerts.insert_event(
        desk.tx, f"gold.{'yes' if yes else 'no'}", desk.now, actor=person.id, job=job.id, task=task.id, label=task.label
    )
    key = "gold.yes" if yes else "gold.no"
    label = job.spec.options[task.label].text
    desk.edit(row, Card(text=desk.say("en", key, item=task.ref, label=label)), message)
