"""A run under way is watched: people end it from the chat, and admins see how far a long one is.

Proves gpu_jobs.run_watch.
"""

from __future__ import annotations

import pytest
from builders import ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec
from run_folders import Hold, MakeRun
from states import memory_town

from core.ports import SystemClock
from core.store import batches
from core.store.batches import BatchRun
from gpu_jobs.contract import Cancelled
from gpu_jobs.run_watch import FIRST, Watch
from gpu_jobs.supervise import supervise

SPEED = 100.0


async def under_way(town: Town) -> BatchRun:
    """A job's run that the queue has taken."""
    await town.publish(make_items(2), make_spec())
    await town.database.run(batches.queue_run, "audit", 1, "asked:1", False, town.now)
    run = await town.database.run(batches.take_run, town.now)
    assert run is not None, "it was queued"
    return run


def watch_of(town: Town, run: BatchRun) -> Watch:
    return Watch(town.database, SystemClock(SPEED), town.house, town.hear, run)


async def test_a_cancelled_run_is_stopped(make_run: MakeRun, busy_device: Hold) -> None:
    town = memory_town()
    run, folder = await under_way(town), make_run()
    with busy_device():  # the run waits for its device: it would not end by itself
        async with watch_of(town, run) as watch:
            await town.say(REQUESTER, "cancelrun", str(run.id), CHANNEL)
            with pytest.raises(Cancelled):
                await supervise(folder, on_event=watch.hear, stop=watch.stop)
    assert watch.stop.is_set(), "what is cancelled is not taken in, and not tried again"
    await watch.end()
    assert f"Batch run {run.id}" not in str(town.said.get(ADMIN_PLACE)), "a short run tells admins nothing"


async def test_a_long_run_tells_how_far_it_is() -> None:
    town = memory_town()
    run = await under_way(town)
    async with watch_of(town, run) as watch:
        watch.hear({"ev": "step", "step": 2, "total": 3})
        await SystemClock(SPEED).sleep(2.5 * FIRST / 1000)
    await town.database.run(batches.finish_run, run.id, "{}", "", town.now)
    await watch.end()
    spoken = [speech for speech in town.said[ADMIN_PLACE] if f"Batch run {run.id}" in speech.card.text]
    assert [speech.op for speech in spoken] == ["send", *["edit"] * (len(spoken) - 1)], "one message, edited in place"
    assert 2 <= len(spoken) <= 4, "and not at every look"
    assert "Step 2 of 3" in spoken[0].card.text and ": done," in spoken[-1].card.text, "where it is, and its end"
