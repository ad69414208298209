"""The end of a job: when it is over, its final labels, its refund, and the results in its channel."""

from __future__ import annotations

import json
from typing import Any

from core import ledger
from core.errors import Refused
from core.messages import Card, Priority, Said
from core.model import UNDER_WAY, CloseReason, JobState
from core.service import alarms, chain, confiding, confirming, learning, views, waiting
from core.service.house import Desk
from core.store import alerts, assignments, batches, jobs, journal, people, takers
from core.store import cards as card_rows
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.texts import money

AGGREGATE = "aggregate"
PRELIMINARY = "results:preliminary"
"""The claim of the run that gives a requester labels while the last reviews and appeals are open."""
HUMAN = "human"
"""The claim of a run in which no model has a part begins so."""
FINAL = "final"
"""The claim of a job's last run; one while it is open carries the number of its newest answer."""


def why_over(desk: Desk, job: Job) -> CloseReason | None:
    """Why an open job is over now, if it is. The last answers stay undoable: a job waits for them before it ends."""
    if job.deadline is not None and desk.now >= job.deadline:
        return CloseReason.DEADLINE
    if job.state != JobState.OPEN or job.active:
        return None
    if job.answered_at is not None and desk.now - job.answered_at < desk.house.undo_ms:
        return None
    checks = chain.needed(desk, job)
    if job.done >= job.tasks or checks is False:
        held = waiting.before_completed(desk, job) or checks or confirming.waits_for_refit(desk, job)
        return None if held else CloseReason.COMPLETED
    if waiting.held(desk, job):
        return None
    if journal.balance(desk.tx, ledger.escrow(job.id), job.asset) < job.price.total:
        return CloseReason.BUDGET
    return CloseReason.EXHAUSTED if _is_exhausted(desk, job) else None


def _is_exhausted(desk: Desk, job: Job) -> bool:
    """Whether all open tasks are for named people, and none of those is left to take one."""
    if not job.reserved & jobs.RESERVES or confirming.waits_for_refit(desk, job):
        return False
    return not (waiting.before_completed(desk, job) or takers.any_left(desk.tx, job.id, job.requester, desk.now))


def close_job(desk: Desk, job: Job, reason: CloseReason) -> None:
    """Buy nothing more. Tasks in hand may be finished and are paid; then comes the final aggregate run."""
    jobs.mark_closing(desk.tx, job.id, reason, desk.now)
    alerts.insert_event(desk.tx, "job.closing", desk.now, job=job.id, reason=reason)
    text = desk.say("en", "job.closing", job=job.id, reason=desk.say("en", f"reason.close.{reason}"))
    desk.send(job.place, Card(text=text), priority=Priority.NOTICE)
    redraw_progress(desk, jobs.get_job(desk.tx, job.id))


def settle(desk: Desk, job: Job) -> None:
    """A closing job whose last lease is back: refund what is left and queue the final run.

    While answers wait for review or may be appealed, their pay is held and only a preliminary run is queued.
    """
    if waiting.held(desk, job):
        batches.queue_run(desk.tx, AGGREGATE, job.id, PRELIMINARY, False, desk.now)
        return
    left = journal.balance(desk.tx, ledger.escrow(job.id), job.asset)
    if left:
        journal.post(desk.tx, ledger.refund(job.id, job.requester, left, job.asset), desk.now)
    batches.queue_run(desk.tx, AGGREGATE, job.id, FINAL, True, desk.now)


def redraw_progress(desk: Desk, job: Job) -> None:
    """Show where the job stands in its channel's progress message."""
    if job.progress_card is None:
        return
    jobs.set_progress(desk.tx, job.id, job.progress_card, job.done)
    desk.edit(card_rows.get_card(desk.tx, job.progress_card), views.progress_card(desk, job))


