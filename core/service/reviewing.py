"""The review queue in chat: one answer at a time to accept, reject, put right or skip, and the way back."""

from __future__ import annotations

from core.errors import Refused
from core.messages import Card, Priority
from core.model import TEXT, UNDER_WAY, JobState
from core.review import REASONS
from core.service import appeals, review, review_views, rulings, verdicts
from core.service.house import Desk
from core.store import alerts, assignments, jobs, prompts, reviews, tasks
from core.store import cards as card_rows
from core.store import rulings as ruling_rows
from core.store.cards import CardRow
from core.store.jobs import Job
from core.store.people import Person
from core.store.reviews import FOREVER, Review, ReviewVote
from core.store.rulings import Escalation

CLAIM_MS = 600_000
"""A reviewer has an answer to themselves for ten minutes."""
LIVE = (*UNDER_WAY, JobState.CLOSING)
ANSWER, LABEL = "review", "recheck"
"""Kinds of cards: an answer to judge, a label to decide."""


def _lang(desk: Desk, person: Person) -> str:
    return desk.house.texts.best(person.lang)


def start(desk: Desk, person: Person) -> None:
    """/review: the next answer or label that waits for this person's judgement."""
    mine = [job for job in jobs.jobs_in(desk.tx, *LIVE) if review.may_review(desk, person, job)]
    if not mine:
        raise Refused("review.nobody")
    if not any(_show_next(desk, person, job) for job in mine):
        raise Refused("review.none")


def _show_next(desk: Desk, person: Person, job: Job) -> bool:
    held = reviews.next_for(desk.tx, job.id, person.id, desk.now)
    if held is not None:
        reviews.claim(desk.tx, held.id, person.id, desk.now + CLAIM_MS)
        row = desk.new_card(ANSWER, held.id, person.id, person.home)
        desk.send(person.home, _answer_card(desk, person, row, job, held), row)
        return True
    times = (desk.now - desk.house.undo_ms, desk.now)
    found = ruling_rows.next_for_reviewer(desk.tx, job.id, person.id, times)
    if found is not None:
        ruling_rows.claim(desk.tx, found.id, person.id, desk.now + CLAIM_MS)
        row = desk.new_card(LABEL, found.id, person.id, person.home)
        task = tasks.get_task(desk.tx, found.task)
        desk.send(person.home, review_views.label_card(desk, row, _lang(desk, person), job, task), row)
        return True
    return False


def _go_on(desk: Desk, person: Person) -> None:
    try:
        start(desk, person)
    except Refused as reason:
        text = desk.say(_lang(desk, person), reason.key)
        desk.send(person.home, Card(text=text), priority=Priority.NOTICE)


def _answer_card(desk: Desk, person: Person, row: CardRow, job: Job, held: Review) -> Card:
    lang = _lang(desk, person)
    lease = assignments.get_assignment(desk.tx, held.assignment)
    assert lease is not None, "an answer under review has an assignment"
    task = tasks.get_task(desk.tx, held.task)
    answer = review_views.given(desk, lang, job, lease)
    return review_views.review_card(desk, row, lang, (job, task, held, answer))


# ---- an answer ----------------------------------------------------------------------------------------------------


def press(desk: Desk, person: Person, row: CardRow, message: str | None, choice: str) -> None:
    """A press on a review card: accept, reject and its reason, fix and its option, skip, back or undo."""
    held = reviews.get_review(desk.tx, row.ref)
    if held is None:
        raise Refused("review.gone")
    job = jobs.get_job(desk.tx, held.job)
    if not review.may_review(desk, person, job):
        raise Refused("review.nobody")
    if choice == "undo":
        _undo_vote(desk, person, row, message, (job, held))
        return
    _check_open(desk, person, held)
    card = _answer_card(desk, person, row, job, held)
    lang = _lang(desk, person)
    match choice:
        case "back":
            desk.edit(row, card, message)
        case "reject":
            desk.edit(row, review_views.reasons_card(desk, row, lang, card), message)
        case "fix":
            desk.edit(row, review_views.fix_card(desk, row, lang, job, card), message)
        case "accept" | "skip":
            _vote(desk, person, row, message, (job, held), (choice, "", "", None))
        case "r0" | "r1" | "r2" | "r3":
            _give_reason(desk, person, row, message, (job, held), REASONS[int(choice[1])])
        case _ if choice.isdigit() and int(choice) < len(job.spec.options):
            _fix(desk, person, row, message, (job, held), int(choice))
        case _:
            raise Refused("press.forged")


