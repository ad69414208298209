"""Refits what is believed of each open job's crowd as answers come in, and judges its tasks anew that are not final.

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
from core.service import confirming, verdicts
from core.service.confirming import LEAST, MOST
from core.service.house import Desk, House
from core.store import beliefs, jobs, provisional, tasks
from core.store.jobs import Job
from core.store.tx import Tx

GROWTH = 0.1
"""Share of new answers that calls for another fit (one in ten, as in the replays)."""
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
    """Refit every open job whose answers have grown enough, or that comes to its end; how many."""
    due = dict(await store.run(beliefs.jobs_to_refit, LEAST, GROWTH, MOST))
    due |= dict(await store.run(beliefs.jobs_at_rest, LEAST, MOST))
    fitted = 0
    for job, answers in sorted(due.items()):
        record = await _read(store, job)
        if record is None:
            continue
        body = await asyncio.to_thread(fit, record)
        await store.run(beliefs.put_belief, job, body, answers, clock.now())
        await judge_tasks(store, clock, house, job, say)
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


async def judge_tasks(store: Store, clock: Clock, house: House, job: int, say: Callable[[Reply], None]) -> None:
    """Judge by the new belief every task of the job that has answers and is not final."""
    await judge_done_tasks(store, clock, house, job, say)  # first: what this refit settles has stood none yet
    await judge_open_tasks(store, clock, house, job, say)
    await judge_leased_tasks(store, clock, house, job, say)


async def judge_open_tasks(store: Store, clock: Clock, house: House, job: int, say: Callable[[Reply], None]) -> None:
    """Tasks with most answers first, a hundred a unit, so that no tap waits long."""
    most, kinds = await store.run(_kinds, job)
    judged = 0
    for reserved in kinds:
        for answers in range(most - 1, 0, -1):
            after, count = -1, JUDGED_AT_ONCE
            while count == JUDGED_AT_ONCE and judged < MOST_JUDGED:
                about = (job, answers, reserved)
                after, count, reply = await store.run(_judge_page, about, after, clock.now(), house)
                judged += count
                say(reply)


def _kinds(tx: Tx, number: int) -> tuple[int, tuple[bool, ...]]:
    """The most answers that a task gets, and which tasks there are: for anybody, and for named people."""
    job = jobs.get_job(tx, number)
    return job.spec.overlap.max, (False, True) if job.reserved & jobs.RESERVES else (False,)


def _judge_page(tx: Tx, about: tuple[int, int, bool], after: int, now: int, house: House) -> tuple[int, int, Reply]:
    desk = Desk(tx, house, now)
    number, answers, reserved = about
    job = jobs.get_job(tx, number)
    if job.state != JobState.OPEN:
        return after, 0, desk.reply
    page = beliefs.begun_tasks(tx, number, answers, after, JUDGED_AT_ONCE, reserved=reserved)
    _judge_all(desk, job, [task for task, _ in page])
    return (page[-1][1] if page else after), len(page), desk.reply


def _judge_all(desk: Desk, job: Job, numbers: list[int]) -> None:
    for number in numbers:
        task = tasks.get_task(desk.tx, number)
        verdicts.reconsider(desk, job, task, active=0, change=lambda: None)
        if task.stood and not task.done:
            provisional.begin_again(desk.tx, [number])


async def judge_leased_tasks(store: Store, clock: Clock, house: House, job: int, say: Callable[[Reply], None]) -> None:
    """Those with an answer on its way, open or done: a verdict never rests on an older belief than its job's."""
    after, count = 0, JUDGED_AT_ONCE
    while count == JUDGED_AT_ONCE:
        after, count, reply = await store.run(_leased_page, job, after, clock.now(), house)
        say(reply)


def _leased_page(tx: Tx, number: int, after: int, now: int, house: House) -> tuple[int, int, Reply]:
    desk = Desk(tx, house, now)
    job = jobs.get_job(tx, number)
    page = beliefs.leased_tasks(tx, number, after, JUDGED_AT_ONCE) if job.state == JobState.OPEN else []
    _judge_all(desk, job, page)
    return (page[-1] if page else after), len(page), desk.reply


async def judge_done_tasks(store: Store, clock: Clock, house: House, job: int, say: Callable[[Reply], None]) -> None:
    """Those whose verdicts are provisional, in upload order, a hundred a unit."""
    after, judged, count = -1, 0, confirming.PAGE
    while count == confirming.PAGE and judged < MOST_JUDGED:
        after, count, reply = await store.run(_confirm_page, job, after, clock.now(), house)
        judged += count
        say(reply)


def _confirm_page(tx: Tx, number: int, after: int, now: int, house: House) -> tuple[int, int, Reply]:
    desk = Desk(tx, house, now)
    return *confirming.judge_page(desk, number, after), desk.reply
