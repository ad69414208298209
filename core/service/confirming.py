"""Judges tasks that are done anew when what is believed of their workers changes: a verdict is provisional at first.

A verdict is final once it has stood `CONFIRM` refits, as in the replays. Until then its label and confidence follow the
belief, and a task that is no longer sure enough is reopened while the job can pay for another answer.
"""

from __future__ import annotations

from core import ledger
from core.model import TEXT, JobState
from core.routing import Verdict
from core.service import verdicts
from core.service.house import Desk
from core.store import alerts, beliefs, jobs, journal, provisional, tasks, texts
from core.store.jobs import Job
from core.store.tasks import Task

LEAST, MOST = 30, 1_000_000
"""Answers from which a crowd is fitted (below, everybody is a stranger anyway), and up to which: a minute of a core."""
LAST_REFIT_MS = 20_000
"""A job waits at most so long for its last refit: one interval of the schedule (`beliefs` in config/default.toml)."""
PAGE = 100


def may_reopen(desk: Desk, job: Job) -> bool:
    """Whether verdicts of this job are provisional: by a belief, for classes; checks of texts decide at once."""
    by_belief = job.state == JobState.OPEN and bool(job.belief) and job.spec.overlap.policy != "fixed"
    return by_belief and job.spec.kind != TEXT and texts.maker_of(desk.tx, job.id) is None


def judge_page(desk: Desk, number: int, after: int) -> tuple[int, int]:
    """Judge the provisional tasks after that position; the position of the last one, and how many there were.

    Tasks with an answer on its way, and those on which a person's word stands or is asked for, are left alone.
    """
    job = jobs.get_job(desk.tx, number)
    if not may_reopen(desk, job):
        return after, 0
    last, count = provisional.last_of_page(desk.tx, number, after, PAGE)
    room = _affordable(desk, job)
    reopened: list[int] = []
    for task in provisional.doubtful(desk.tx, number, after, last):
        if _judge(desk, job, tasks.get_task(desk.tx, task), may_buy=len(reopened) < room):
            reopened.append(task)
    provisional.count_stood(desk.tx, number, after, last)
    if reopened:
        provisional.begin_again(desk.tx, reopened)
        alerts.insert_event(desk.tx, "tasks.reopened", desk.now, job=number, tasks=len(reopened))
    return last, count


def _affordable(desk: Desk, job: Job) -> int:
    """How many more tasks the job could pay an answer for, after one for every open task."""
    if not job.price.total:
        return PAGE
    return journal.balance(desk.tx, ledger.escrow(job.id), job.asset) // job.price.total - (job.tasks - job.done)


def _judge(desk: Desk, job: Job, task: Task, *, may_buy: bool) -> bool:
    """Judge a done task anew; whether it is open again. One that could not be paid for keeps its verdict."""
    verdict, votes = verdicts.judged(desk, job, task, active=0)
    if verdict.done and verdict.label == task.label:
        if _is_news(task, verdict):
            tasks.set_verdict(desk.tx, task, verdict, task.active, votes)
        return False
    if not verdict.done and not may_buy:
        return False
    verdicts.reconsider(desk, job, task, active=0, change=lambda: None)
    return not verdict.done


def _is_news(task: Task, verdict: Verdict) -> bool:
    return round(verdict.confidence * tasks.PPM) != task.confidence


def waits_for_refit(desk: Desk, job: Job) -> bool:
    """Whether a job that has come to its end should wait for a last refit, which may reopen tasks or settle them.

    There is one for every number of answers, and nobody waits longer than the undo window and one refit's interval.
    """
    if job.spec.overlap.policy == "fixed" or not LEAST <= job.bought <= MOST:
        return False
    quiet = desk.now - (job.answered_at or 0)
    return quiet < desk.house.undo_ms + LAST_REFIT_MS and beliefs.answers_at_fit(desk.tx, job.id) != job.bought
