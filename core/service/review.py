"""What becomes of an answer under review: accepted and paid, rejected and appealed, put right; money and votes follow.

A reviewer's word is a draft while it can be undone; the clock lets it take effect. Until then nothing has moved, so
taking it back is exact. The money of a held answer stays in the job's `reserved` and moves once, when all is decided.
"""

from __future__ import annotations

from core import ledger
from core import review as rules
from core.messages import Card
from core.model import Handle, JobState
from core.review import AcceptanceState, Settled
from core.service import appeals, chain, confiding, experts, rulings, verdicts, voids
from core.service.house import Desk
from core.store import alerts, assignments, jobs, journal, people, reviews, tasks
from core.store import rulings as ruling_rows
from core.store.jobs import Job
from core.store.people import Person
from core.store.reviews import Review, ReviewVote

NO_TEXT = 1
"""The label of a task whose texts all failed: it is done without one, unless an expert writes it."""
AT_ONCE = 200
"""Answers that one tick settles at most."""
Fault = tuple[str, str, int | None]
"""Why an answer is rejected: a reason of core.review, what was typed, and what it should have been."""


def may_review(desk: Desk, person: Person, job: Job) -> bool:
    """Whether this person may judge the job's answers: its reviewers, its requester, an admin."""
    policy = job.spec.review
    if policy is None:
        return False
    named = person.handle in policy.reviewers or person.id == job.requester
    return named or Handle(person.platform, person.user) in desk.house.admins


def tick(desk: Desk) -> None:
    """Let votes take effect that can no longer be undone, and time settle what nobody decided."""
    for vote in reviews.due_votes(desk.tx, desk.now - desk.house.undo_ms, AT_ONCE):
        _take_effect(desk, vote)
    for held in reviews.due_reviews(desk.tx, desk.now, AT_ONCE):
        _lapse(desk, held)
    for late in ruling_rows.due_escalations(desk.tx, desk.now, AT_ONCE):
        if not ruling_rows.in_hand(desk.tx, late.task):
            ruling_rows.set_escalation(desk.tx, late.task, "lapsed")


def look_after(desk: Desk, job: Job) -> None:
    """Tell experts and reviewers, a few times a day at most, that work of a job waits for them."""
    if job.spec.experts and job.state == JobState.OPEN:
        experts.call(desk, job)
    policy = job.spec.review
    if policy is None or desk.now - reviews.last_told(desk.tx, job.id, "review") < experts.TOLD_AGAIN_MS:
        return
    waiting = reviews.ready_count(desk.tx, job.id, desk.now)
    waiting += ruling_rows.ready_count(desk.tx, job.id, (desk.now - desk.house.undo_ms, desk.now))
    if not waiting:
        return
    reviews.mark_told(desk.tx, job.id, "review", desk.now)
    named = [people.select_person(desk.tx, handle) for handle in policy.reviewers]
    here = [person for person in named if person is not None and person.state != "gone"]
    for person in here or [people.get_person(desk.tx, job.requester)]:
        _call(desk, person, job, waiting)


def _call(desk: Desk, person: Person, job: Job, waiting: int) -> None:
    """Tell somebody that work waits for their review; in the job's channel where the bot may not write to them."""
    if not person.reachable:
        confiding.tell(desk, job, person, "private.start_first", command="/review")
        return
    lang = desk.house.texts.best(person.lang)
    desk.notify(person, Card(title=job.title, text=desk.say(lang, "review.call", n=waiting)))


# ---- what votes and time bring about ------------------------------------------------------------------------------


def _take_effect(desk: Desk, vote: ReviewVote) -> None:
    reviews.make_effective(desk.tx, vote.id)
    held = reviews.get_review(desk.tx, vote.review)
    if held is None or held.settled != Settled.HELD or held.stage != vote.stage:
        return
    job = jobs.get_job(desk.tx, held.job)
    votes = [said for said in reviews.votes_on(desk.tx, held.id, vote.stage) if said.effective]
    accepted = _decided(held, [said.choice == "accept" for said in votes])
    if accepted is None:
        reviews.claim(desk.tx, held.id, None, 0)
        if len({said.choice for said in votes}) > 1 and job.spec.experts:
            _contest(desk, job, held)
        return
    fixes = [said for said in votes if (said.choice == "accept") is accepted]
    last = next((said for said in fixes if said.fix is not None), fixes[-1])
    fault = (last.reason, last.note, last.fix)
    words = ("accepted", "rejected") if held.stage == 1 else ("overturned", "upheld")
    _log(desk, held, words[not accepted], last.reviewer, last.reason)
    if accepted:
        accept(desk, job, held, last.fix)
    elif held.stage == 1:
        reject(desk, job, held, fault)
    else:
        _uphold(desk, job, held)


