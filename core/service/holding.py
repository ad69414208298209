"""An answer that is to be reviewed is held: its pay stays reserved until it is accepted; an undo lets it go."""

from __future__ import annotations

from core import review, routing
from core.errors import Refused
from core.review import AcceptanceState
from core.service.house import Desk
from core.store import reviews, texts
from core.store.assignments import Answer, Assignment
from core.store.jobs import Job


def hold(desk: Desk, job: Job, lease: Assignment, answer: Answer) -> bool:
    """Whether this answer is reviewed before it is paid; then it enters the queue.

    The dice belong to worker and task, so that undoing and answering again draws no other lot; control tasks are drawn
    like others, so that pay does not tell them apart. An expert's word is not reviewed.
    """
    policy = job.spec.review
    if policy is None or lease.expert:
        return False
    dice = routing.dice(desk.house.secret, lease.person, job.id, -lease.task)
    if not review.picked(policy.share, dice):
        return False
    second = int(review.picked(policy.second, dice))
    span = (desk.now + desk.house.undo_ms, desk.now + policy.accept_after_seconds * 1000)
    reviews.insert_review(desk.tx, (lease.id, answer.id, lease.task, job.id, lease.person), second, span, desk.now)
    return True


def check_undo(desk: Desk, assignment: int) -> None:
    """Refused when a reviewer has judged this answer, or time has accepted it."""
    held = reviews.review_of(desk.tx, assignment)
    if held is None:
        return
    if (
        held.state != AcceptanceState.PENDING
        or reviews.judged_by(desk.tx, held.id)
        or texts.has_check(desk.tx, held.id)
    ):
        raise Refused("undo.reviewed")


def let_go(desk: Desk, assignment: int) -> bool:
    """The worker takes the answer back: True when it was held, so that no pay has to be reversed."""
    held = reviews.review_of(desk.tx, assignment)
    if held is None:
        return False
    reviews.delete_review(desk.tx, held.id)
    return True