def _check_open(desk: Desk, person: Person, held: Review) -> None:
    if held.person == person.id:
        raise Refused("review.own")
    last = reviews.last_vote(desk.tx, held.id, person.id)
    if last is not None and last.stage == held.stage and last.choice != "skip":
        raise Refused("review.already")
    if last is not None and held.stage == 2 and last.choice != "skip":
        raise Refused("review.decided")
    if held.settled or held.state not in ("pending", "appealed"):
        raise Refused("review.decided")
    if held.claimed_until > desk.now and held.claimed_by != person.id:
        raise Refused("review.taken")


Case = tuple[Job, Review]
Word = tuple[str, str, str, int | None]
"""What a reviewer says: choice, reason, what they typed, the right answer."""


def _give_reason(desk: Desk, person: Person, row: CardRow, message: str | None, case: Case, reason: str) -> None:
    if reason != "other":
        _vote(desk, person, row, message, case, ("reject", reason, "", None))
        return
    prompts.ask(desk.tx, person.id, ANSWER, row.id, desk.now + appeals.TYPE_MS)
    desk.toast(desk.say(_lang(desk, person), "review.type"), alert=True)


def _fix(desk: Desk, person: Person, row: CardRow, message: str | None, case: Case, label: int) -> None:
    job, held = case
    lease = assignments.get_assignment(desk.tx, held.assignment)
    if lease is None or lease.control or held.stage == 2 or job.spec.kind == TEXT:
        raise Refused("press.forged")
    if lease.label == label:
        raise Refused("review.same")
    choice = "accept" if job.spec.review and job.spec.review.fix_pays else "reject"
    _vote(desk, person, row, message, case, (choice, "" if choice == "accept" else "wrong", "", label))


def typed(desk: Desk, person: Person, card: int, text: str) -> None:
    """The typed reason of a rejection."""
    row = card_rows.get_card(desk.tx, card)
    held = reviews.get_review(desk.tx, row.ref)
    if held is None:
        raise Refused("review.gone")
    case = (jobs.get_job(desk.tx, held.job), held)
    if not review.may_review(desk, person, case[0]):
        raise Refused("review.nobody")
    _check_open(desk, person, held)
    _vote(desk, person, row, None, case, ("reject", "other", text.strip()[: appeals.LONGEST], None))


def _vote(desk: Desk, person: Person, row: CardRow, message: str | None, case: Case, word: Word) -> None:
    """Record the word as a draft, show a receipt with Undo, and go on with the next."""
    job, held = case
    choice, reason, note, fix = word
    vote = ReviewVote(0, held.id, person.id, held.stage, choice, reason, note, fix, desk.now, 0)
    reviews.put_vote(desk.tx, vote)
    skipped = choice == "skip"
    reviews.claim(desk.tx, held.id, None, 0 if skipped else FOREVER)
    lang, task = _lang(desk, person), tasks.get_task(desk.tx, held.task)
    what = desk.say(lang, f"review.did.{choice}")
    if fix is not None:
        what = f"{what} → {review_views.said(desk, lang, job, fix)}"
    desk.toast(what)
    if skipped:
        desk.edit(row, Card(text=desk.say(lang, "receipt", said=what, item=review_views.short(task))), message)
    else:
        desk.edit(row, review_views.done_card(desk, row, lang, what, task), message)
    _go_on(desk, person)


