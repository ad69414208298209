"""A tap on a task: answer, skip or report become a record, a payment, a receipt and the next task; and the undo."""

from __future__ import annotations

from collections.abc import Callable

from core import ledger, quality, routing
from core.errors import NotEnough, Refused
from core.messages import Card
from core.model import CANT_TELL, AssignmentState, JobState
from core.service import alarms, verdicts, views, work
from core.service.house import Desk
from core.store import assignments, jobs, journal, people, tasks
from core.store import cards as card_rows
from core.store.assignments import Answer, Assignment
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Change, Person
from core.store.tasks import Task

NO_OPTION = ("skip", "cant", "report")
"""What a task card offers besides its options (and the undo of its receipt)."""


def tap(desk: Desk, person: Person, row: CardRow, message: str, choice: str) -> None:
    """A press on a task card: an option's number, skip, cant, report or undo."""
    lease = assignments.get_assignment(desk.tx, row.ref)
    if lease is None:
        raise Refused("task.gone")
    if choice == "undo":
        undo(desk, person, row, message, lease)
        return
    if lease.state == AssignmentState.EXPIRED:
        raise Refused("task.late")
    if lease.state != AssignmentState.ACTIVE:
        raise Refused("task.already")
    finish(desk, person, row, message, lease, choice)


def typed(desk: Desk, person: Person, number: int) -> None:
    """A digit instead of a tap: 1 is the first option of the live task."""
    lease = assignments.live_assignment(desk.tx, person.id)
    if lease is None:
        raise Refused("typed.nothing")
    job = jobs.get_job(desk.tx, lease.job)
    if not 1 <= number <= len(job.spec.options):
        raise Refused("typed.range", most=len(job.spec.options))
    row = card_rows.card_about(desk.tx, "task", lease.id)
    assert row is not None, "a live assignment has a card"
    finish(desk, person, row, None, lease, str(number - 1))


def finish(desk: Desk, person: Person, row: CardRow, message: str | None, lease: Assignment, choice: str) -> None:
    """End a live assignment with an answer, a skip or a report, and go on."""
    job = jobs.get_job(desk.tx, lease.job)
    if choice not in NO_OPTION and not (choice.isdigit() and int(choice) < len(job.spec.options)):
        raise Refused("press.forged")
    task = tasks.get_task(desk.tx, lease.task)
    kind = choice if choice in ("skip", "report") else "answer"
    label = None if kind != "answer" else CANT_TELL if choice == "cant" else int(choice)
    answer = _record(desk, job, task, lease, (kind, label))
    if kind == "answer":
        people.add_to_session(desk.tx, person.id, 1, job.pay)
    if kind == "report":
        alarms.item_reported(desk, job, task, tasks.count_report(desk.tx, task.id, 1))
    lang = _lang(desk, person)
    said = job.spec.options[label].text if label is not None and label >= 0 else desk.say(lang, f"said.{choice}")
    desk.toast(desk.say(lang, "saved", said=said))
    desk.edit(row, views.receipt_card(desk, row, lang, task, said), message)
    alarms.look_at_worker(desk, person, job, answer.control)
    _go_on(desk, person, job)


def _lang(desk: Desk, person: Person) -> str:
    return desk.house.texts.best(person.lang)