def finish(desk: Desk, run: BatchRun, report: dict[str, Any], files: list[tuple[str, str]]) -> None:
    """A batch run's labels are stored: post the results of a final run and close the job."""
    job = jobs.get_job(desk.tx, run.job)
    if run.final and job.state == JobState.CLOSING:
        jobs.mark_closed(desk.tx, job.id, desk.now)
        alerts.insert_event(desk.tx, "job.closed", desk.now, job=job.id, reason=job.reason, run=run.id)
        redraw_progress(desk, jobs.get_job(desk.tx, job.id))
    learning.after_aggregate(desk, run, job)
    if run.final or run.claim.startswith(("results", HUMAN)):
        place = people.get_person(desk.tx, job.requester).home if job.state in UNDER_WAY else job.place
        desk.send_files(place, result_card(desk, job, report, run.claim.startswith(HUMAN)), files)


def failed(desk: Desk, run: BatchRun, error: str) -> None:
    """A batch run failed for good: admins and the requester's channel are told."""
    job = jobs.get_job(desk.tx, run.job)
    alarms.raise_alert(desk, "batch", (job.id, None), {"error": error[:300]}, key=f"batch:{run.id}")
    if run.final:
        desk.send(job.place, Card(text=desk.say("en", "results.failed", job=job.id)), priority=Priority.NOTICE)


def result_card(desk: Desk, job: Job, report: dict[str, Any], human: bool = False) -> Card:
    """The summary above the result files; `human` says that no model had a part in them."""
    spent = journal.balance(desk.tx, ledger.escrow(job.id), job.asset)
    pay, fee = waiting.paid_and_fee(desk, job)
    refunded = journal.turnover(desk.tx, "refund", ledger.requester(job.requester), job.asset) if not spent else 0
    text = desk.say(
        "en",
        "results",
        tasks=report.get("tasks", job.tasks),
        answers=job.answers,
        per_task=f"{job.answers / max(1, job.tasks):.2f}",
        controls=job.control_answers,
        workers=report.get("workers", "-"),
        confidence=f"{float(report.get('mean_confidence', 0.0)):.0%}",
        method=_method(report),
        paid=money(pay, job.asset),
        fee=money(fee, job.asset),
        refunded=money(max(0, job.budget - pay - fee), job.asset) if refunded else "-",
        reason=desk.say("en", f"reason.close.{job.reason}") if job.reason else "-",
    )
    if report.get("by_model"):
        text += "\n" + desk.say("en", "results.by_model", alone=report["by_model"])
    if human:
        text += "\n" + desk.say("en", "results.human")
    return Card(title=desk.say("en", "results.title", job=job.id, title=job.title), text=text)


def _method(report: dict[str, Any]) -> str:
    """The run's method, and what it chose and why when it says so."""
    method = str(report.get("method", "-"))
    told = f"{method} ({report['chosen']}): {report['reason']}" if report.get("reason") else method
    weight = float(report.get("text_weight") or 0.0)
    return f"{told} The items' text counts {weight:.0%}." if weight else told


def send_results_again(desk: Desk, job: Job, command: Said, *, human: bool = False) -> None:
    """/results: post the newest finished run once more, or queue one for a job that is under way, or a `human` one.

    Labels so far go to the requester alone: workers who read them would be steered, and would know control tasks by
    their absence.
    """
    place, requester = command.place, people.get_person(desk.tx, job.requester)
    if job.state in UNDER_WAY and job.answers:
        place = confiding.place_for(desk, job, requester, command, "results.private")
    over = job.state in (JobState.CLOSING, JobState.CLOSED) and not human
    claim = FINAL if over else f"{HUMAN if human else 'results'}:{assignments.last_answer(desk.tx, job.id)}"
    run = batches.find_run(desk.tx, AGGREGATE, job.id, claim)
    if run is not None and run.state == "done":
        report = json.loads(run.report)
        files = [(path, name) for path, name in report["files"]]
        desk.send_files(place, result_card(desk, job, report["metrics"], human), files)
        return
    if not job.answers:
        raise Refused("results.none", job=job.id)
    if run is not None and run.state == "failed":
        batches.retry(desk.tx, run.id)
    elif not over:
        batches.queue_run(desk.tx, AGGREGATE, job.id, claim, False, desk.now)
    here = job.state not in UNDER_WAY or place == requester.home
    text = desk.say("en", "results.soon" if here else "results.private", job=job.id, who=requester.handle)
    desk.send(place, Card(text=text), priority=Priority.NOTICE)