def _undo_vote(desk: Desk, person: Person, row: CardRow, message: str | None, case: Case) -> None:
    job, held = case
    vote = reviews.last_vote(desk.tx, held.id, person.id)
    late = vote is None or vote.choice == "skip" or vote.effective or desk.now - vote.at > desk.house.undo_ms
    if vote is None or late:
        raise Refused("review.late")
    reviews.delete_vote(desk.tx, vote.id)
    reviews.claim(desk.tx, held.id, person.id, desk.now + CLAIM_MS)
    alerts.insert_event(desk.tx, "review.undo", desk.now, actor=person.id, job=job.id, review=held.id)
    desk.toast(desk.say(_lang(desk, person), "review.undone"))
    desk.edit(row, _answer_card(desk, person, row, job, held), message)


# ---- a label ------------------------------------------------------------------------------------------------------


def press_label(desk: Desk, person: Person, row: CardRow, message: str | None, choice: str) -> None:
    """A press on a label in doubt: an option decides it, skip leaves it to others, undo takes it back."""
    found = ruling_rows.get_escalation(desk.tx, row.ref)
    if found is None:
        raise Refused("review.gone")
    job = jobs.get_job(desk.tx, found.job)
    if not review.may_review(desk, person, job):
        raise Refused("review.nobody")
    if choice == "undo":
        _undo_label(desk, person, row, message, (job, found))
        return
    if found.state != "open":
        raise Refused("review.decided")
    if found.claimed_until > desk.now and found.claimed_by != person.id:
        raise Refused("review.taken")
    lang, task = _lang(desk, person), tasks.get_task(desk.tx, found.task)
    if choice == "skip":
        ruling_rows.skip(desk.tx, found.id, person.id)
        ruling_rows.claim(desk.tx, found.id, None, 0)
        what = desk.say(lang, "review.did.skip")
        desk.edit(row, Card(text=desk.say(lang, "receipt", said=what, item=review_views.short(task))), message)
    elif choice.isdigit() and int(choice) < len(job.spec.options):
        label = int(choice)
        rulings.rule(desk, job, task.id, label, ("recheck", found.id, person.id))
        ruling_rows.set_escalation(desk.tx, task.id, "done")
        _judge_again(desk, job, found)
        alerts.insert_event(desk.tx, "review.label", desk.now, actor=person.id, job=job.id, task=task.id, label=label)
        what = review_views.said(desk, lang, job, label)
        desk.edit(row, review_views.done_card(desk, row, lang, what, task), message)
    else:
        raise Refused("press.forged")
    desk.toast(what)
    _go_on(desk, person)


def _undo_label(desk: Desk, person: Person, row: CardRow, message: str | None, case: tuple[Job, Escalation]) -> None:
    job, found = case
    at = ruling_rows.ruled_at(desk.tx, "recheck", found.id, person.id)
    if at is None or desk.now - at > desk.house.undo_ms or job.state not in LIVE:
        raise Refused("review.late")
    ruling_rows.delete_ruling(desk.tx, "recheck", found.id)
    ruling_rows.set_escalation(desk.tx, found.task, "open")
    _judge_again(desk, job, found)
    ruling_rows.claim(desk.tx, found.id, person.id, desk.now + CLAIM_MS)
    alerts.insert_event(desk.tx, "review.undo", desk.now, actor=person.id, job=job.id, task=found.task)
    desk.toast(desk.say(_lang(desk, person), "review.undone"))
    task = tasks.get_task(desk.tx, found.task)
    desk.edit(row, review_views.label_card(desk, row, _lang(desk, person), job, task), message)


def _judge_again(desk: Desk, job: Job, found: Escalation) -> None:
    verdicts.reconsider(desk, job, tasks.get_task(desk.tx, found.task), active=0, change=lambda: None)


# ---- the maker's appeal -------------------------------------------------------------------------------------------


def press_rejection(desk: Desk, person: Person, row: CardRow, message: str | None) -> None:
    """The maker of rejected answers presses Appeal."""
    job, found = appeals.rejections_on(desk, person, row)
    lodged = sum(review.appeal(desk, job, held) for held in found)
    if not lodged:
        raise Refused("review.appeal.closed")
    appeals.appealed(desk, person, row, message, lodged)
