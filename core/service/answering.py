"""A tap on a task: answer, skip or report become a record, a payment, a receipt and the next task; and the undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core import ledger, quality, routing
from core.errors import NotEnough, Refused
from core.messages import Card
from core.model import CANT_TELL, UNDER_WAY, AssignmentState
from core.service import (
    alarms,
    controls,
    courses,
    experts,
    fitness,
    holding,
    making,
    probation,
    rules,
    rulings,
    verdicts,
    views,
    work,
)
from core.service.house import Desk
from core.store import assignments, bans, jobs, journal, outcomes, people, tasks
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
    if lease is None and courses.typed(desk, person) is not None:
        courses.answer_typed(desk, person, number)
        return
    if lease is None:
        raise Refused("typed.nothing")
    job = jobs.get_job(desk.tx, lease.job)
    if not 1 <= number <= len(job.spec.options):
        raise Refused("typed.range", most=len(job.spec.options))
    row = card_rows.card_about(desk.tx, "task", lease.id)
    assert row is not None, "a live assignment has a card"
    finish(desk, person, row, None, lease, str(number - 1))


def send_text(desk: Desk, person: Person, row: CardRow, message: str) -> None:
    """Send under a typed answer: it becomes the answer of the task in hand."""
    lease = making.sent(desk, person, row, message)
    task = card_rows.card_about(desk.tx, "task", lease.id)
    assert task is not None, "a live assignment has a card"
    finish(desk, person, task, None, lease, str(making.MADE))


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
        people.add_to_session(desk.tx, person.id, 1, job.price_of(lease.expert).pay)
    if kind == "report":
        alarms.item_reported(desk, job, task, tasks.count_report(desk.tx, task.id, 1))
    lang = _lang(desk, person)
    said = job.spec.options[label].text if label is not None and label >= 0 else desk.say(lang, f"said.{choice}")
    said = making.words(desk, job, label, answer.id)[: views.RECEIPT_ITEM] or said
    desk.toast(desk.say(lang, "saved", said=said))
    receipt = controls.receipt(desk, row, lang, job, (task, answer), said)
    desk.edit(row, receipt, message)
    standing = people.get_standing(desk.tx, person.id, job.id)
    assert standing is not None, "a worker who answered has a standing"
    rules.after_answer(desk, person, job, answer, standing)
    probation.look(desk, person, job, answer, standing)
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
    pace = outcomes.climate_of(desk.tx, job.id).pace
    fast = answered and quality.is_fast(duration, job.mean_ms, job.spec.fast_seconds, desk.house.fast_factor, pace)
    correct = int(label == task.gold) if answered and lease.control else None
    marks = (correct, int(fast), duration, standing.skips_in_row)
    answer = assignments.insert_answer(desk.tx, lease, kind, label, marks, desk.now)
    making.keep(desk, job, answer)
    weight = rulings.weight_of(job) if lease.expert else quality.accuracy(standing)
    _settle(desk, job, lease, answer)
    _apply(desk, job, task, answer, lambda: _close(desk, job, lease, answer, weight), active=-1)
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
    if job.spec.review and answer.kind == "answer" and holding.hold(desk, job, lease, answer):
        return
    price = job.price_of(lease.expert)
    if not price.total:
        return
    if answer.kind == "answer":
        journal.post(desk.tx, ledger.accept(answer.id, job.id, lease.person, price), desk.now)
    else:
        journal.post(desk.tx, ledger.release(lease.id, lease.nth, job.id, price), desk.now)


def _close(desk: Desk, job: Job, lease: Assignment, answer: Answer, weight: float) -> None:
    if lease.expert and answer.kind == "answer":
        experts.answered(desk, job, answer)
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
        controls.count(desk, job, task, answer, -active)
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
                work.next_task(desk, person, offers=False)
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
    notes = [desk.say(lang, reason.key, **reason.values)] if reason is not None else []
    notes.append(fitness.pause_advice(desk, person, lang))
    card = replace(card, text="\n\n".join(filter(None, [card.text, *notes])))
    desk.send(person.home, card, row)
    people.set_live_card(desk.tx, person.id, row.id, over=True)


def undo(desk: Desk, person: Person, row: CardRow, message: str | None, lease: Assignment) -> None:
    """Take an answer back exactly: record, counts, money; the worker holds its task again."""
    job = jobs.get_job(desk.tx, lease.job)
    answer = _undoable(desk, person, job, lease)
    work.put_back(desk, person, key="undo.first")
    _close_summary(desk, person)
    task = tasks.get_task(desk.tx, lease.task)
    if not _has_room(desk, job, task, (lease, answer)):
        raise Refused("undo.taken")
    assignments.insert_undo(desk.tx, answer, desk.now)
    _unsettle(desk, job, lease, answer)
    span = (desk.now, desk.now + job.spec.lease_seconds * 1000)
    _apply(desk, job, task, answer, lambda: _reopen(desk, lease, answer, span), active=1)
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
        people.add_to_session(desk.tx, person.id, -1, -job.price_of(lease.expert).pay)
    people.set_session_job(desk.tx, person.id, job.id)
    if answer.kind == "report":
        tasks.count_report(desk.tx, task.id, -1)
    rules.taken_back(desk, answer.id)
    _show_reopened(desk, person, row, message, job)


def _undoable(desk: Desk, person: Person, job: Job, lease: Assignment) -> Answer:
    if lease.state == AssignmentState.ACTIVE:
        raise Refused("undo.already")
    if lease.answer is None or lease.done_at is None:
        raise Refused("task.gone")
    if job.state not in UNDER_WAY:
        raise Refused("undo.closed")
    work.check_allowed(desk, person, job)
    late = desk.now - lease.done_at > desk.house.undo_ms
    if late and assignments.later_answers(desk.tx, person.id, lease.answer) >= desk.house.undo_answers:
        raise Refused("undo.late")
    controls.check_undo(desk, lease)
    if job.spec.review:
        holding.check_undo(desk, lease.id)
    if bans.void_of(desk.tx, lease.id):
        raise Refused("undo.set_aside")
    return assignments.get_answer(desk.tx, lease.answer)


def _reopen(desk: Desk, lease: Assignment, answer: Answer, span: tuple[int, int]) -> None:
    if lease.expert and answer.kind == "answer":
        experts.taken_back(desk, lease)
    assignments.reopen_assignment(desk.tx, lease.id, span)


def _has_room(desk: Desk, job: Job, task: Task, given: tuple[Assignment, Answer]) -> bool:
    """Whether the worker may hold the task again: a skip gave its place away, and others may have taken it."""
    lease, answer = given
    if answer.kind == "answer" or answer.control:
        return True
    if lease.expert:
        return experts.has_room(desk, task.id)
    return task.answers + task.active < routing.most(verdicts.overlap_of(job, task))


def _unsettle(desk: Desk, job: Job, lease: Assignment, answer: Answer) -> None:
    """Reverse the payment of an answer; reserve again what a skip had set free."""
    if job.spec.review and answer.kind == "answer" and holding.let_go(desk, lease.id):
        return
    price = job.price_of(lease.expert)
    if not price.total:
        return
    if answer.kind == "answer":
        paid = ledger.accept(answer.id, job.id, lease.person, price)
        journal.post(desk.tx, ledger.reverse(paid, f"an:{answer.id}:undo"), desk.now)
        return
    try:
        journal.post(desk.tx, ledger.reserve(lease.id, lease.nth + 1, job.id, price), desk.now)
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