def _record(desk: Desk, job: Job, task: Task, lease: Assignment, said: tuple[str, int | None]) -> Answer:
    """Write the answer and everything that follows from it: state, money, counts."""
    kind, label = said
    duration = max(0, desk.now - lease.leased_at)
    answered = kind == "answer"
    standing = people.get_standing(desk.tx, lease.person, job.id)
    assert standing is not None, "a worker with a task has a standing"
    fast = answered and quality.is_fast(duration, job.mean_ms, job.spec.fast_seconds, desk.house.rules)
    correct = int(label == task.gold) if answered and lease.control else None
    marks = (correct, int(fast), duration, standing.skips_in_row)
    answer = assignments.insert_answer(desk.tx, lease, kind, label, marks, desk.now)
    weight = quality.accuracy(standing)
    _settle(desk, job, lease, answer)
    _apply(desk, job, task, answer, lambda: _close(desk, answer, weight), active=-1)
    change = change_of(answer)
    people.change_standing(desk.tx, lease.person, job.id, change, 0 if answered else standing.skips_in_row + 1)
    jobs.count(
        desk.tx,
        job.id,
        answers=int(answered and not lease.control),
        controls=int(answered and lease.control),
        active=-1,
        duration_ms=change.duration_ms,
        at=desk.now,
    )
    return answer


def change_of(answer: Answer) -> Change:
    """What this answer adds to its worker's standing."""
    if answer.kind != "answer":
        return Change(skips=1)
    return Change(
        answers=1,
        cant=int(answer.label == CANT_TELL),
        controls=answer.control,
        control_ok=answer.correct or 0,
        fast=answer.fast,
        duration_ms=answer.duration_ms,
    )


def _settle(desk: Desk, job: Job, lease: Assignment, answer: Answer) -> None:
    """Pay the answer from what was reserved; a skip sets the reservation free."""
    if not job.price.total:
        return
    if answer.kind == "answer":
        journal.post(desk.tx, ledger.accept(answer.id, job.id, lease.person, job.price), desk.now)
    else:
        journal.post(desk.tx, ledger.release(lease.id, lease.nth, job.id, job.price), desk.now)


def _close(desk: Desk, answer: Answer, weight: float) -> None:
    if answer.label is not None:
        vote = routing.Vote(answer.label, weight)
        assignments.submit_assignment(desk.tx, answer.assignment, answer.id, vote, desk.now)
    else:
        assignments.close_assignment(desk.tx, answer.assignment, AssignmentState.SKIPPED, answer.id, desk.now)


def _apply(desk: Desk, job: Job, task: Task, answer: Answer, change: Callable[[], None], *, active: int) -> None:
    """Close or reopen the assignment. A control only counts; another task is judged anew when a vote came or went."""
    if answer.control:
        change()
        tasks.count_control(desk.tx, task.id, active, -active * int(answer.kind == "answer"))
    elif answer.kind == "answer":
        verdicts.reconsider(desk, job, task, active=active, change=change)
    else:
        change()
        verdicts.count_lease(desk, job, task, active)


def _go_on(desk: Desk, person: Person, job: Job) -> None:
    """The next task; or the summary when the session is complete or there is nothing left."""
    session = people.get_session(desk.tx, person.id)
    assert session is not None, "a worker who answered has a session"
    if session.done < session.size:
        try:
            with desk.tx.nested():
                work.next_task(desk, person)
            return
        except Refused as reason:
            end_session(desk, person, job, reason)
            return
    end_session(desk, person, job, None)


def end_session(desk: Desk, person: Person, job: Job, reason: Refused | None) -> None:
    """Say what was done and earned; with a reason when there is no further task."""
    session = people.get_session(desk.tx, person.id)
    assert session is not None, "a session that ends was begun"
    lang = _lang(desk, person)
    row = desk.new_card("summary", job.id, person.id, person.home)
    total = journal.balance(desk.tx, ledger.payable(person.id), job.asset)
    card = views.summary_card(desk, row, lang, job, session, total)
    if reason is not None:
        card = Card(
            title=card.title, text=f"{card.text}\n\n{desk.say(lang, reason.key, **reason.values)}", rows=card.rows
        )
    desk.send(person.home, card, row)
    people.set_live_card(desk.tx, person.id, row.id, over=True)


