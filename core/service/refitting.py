"""Refits what is believed of each open job's crowd as answers come in, and judges its open tasks anew.

Rows are read and tasks judged in short units of work; the fit itself runs outside of any transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from core.beliefs.rows import Row, believe
from core.messages import Reply
from core.model import JobState
from core.ports import Clock, Store
from core.service import verdicts
from core.service.house import Desk, House
from core.store import beliefs, jobs, tasks
from core.store.tx import Tx

LEAST = 30
"""Answers from which a crowd is fitted: below, everybody is a stranger anyway."""
GROWTH = 0.1
"""Share of new answers that calls for another fit (one in ten, as in the replays)."""
MOST = 1_000_000
"""Answers of one job up to which it is refitted: about a minute of one core."""
PAGE = 2_000
JUDGED_AT_ONCE = 100
MOST_JUDGED = 20_000


@dataclass(slots=True)
class Record:
    """What one fit starts from."""

    answers: list[Row] = field(default_factory=list)
    gold: dict[int, int] = field(default_factory=dict)
    priors: dict[int, list[float]] = field(default_factory=dict)
    classes: int = 2


async def refit_due(store: Store, clock: Clock, house: House, say: Callable[[Reply], None]) -> int:
    """Refit every open job whose answers have grown enough; how many."""
    due = await store.run(beliefs.jobs_to_refit, LEAST, GROWTH, MOST)
    fitted = 0
    for job, answers in due:
        record = await _read(store, job)
        if record is None:
            continue
        body = await asyncio.to_thread(fit, record)
        await store.run(beliefs.put_belief, job, body, answers, clock.now())
        await judge_open_tasks(store, clock, house, job, say)
        fitted += 1
    return fitted


async def _read(store: Store, number: int) -> Record | None:
    """The job's answers, page by page; None for a job of fixed overlap, which buys the same answers either way."""
    record = await store.run(_begin, number)
    after = 0
    while record is not None:
        rows, after = await store.run(beliefs.answers_after, number, after, PAGE)
        record.answers += rows
        if not after:
            break
    return record


def _begin(tx: Tx, number: int) -> Record | None:
    job = jobs.get_job(tx, number)
    if job.spec.overlap.policy == "fixed" or job.state != JobState.OPEN:
        return None
    gold = dict(beliefs.gold_of(tx, number))
    return Record([], gold, beliefs.priors_of_job(tx, number) if job.priors else {}, len(job.spec.options))


def fit(record: Record) -> bytes:
    """The belief that these answers lead to, as it is stored."""
    return believe(record.answers, record.gold, record.priors, record.classes).dumps()


async def judge_open_tasks(store: Store, clock: Clock, house: House, job: int, say: Callable[[Reply], None]) -> None:
    """Tasks with most answers first, a few hundred a unit, so that no tap waits long."""
    most = await store.run(lambda tx: jobs.get_job(tx, job).spec.overlap.max)
    judged = 0
    for answers in range(most - 1, 0, -1):
        after, count = -1, JUDGED_AT_ONCE
        while count == JUDGED_AT_ONCE and judged < MOST_JUDGED:
            after, count, reply = await store.run(_judge_page, job, answers, after, clock.now(), house)
            judged += count
            say(reply)


def _judge_page(tx: Tx, number: int, answers: int, after: int, now: int, house: House) -> tuple[int, int, Reply]:
    desk = Desk(tx, house, now)
    job = jobs.get_job(tx, number)
    page = beliefs.begun_tasks(tx, number, answers, after, JUDGED_AT_ONCE) if job.state == JobState.OPEN else []
    for task, _ in page:
        verdicts.reconsider(desk, jobs.get_job(tx, number), tasks.get_task(tx, task), active=0, change=lambda: None)
    return (page[-1][1] if page else after), len(page), desk.reply