def _decided(held: Review, votes: list[bool]) -> bool | None:
    if held.stage == 1:
        return rules.outcome(votes, rules.reviewers_needed(bool(held.second)))
    return rules.outcome(votes, rules.panel_need(held.panel), held.panel)


def _contest(desk: Desk, job: Job, held: Review) -> None:
    """Reviewers disagree: an expert is asked for the label. The answer itself waits for a third reviewer."""
    lease = assignments.get_assignment(desk.tx, held.assignment)
    if lease is not None and not lease.control:
        rulings.escalate(desk, job, held.task, "reviewers")


def _lapse(desk: Desk, held: Review) -> None:
    job = jobs.get_job(desk.tx, held.job)
    if held.state == AcceptanceState.REJECTED:
        forfeit(desk, job, held, AcceptanceState.REJECTED)
    else:
        _log(desk, held, "lapsed", None, "")
        accept(desk, job, held, None, event="lapse")


def accept(desk: Desk, job: Job, held: Review, fix: int | None = None, *, event: str = "accept") -> None:
    """Pay a held answer; after a rejection its vote counts again and its maker is told."""
    state = rules.after(held.state, event)
    assert state in rules.PAID, "an answer is accepted when it is pending or appealed"
    if job.price.total:
        journal.post(desk.tx, ledger.accept(held.answer, job.id, held.person, job.price), desk.now)
    reviews.move(desk.tx, held.id, state, Settled.PAID, desk.now)
    if held.state == AcceptanceState.APPEALED:
        ruling_rows.delete_ruling(desk.tx, "fix", held.id)
        _count(desk, job, held, True)
        appeals.tell_outcome(desk, job, held, paid=True)
    elif fix is not None:
        reviews.give_reason(desk.tx, held.id, "", "", fix)
        _rule(desk, job, held, fix)
        _judge_again(desk, job, held)


def reject(desk: Desk, job: Job, held: Review, fault: Fault, *, tell: bool = True) -> None:
    """The answer counts no more; its pay stays held while its maker may appeal, and they are told why."""
    policy = job.spec.review
    assert policy is not None, "only a job with review rejects"
    reviews.give_reason(desk.tx, held.id, *fault)
    due = desk.now + policy.appeal_seconds * 1000
    reviews.move(desk.tx, held.id, AcceptanceState.REJECTED, Settled.HELD, due)
    if fault[2] is not None:
        _rule(desk, job, held, fault[2])
    elif chain.exhausted(desk, job, held):
        _rule(desk, job, held, NO_TEXT)
        if job.spec.experts:
            rulings.escalate(desk, job, held.task, "rounds")
    _count(desk, job, held, False)
    if tell:
        appeals.tell_rejection(desk, job, held.id)


def forfeit(desk: Desk, job: Job, held: Review, state: str) -> None:
    """A rejection stands: what was held for the answer goes back to the job."""
    if job.price.total:
        journal.post(desk.tx, ledger.forfeit(held.answer, job.id, job.price), desk.now)
    reviews.move(desk.tx, held.id, state, Settled.FORFEITED, desk.now)
    appeals.close_card(desk, held, state)


def _uphold(desk: Desk, job: Job, held: Review) -> None:
    forfeit(desk, job, held, AcceptanceState.UPHELD)
    appeals.tell_outcome(desk, job, held, paid=False)


def by_check(desk: Desk, job: Job, held: Review, passed: bool) -> None:
    """Others have checked a typed answer: it is paid, or rejected and goes out again to be improved."""
    _log(desk, held, "accepted" if passed else "rejected", None, "check")
    if passed:
        accept(desk, job, held)
    else:
        reject(desk, job, held, ("check", "", None))


def _rule(desk: Desk, job: Job, held: Review, label: int) -> None:
    """A reviewer's correction decides the task; a control task has its answer already."""
    lease = assignments.get_assignment(desk.tx, held.assignment)
    if lease is not None and not lease.control:
        votes = reviews.votes_on(desk.tx, held.id, held.stage)
        rulings.rule(desk, job, held.task, label, ("fix", held.id, votes[-1].reviewer if votes else 0))


