"""Contested tasks in experts' hands: who is one, what they get, and what their answer, skip or undo does."""

from __future__ import annotations

from core import ledger
from core.messages import Card, Priority
from core.service import rulings as decisions
from core.service.house import Desk
from core.store import journal, people, reviews, rulings
from core.store.assignments import Answer, Assignment
from core.store.jobs import Job
from core.store.people import Person
from core.texts import money

TOLD_AGAIN_MS = 6 * 3_600_000
"""Experts and reviewers of a job are called at most four times a day."""


def is_expert(desk: Desk, person: Person, job: Job) -> bool:
    """Whether this person may decide the job's contested tasks: named, or with one of the skills."""
    experts = job.spec.experts
    if experts is None:
        return False
    if person.handle in experts.people:
        return True
    have = people.skills_of(desk.tx, person.id, desk.now) if experts.skills else {}
    return any(have.get(name, -1) >= least for name, least in experts.skills)


def next_task(desk: Desk, person: Person, job: Job) -> int | None:
    """A contested task for this person, once its last answer cannot be undone any more and while it can be paid."""
    if not is_expert(desk, person, job) or (job.deadline is not None and desk.now >= job.deadline):
        return None
    if journal.balance(desk.tx, ledger.escrow(job.id), job.asset) < job.price_of(1).total:
        return None
    return rulings.next_for_expert(desk.tx, job.id, person.id, desk.now - desk.house.undo_ms)


def answered(desk: Desk, job: Job, answer: Answer) -> None:
    """An expert's answer decides; "can't tell" leaves the task's label as it is."""
    rulings.set_escalation(desk.tx, answer.task, "done")
    if answer.label is not None and answer.label >= 0:
        decisions.rule(desk, job, answer.task, answer.label, ("expert", answer.assignment, answer.person))


def taken_back(desk: Desk, lease: Assignment) -> None:
    """An expert undid their answer: nothing is decided."""
    rulings.delete_ruling(desk.tx, "expert", lease.id)
    rulings.set_escalation(desk.tx, lease.task, "open")


def set_aside(desk: Desk, job: Job, task: int) -> bool:
    """An expert's answer counts no more: others may decide, unless one has; whether the task is contested again."""
    experts = job.spec.experts
    if experts is None or rulings.ruling_on(desk.tx, task) is not None:
        return False
    rulings.reopen_escalation(desk.tx, task, desk.now + experts.wait_seconds * 1000)
    return True


def counted_again(desk: Desk, task: int) -> bool:
    """An expert's answer counts again; whether that ends the contest: not while another expert holds the task."""
    found = rulings.escalation_of(desk.tx, task)
    if found is None or found.state != "open" or rulings.in_hand(desk.tx, task):
        return False
    rulings.set_escalation(desk.tx, task, "done")
    return True


def has_room(desk: Desk, task: int) -> bool:
    """Whether an expert who skipped a contested task may have it back."""
    found = rulings.escalation_of(desk.tx, task)
    return found is not None and found.state == "open" and not rulings.in_hand(desk.tx, task)


def call(desk: Desk, job: Job) -> None:
    """Tell the experts of a job that contested tasks wait, a few times a day at most."""
    experts = job.spec.experts
    if experts is None or desk.now - reviews.last_told(desk.tx, job.id, "expert") < TOLD_AGAIN_MS:
        return
    waiting = rulings.open_count(desk.tx, job.id, "expert")
    if not waiting:
        return
    reviews.mark_told(desk.tx, job.id, "expert", desk.now)
    for person in _experts(desk, job):
        lang = desk.house.texts.best(person.lang)
        pay = money(job.price_of(1).pay, job.asset)
        desk.send(
            person.home,
            Card(title=job.title, text=desk.say(lang, "expert.call", n=waiting, pay=pay)),
            priority=Priority.NOTICE,
        )


def _experts(desk: Desk, job: Job) -> list[Person]:
    experts = job.spec.experts
    assert experts is not None, "only a job with experts calls them"
    named = [people.select_person(desk.tx, handle) for handle in experts.people]
    found = {person.id: person for person in named if person is not None}
    for name, least in experts.skills:
        for number in rulings.holders(desk.tx, name, least, desk.now):
            found[number] = people.get_person(desk.tx, number)
    return [person for person in found.values() if person.state == "active"]
