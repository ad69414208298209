"""What a job still waits for before it can end, and what it has spent: held answers, appeals, experts."""

from __future__ import annotations

from core import ledger
from core.review import AcceptanceState
from core.service.house import Desk
from core.store import journal, reviews, rulings
from core.store.jobs import Job
from core.texts import money


def judges(job: Job) -> bool:
    """Whether anything in this job waits for people's judgement."""
    return job.spec.review is not None or job.spec.experts is not None


def counts_by_books(job: Job) -> bool:
    """Whether not every answer paid is one that the job counts: reviews, experts, paid training."""
    return judges(job) or (job.spec.training is not None and job.spec.training.paid)


def spent(desk: Desk, job: Job) -> int:
    """What the job has paid so far, fee included: all that it was given and neither holds nor gave back."""
    if not counts_by_books(job):
        return job.bought * job.price.total
    if job.opened_at is None:
        return 0
    held = sum(journal.balance(desk.tx, code, job.asset) for code in (ledger.escrow(job.id), ledger.reserved(job.id)))
    return (
        job.budget
        - held
        - journal.credited(desk.tx, ledger.refund_key(job.id), ledger.requester(job.requester), job.asset)
    )


def paid_and_fee(desk: Desk, job: Job) -> tuple[int, int]:
    """What workers got and what the platform got of what was spent, paid training among it."""
    lessons = _lessons_paid(desk, job)
    if not judges(job):
        return (job.bought + lessons) * job.pay, (job.bought + lessons) * job.fee
    decided, special = rulings.decided_by_experts(desk.tx, job.id), job.price_of(1)
    ordinary = job.bought + lessons - decided - reviews.unpaid_in(desk.tx, job.id)
    return ordinary * job.pay + decided * special.pay, ordinary * job.fee + decided * special.fee


def _lessons_paid(desk: Desk, job: Job) -> int:
    """Training answers that the job has paid; each costs what an answer does."""
    if job.spec.training is None or not job.spec.training.paid or not job.price.total:
        return 0
    return -journal.turnover(desk.tx, "teach", ledger.escrow(job.id), job.asset) // job.price.total


def earned(desk: Desk, person: int, job: Job, answers: int) -> int:
    """What a worker's answers in a job have brought them so far: not those under review or rejected."""
    if not judges(job):
        return answers * job.pay
    expert = rulings.expert_answers(desk.tx, person, job.id) if job.spec.experts else 0
    return (answers - expert - sum(reviews.unpaid_of(desk.tx, person, job.id))) * job.pay + expert * job.price_of(1).pay


def held_pay(desk: Desk, person: int, job: Job) -> int:
    """What a worker will earn in a job if all their answers under review are accepted."""
    return reviews.unpaid_of(desk.tx, person, job.id)[0] * job.pay if job.spec.review else 0


def before_completed(desk: Desk, job: Job) -> bool:
    """Whether a job whose tasks are done may still get work: a rejection reopens a task, an expert may decide one."""
    if not judges(job):
        return False
    return reviews.any_held(desk.tx, job.id, AcceptanceState.PENDING) or rulings.any_open(desk.tx, job.id)


def held(desk: Desk, job: Job) -> bool:
    """Whether the money of any answer is still held: the job cannot be settled before."""
    return job.spec.review is not None and reviews.any_held(
        desk.tx, job.id, AcceptanceState.PENDING, AcceptanceState.REJECTED, AcceptanceState.APPEALED
    )


def line(desk: Desk, job: Job) -> str:
    """What waits, as a line for /status; empty when nothing does."""
    if not judges(job):
        return ""
    counts = reviews.held_counts(desk.tx, job.id)
    experts, labels = (rulings.open_count(desk.tx, job.id, who) for who in ("expert", "reviewer"))
    if not counts and not experts and not labels:
        return ""
    return desk.say(
        "en",
        "review.status",
        pending=counts.get(AcceptanceState.PENDING, 0),
        rejected=counts.get(AcceptanceState.REJECTED, 0),
        appeals=counts.get(AcceptanceState.APPEALED, 0),
        experts=experts,
        labels=labels,
        held=money(sum(counts.values()) * job.price.total, job.asset),
    )