def _count(desk: Desk, job: Job, held: Review, counts: bool) -> None:
    """Set the answer's vote aside, or let it count again; the task is judged anew either way."""
    change = voids.count_again if counts else voids.set_aside
    moved = change(desk, job, held.assignment, voids.REJECTED)
    if not moved.moved:
        _judge_again(desk, job, held)


def _judge_again(desk: Desk, job: Job, held: Review) -> None:
    task = tasks.get_task(desk.tx, held.task)
    if task.gold is None:
        verdicts.reconsider(desk, job, task, active=0, change=lambda: None)


def _log(desk: Desk, held: Review, what: str, actor: int | None, reason: str) -> None:
    alerts.insert_event(
        desk.tx,
        f"review.{what}",
        desk.now,
        actor=actor,
        job=held.job,
        person=held.person,
        review=held.id,
        stage=held.stage,
        reason=reason,
    )


# ---- for rules and admins -----------------------------------------------------------------------------------------


def approve_all(desk: Desk, person: Person, job: Job) -> int:
    """Accept and pay every answer of a worker in a job that waits for review; how many."""
    found = _undecided(desk, person, job)
    for held in found:
        _log(desk, held, "accepted", None, "rule")
        accept(desk, job, held)
    return len(found)


def reject_all(desk: Desk, person: Person, job: Job, reason: str) -> int:
    """Reject every answer of a worker in a job that waits for review, with that reason; how many.

    Answers that were paid stay paid. The worker gets one message and may appeal all at once.
    """
    found = _undecided(desk, person, job)
    for held in found:
        _log(desk, held, "rejected", None, "rule")
        reject(desk, job, held, ("other", reason, None), tell=False)
    if found:
        appeals.tell_all(desk, person, job, len(found), reason)
    return len(found)


def withdraw_rejections(desk: Desk, person: Person, job: Job, at: int) -> int:
    """Undo of a `reject_all` done at that time (ms): its answers that were not appealed wait for review again."""
    policy = job.spec.review
    due = at + policy.appeal_seconds * 1000 if policy else 0
    found = [r for r in reviews.held_of(desk.tx, person.id, job.id, AcceptanceState.REJECTED) if r.due_at == due]
    for held in found:
        again = desk.now + (policy.accept_after_seconds * 1000 if policy else 0)
        reviews.move(desk.tx, held.id, AcceptanceState.PENDING, Settled.HELD, again)
        reviews.give_reason(desk.tx, held.id, "", "", None)
        _count(desk, job, held, True)
    if found:
        lang = desk.house.texts.best(person.lang)
        desk.notify(person, Card(text=desk.say(lang, "review.withdrawn", n=len(found), job=job.title)))
    return len(found)


def _undecided(desk: Desk, person: Person, job: Job) -> list[Review]:
    found = reviews.held_of(desk.tx, person.id, job.id, AcceptanceState.PENDING)
    return [held for held in found if not reviews.judged_by(desk.tx, held.id)]


# ---- appeals ------------------------------------------------------------------------------------------------------


def appeal(desk: Desk, job: Job, held: Review) -> bool:
    """Put a rejected answer before others; False when it is too late or was appealed before."""
    policy = job.spec.review
    if policy is None or held.settled != Settled.HELD or desk.now >= held.due_at:
        return False
    if rules.after(held.state, "appeal") is None:
        return False
    others = _others(desk, job, held)
    due = desk.now + policy.appeal_seconds * 1000
    reviews.move(desk.tx, held.id, AcceptanceState.APPEALED, Settled.HELD, due)
    reviews.set_panel(desk.tx, held.id, rules.panel_of(others))
    _log(desk, held, "appealed", held.person, "")
    return True


def _others(desk: Desk, job: Job, held: Review) -> int:
    """How many could judge an appeal: reviewers and the requester, without the maker and those who decided before."""
    policy = job.spec.review
    assert policy is not None, "only a job with review has appeals"
    named = [people.select_person(desk.tx, handle) for handle in policy.reviewers]
    there = {person.id for person in named if person is not None} | {job.requester}
    return len(there - reviews.judged_by(desk.tx, held.id) - {held.person})
