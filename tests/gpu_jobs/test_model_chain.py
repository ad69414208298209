"""After an audit, through the queue: a model of its joint labels, promotion, and what it says of unanswered tasks.

Proves gpu_jobs.finetune_run, gpu_jobs.predict_run, gpu_jobs.examples and gpu_jobs.learn.files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from builders import CHANNEL, Town, make_spec
from learn_folders import reviews
from states import memory_town

from core.model import Item, Overlap
from core.models import LearningRules
from core.ports import SystemClock
from core.service import learning, modelling
from core.service.house import Desk
from core.store import batches, beliefs, jobs, models
from core.store.tx import Tx
from gpu_jobs import audit_tables, contract, tables
from gpu_jobs.batches import BatchWorker
from gpu_jobs.contract import Limits

ANSWERED, FRESH, GOLD = 200, 60, 40
TEXTS, RIGHT = reviews(ANSWERED + FRESH + GOLD)
"""Sentences that one word decides; the last ones are control tasks."""


@asynccontextmanager
async def working(town: Town, folder: Path) -> AsyncIterator[BatchWorker]:
    limits = Limits(lock_folder=str(folder.parent), threads=1)  # a lock of its own: other runs here do not matter
    queue = BatchWorker(town.database, SystemClock(50.0), town.house, folder, town.hear, limits=limits)
    task = asyncio.create_task(queue.run())
    yield queue
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def answer(tx: Tx, job: int) -> None:
    """Two people answered every task but the last ones; only the counts are written: nothing else is read here."""
    tx.run("UPDATE task SET done = 1, want = 0, answers = 2 WHERE job = ? AND position < ?", (job, ANSWERED))
    tx.run("UPDATE job SET answers = ?, done = ? WHERE id = ?", (2 * ANSWERED, ANSWERED, job))


async def answered_job(town: Town) -> int:
    items = [Item(f"t{n}", {"text": text}) for n, text in enumerate(TEXTS)]
    plain, known = items[:-GOLD], items[-GOLD:]
    known = [replace(item, gold=int(RIGHT[int(item.ref[1:])])) for item in known]
    spec = make_spec(overlap=Overlap("fixed", 2, 2), learn=True, auto_accept=0.8, control_share=0.1)
    job = await town.publish((*plain, *known), spec)
    await town.database.run(answer, job)
    return job


async def audited(town: Town, job: int, folder: Path) -> None:
    """An audit's joint labels lie in its folder, right in nine of ten; the loop goes on from there."""
    sql = "SELECT id FROM task WHERE job = ? AND position < ? ORDER BY position"
    ids = await town.read(lambda tx: tx.all(sql, (job, ANSWERED)))
    said = [int(RIGHT[place]) ^ (place % 10 == 0) for place in range(ANSWERED)]
    shares = [[0.1, 0.9] if label else [0.9, 0.1] for label in said]
    (folder / contract.OUT).mkdir(parents=True)
    joint = {"task": [row[0] for row in ids], "posterior": shares}
    tables.write_table(folder / contract.OUT / audit_tables.JOINT_FILE, audit_tables.JOINT, joint)

    def finish(tx: Tx) -> None:
        number = batches.queue_run(tx, learning.AUDIT, job, "asked:1", False, town.now)
        assert number is not None, "it is the first one"
        batches.set_folder(tx, number, str(folder))
        batches.finish_run(tx, number, "{}", "", town.now)
        desk = Desk(tx, town.house, town.now)
        modelling.after_audit(desk, batches.get_run(tx, number), jobs.get_job(tx, job), ANSWERED)

    await town.database.run(finish)


async def settled(town: Town) -> None:
    """Until the loop has come to its end, or a run has failed."""
    sql = (
        "SELECT (SELECT count(*) FROM event WHERE kind IN ('learning.predicted', 'model.refused')) + "
        "(SELECT count(*) FROM batch_run WHERE state = 'failed')"
    )
    assert await until_read(town, sql), "the runs come to an end"


async def until_read(town: Town, sql: str, seconds: float = 200.0) -> bool:
    for _ in range(round(seconds / 0.1)):
        if await town.read(lambda tx: tx.value(sql)):
            return True
        await asyncio.sleep(0.1)
    return False


@pytest.mark.timeout(240)
async def test_the_loop_closes(tmp_path: Path) -> None:
    town = memory_town(learning=LearningRules(encoder="hashed", people_share=0.1))
    job = await answered_job(town)
    await audited(town, job, tmp_path / "audit")
    async with working(town, tmp_path / "runs") as queue:
        queue.ring()
        await settled(town)
    live = await town.read(models.live_model, job)
    assert live is not None and live.metrics["accuracy"] > 0.9, "the text gives the class away, so it goes live"
    assert (live.made_of, live.metrics["held_out"]) == (ANSWERED, GOLD), "made of the joint labels, judged on gold"
    assert f"job-{job}-model-curves.png" in str(town.said[CHANNEL]), "the curves are in the channel"
    sql = "SELECT t.position, l.label FROM model_label l JOIN task t ON t.id = l.task"
    alone = dict(await town.read(lambda tx: tx.all(sql)))
    assert FRESH / 2 <= len(alone) < FRESH, "most of the rest needs no people, and a sample goes to them all the same"
    wrong = sum(label != RIGHT[position] for position, label in alone.items())
    assert wrong <= 0.2 * len(alone), "as precise as promised"
    await check_priors(town, job)


async def check_priors(town: Town, job: int) -> None:
    fresh = "SELECT id FROM task WHERE job = ? AND gold IS NULL AND position >= ? ORDER BY id"
    wanted = [row[0] for row in await town.read(lambda tx: tx.all(fresh, (job, ANSWERED)))]
    found = await town.read(beliefs.priors_of_job, job)
    assert sorted(found) == wanted, "it speaks of the tasks that nobody had answered, and of no other"
    said = [int(found[task][1] > found[task][0]) for task in wanted]
    right = sum(label == RIGHT[ANSWERED + place] for place, label in enumerate(said))
    assert right >= 0.9 * FRESH, "and is mostly right"
