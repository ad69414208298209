"""Make, check, fix: a text is checked by others; it passes, or goes out again to be improved, at last to an expert.

The checks are an ordinary classification job of the same requester, with its own price, overlap and budget.
"""

from __future__ import annotations

from collections.abc import Callable

from core import ledger
from core.messages import Card, Priority
from core.model import TEXT, UNDER_WAY, Check, Handle, Item, JobSpec, JobState, Option, Overlap
from core.review import AcceptanceState
from core.service import waiting
from core.service.house import Desk
from core.store import jobs, reviews, tasks, texts
from core.store.jobs import Job
from core.store.reviews import Review
from core.texts import money

PASSED = 0
CHECK_OPTIONS = (Option("yes", "Yes"), Option("no", "No"))
AT_ONCE = 200
"""Texts that one tick puts before checkers, and checks that one tick applies, at most."""
COLUMN = "answer to check"
"""The column of a check task that holds the text; the item's own columns stand before it."""


def open_checks(desk: Desk, job: Job, fund: Callable[[Desk, Job], None]) -> None:
    """Open and fund the job that checks a text job's answers; one without a check has none."""
    check = job.spec.check
    if job.spec.kind != TEXT or check is None:
        return
    fee = ledger.fee_of(check.price, desk.house.fee_ppm)
    spec = JobSpec(
        title=desk.say("en", "check.title", title=job.title)[:120],
        question=check.question,
        options=CHECK_OPTIONS,
        kind="yes_no",
        price=check.price,
        asset=job.asset,
        overlap=Overlap("dynamic", check.min, check.max, check.confidence),
        control_share=0.0,
        languages=job.spec.languages,
        priority=10,
    )
    budget = _budget(desk, job, check)
    number = jobs.insert_job(desk.tx, f"check:{job.id}", job.requester, job.place, spec, (fee, budget), desk.now)
    jobs.set_item_counts(desk.tx, number, 0, 0, jobs.EXCLUDES)
    fund(desk, jobs.get_job(desk.tx, number))
    jobs.mark_opened(desk.tx, number, desk.now, None)
    texts.link(desk.tx, job.id, number)
    text = desk.say("en", "check.opened", job=job.id, checks=number)
    desk.send(job.place, Card(text=text), priority=Priority.NOTICE)


def _budget(desk: Desk, job: Job, check: Check) -> int:
    """The most that the checks can cost: every text fails in every round, and every check takes all its answers."""
    price = check.price + ledger.fee_of(check.price, desk.house.fee_ppm)
    return job.tasks * check.rounds * check.max * price


def preview(desk: Desk, job: Job) -> str:
    """What a requester should know about the checks before publishing; empty when there are none."""
    check = job.spec.check
    if job.spec.kind != TEXT or check is None:
        return ""
    return desk.say("en", "job.checks", budget=money(_budget(desk, job, check), job.asset))


Decide = Callable[[Desk, Job, Review, bool], None]
"""Accepts (True) or rejects an answer that was checked."""


def tick(desk: Desk, decide: Decide) -> None:
    """Put new texts before their checkers, and let decided checks decide."""
    for job in jobs.jobs_in(desk.tx, *UNDER_WAY, JobState.CLOSING):
        if job.spec.kind == TEXT and job.spec.check is not None:
            _run(desk, job, job.spec.check.min, decide)


def _run(desk: Desk, job: Job, want: int, decide: Decide) -> None:
    checks = texts.checks_of(desk.tx, job.id)
    if checks is None:
        return
    for review, task, text in texts.unchecked(desk.tx, job.id, desk.now, AT_ONCE):
        _ask(desk, checks, (review, task, text), want)
    for task, review, label in texts.checked(desk.tx, checks, desk.now - desk.house.undo_ms, AT_ONCE):
        held = reviews.get_review(desk.tx, review)
        waits = held is not None and held.state == AcceptanceState.PENDING
        if held is not None and waits and reviews.judged_by(desk.tx, held.id):
            continue  # a reviewer is at it, and may still take it back
        texts.mark_applied(desk.tx, task)
        if held is not None and waits:
            decide(desk, job, held, label in (None, PASSED))


def _ask(desk: Desk, checks: int, about: tuple[int, int, str], want: int) -> None:
    review, number, text = about
    task = tasks.get_task(desk.tx, number)
    makers = tuple(Handle(*one) for one in texts.makers_of(desk.tx, number))
    item = Item(f"{task.ref}#{review}", {**task.columns, COLUMN: text}, unavailable_for=makers)
    tasks.insert_tasks(desk.tx, checks, texts.next_position(desk.tx, checks), [item], want)
    texts.add_check(desk.tx, texts.task_at(desk.tx, checks, item.ref), review, checks)


def exhausted(desk: Desk, job: Job, held: Review) -> bool:
    """Whether a text that has just been rejected was the last that workers may try; then an expert is asked."""
    check = job.spec.check
    return job.spec.kind == TEXT and check is not None and texts.failures(desk.tx, held.task) >= check.rounds


def needed(desk: Desk, job: Job) -> bool | None:
    """Whether a job of checks may still get tasks; False when nothing waits for them any more, None for other jobs."""
    number = texts.maker_of(desk.tx, job.id)
    if number is None:
        return None
    maker = jobs.get_job(desk.tx, number)
    return maker.state in UNDER_WAY or waiting.held(desk, maker)
