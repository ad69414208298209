"""What time alone brings about: leases run out, jobs end, progress is redrawn, stalls and low budgets are noticed."""

from __future__ import annotations

from core import ledger
from core.messages import Card, Priority, Reply
from core.model import UNDER_WAY, JobState
from core.service import alarms, bans, chain, closing, inviting, probation, review, rules, standins, views, wear, work
from core.service.house import Desk, House
from core.store import assignments, batches, cards, jobs, journal
from core.store.jobs import Job
from core.store.tx import Tx

EXPIRE_AT_ONCE = 200
"""Leases that one tick takes back at most, so that a long pause does not block the store."""
REDRAW_SHARE = 0.02
"""The progress message is edited when at least this share of the tasks has been done since."""
KEEP_MS = 7 * 86_400_000
"""Said speeches and inbox keys are kept a week; platforms redeliver for a day at most (Telegram)."""


def tick(tx: Tx, now: int, house: House) -> Reply:
    """A look at everything that is due; run every few seconds."""
    desk = Desk(tx, house, now)
    for lease in assignments.due_assignments(tx, now, EXPIRE_AT_ONCE):
        work.expire(desk, lease)
    bans.tick(desk)
    probation.tick(desk)
    review.tick(desk)
    chain.tick(desk, review.by_check)
    rules.tick(desk)
    standins.tick(desk)
    alarms.release(desk)
    inviting.tick(desk)
    for job in jobs.jobs_in(tx, *UNDER_WAY, JobState.CLOSING):
        _look_at(desk, job)
    return desk.reply


def _look_at(desk: Desk, job: Job) -> None:
    review.look_after(desk, job)
    if job.state == JobState.CLOSING:
        if not job.active:
            closing.settle(desk, job)
        return
    reason = closing.why_over(desk, job)
    if reason is not None:
        closing.close_job(desk, job, reason)
        return
    step = views.LEAST_STEP if views.in_steps(desk, job) else 1
    if abs(job.done - job.progress_shown) >= max(step, REDRAW_SHARE * job.tasks):
        closing.redraw_progress(desk, job)
    _watch_budget(desk, job)
    _watch_stall(desk, job)
    wear.look(desk, job)


def _watch_budget(desk: Desk, job: Job) -> None:
    left = journal.balance(desk.tx, ledger.escrow(job.id), job.asset)
    if job.budget and left < desk.house.budget_low * job.budget and job.done < job.tasks:
        key = f"budget:{job.id}:{job.budget}"
        evidence = {"left": left / 1_000_000, "budget": job.budget / 1_000_000, "asset": job.asset}
        if alarms.raise_alert(desk, "budget", (job.id, None), evidence, key=key):
            text = desk.say("en", "job.budget.low", job=job.id)
            desk.send(job.place, Card(text=text), priority=Priority.NOTICE)


def _watch_stall(desk: Desk, job: Job) -> None:
    since = job.answered_at or job.opened_at
    waits = job.state == JobState.OPEN and job.done < job.tasks
    if waits and since is not None and desk.now - since >= desk.house.stalled_ms:
        evidence = {"minutes": (desk.now - since) // 60_000, "done": job.done, "tasks": job.tasks}
        alarms.raise_alert(desk, "stalled", (job.id, None), evidence, key=f"stalled:{job.id}:{since}")


def refit(tx: Tx, now: int, claim: str) -> int:
    """Queue an aggregate run for every open job with new answers in this window; how many."""
    queued = 0
    for job in jobs.jobs_in(tx, *UNDER_WAY):
        last = batches.latest_done(tx, job.id)
        claim = f"at:{assignments.last_answer(tx, job.id)}"
        fresh = last is None or last.claim != claim
        if job.answers and fresh and batches.queue_run(tx, closing.AGGREGATE, job.id, claim, False, now):
            queued += 1
    return queued


def tidy(tx: Tx, now: int) -> int:
    """Forget what nobody needs any more; how many rows went."""
    return cards.prune(tx, now - KEEP_MS)
