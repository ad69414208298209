"""An audit through the queue: a real subprocess, its suspects and priors in the store, its cards in the channel.

Proves gpu_jobs.audit_run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from builders import ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_spec, worker
from chats import until
from states import live, token_for

from core.model import Item, Overlap, Place
from core.ports import SystemClock
from core.store import batches, beliefs, suspects, tasks
from gpu_jobs.batches import BatchWorker

ITEMS = 90
TEXTS = ("a calm and sunny day by the lake", "a storm with heavy rain and thunder")


@asynccontextmanager
async def working(town: Town, folder: Path) -> AsyncIterator[BatchWorker]:
    queue = BatchWorker(town.database, SystemClock(50.0), town.house, folder, town.hear)
    task = asyncio.create_task(queue.run())
    yield queue
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def answered_job(town: Town) -> int:
    """Items that their text gives away; three people answer, and one of them is often wrong."""
    items = tuple(Item(f"t{n}", {"text": f"{TEXTS[n % 2]}, number {n}"}) for n in range(ITEMS))
    job = await town.publish(items, make_spec(overlap=Overlap("dynamic", 3, 4, 0.99), learn=True, session=50))
    for number in range(3):
        await town.join(worker(number))
        for _ in range(75):
            lease = await live(town, worker(number))
            if lease is None:
                await town.press(worker(number), "Continue")
                lease = await live(town, worker(number))
            assert lease is not None, "there is work for everybody"
            position = (await town.read(tasks.get_task, lease.task)).position
            label = (position + (number == 2 and position % 3 == 0)) % 2
            await town.press_token(worker(number), await token_for(town, worker(number), lease.id, str(label)))
    return job


async def test_suspects_priors_and_cards_come_of_it(town: Town, tmp_path: Path) -> None:
    job = await answered_job(town)
    await town.say(REQUESTER, "audit", place=CHANNEL)
    assert "press Start" in town.last(CHANNEL).text, "its files are for the requester alone, and must have a way there"
    await town.say(REQUESTER, "help")
    await town.say(REQUESTER, "audit", place=CHANNEL)
    async with working(town, tmp_path) as queue:
        queue.ring()
        assert await until(lambda: "Audit of job" in str(town.said[ADMIN_PLACE]), 60.0), "the admins hear of it"
        assert await until(lambda: f"job-{job}-audit.png" in str(town.said[Place(*REQUESTER)]), 10.0), (
            "with the picture"
        )
    priors = await town.read(beliefs.priors_of_job, job)
    assert len(priors) == ITEMS, "every task has a prior, answered or not"
    ids = [row[0] for row in await town.read(lambda tx: tx.all("SELECT id FROM task ORDER BY position"))]
    right = sum(max(range(2), key=priors[task].__getitem__) == place % 2 for place, task in enumerate(ids))
    assert right >= 0.9 * ITEMS, "and it says what the text says"
    run = await town.read(batches.latest_done, job)
    assert run is not None and run.kind == "audit" and run.state == "done", "the run is finished"
    audit = await town.read(suspects.newest_audit, job)
    assert audit is not None and audit.weight > 0, "its figures are kept"