def undo(desk: Desk, person: Person, row: CardRow, message: str | None, lease: Assignment) -> None:
    """Take an answer back exactly: record, counts, money; the worker holds its task again."""
    job = jobs.get_job(desk.tx, lease.job)
    answer = _undoable(desk, person, job, lease)
    work.put_back(desk, person, key="undo.first")
    _close_summary(desk, person)
    task = tasks.get_task(desk.tx, lease.task)
    if not _has_room(job, task, answer):
        raise Refused("undo.taken")
    assignments.insert_undo(desk.tx, answer, desk.now)
    _unsettle(desk, job, lease, answer)
    span = (desk.now, desk.now + job.spec.lease_seconds * 1000)
    _apply(desk, job, task, answer, lambda: assignments.reopen_assignment(desk.tx, lease.id, span), active=1)
    change = change_of(answer)
    people.change_standing(
        desk.tx, person.id, job.id, change.negated(), assignments.skips_in_row(desk.tx, person.id, job.id)
    )
    answered = answer.kind == "answer"
    jobs.count(
        desk.tx,
        job.id,
        answers=-int(answered and not lease.control),
        controls=-int(answered and lease.control),
        active=1,
        duration_ms=-change.duration_ms,
    )
    if answered:
        people.add_to_session(desk.tx, person.id, -1, -job.pay)
    people.set_session_job(desk.tx, person.id, job.id)
    if answer.kind == "report":
        tasks.count_report(desk.tx, task.id, -1)
    _show_reopened(desk, person, row, message, job)


def _undoable(desk: Desk, person: Person, job: Job, lease: Assignment) -> Answer:
    if lease.state == AssignmentState.ACTIVE:
        raise Refused("undo.already")
    if lease.answer is None or lease.done_at is None:
        raise Refused("task.gone")
    if job.state not in (JobState.OPEN, JobState.PAUSED):
        raise Refused("undo.closed")
    work.check_allowed(desk, person)
    late = desk.now - lease.done_at > desk.house.undo_ms
    if late and assignments.later_answers(desk.tx, person.id, lease.answer) >= desk.house.undo_answers:
        raise Refused("undo.late")
    return assignments.get_answer(desk.tx, lease.answer)


def _has_room(job: Job, task: Task, answer: Answer) -> bool:
    """Whether the worker may hold the task again: a skip gave its place away, and others may have taken it."""
    if answer.kind == "answer" or answer.control:
        return True
    return task.answers + task.active < routing.most(job.spec.overlap)


def _unsettle(desk: Desk, job: Job, lease: Assignment, answer: Answer) -> None:
    """Reverse the payment of an answer; reserve again what a skip had set free."""
    if not job.price.total:
        return
    if answer.kind == "answer":
        paid = ledger.accept(answer.id, job.id, lease.person, job.price)
        journal.post(desk.tx, ledger.reverse(paid, f"an:{answer.id}:undo"), desk.now)
        return
    try:
        journal.post(desk.tx, ledger.reserve(lease.id, lease.nth + 1, job.id, job.price), desk.now)
    except NotEnough:
        raise Refused("nothing.budget") from None


def _close_summary(desk: Desk, person: Person) -> None:
    """An undo re-opens the session: its summary must not keep live buttons."""
    session = people.get_session(desk.tx, person.id)
    if session and session.over and session.live_card is not None:
        row = card_rows.get_card(desk.tx, session.live_card)
        if row.kind == "summary":
            desk.edit(row, Card(text=desk.say(_lang(desk, person), "undo.first")))


def _show_reopened(desk: Desk, person: Person, row: CardRow, message: str | None, job: Job) -> None:
    session = people.get_session(desk.tx, person.id)
    lease = assignments.live_assignment(desk.tx, person.id)
    assert session is not None, "a worker who answered has a session"
    assert lease is not None, "the undone task is live again"
    lang = _lang(desk, person)
    desk.toast(desk.say(lang, "undo.done"))
    desk.edit(row, views.task_card(desk, row, lang, job, tasks.get_task(desk.tx, lease.task), session), message)
    people.set_live_card(desk.tx, person.id, row.id)
