"""The queue of batch runs: a failing run is tried again, then told; a broken one does not stop the queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from builders import ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, worker
from chats import until

from core.errors import StoreFull
from core.ports import Store, SystemClock
from core.store import batches
from gpu_jobs.batches import TRIES, BatchWorker

CANNOT_START = {"PYTHONHASHSEED": "not a number"}
"""Python itself refuses to start: a run that fails at once, every time."""
SPEED = 1000.0


async def close_a_job(town: Town) -> None:
    """A job whose final run is queued."""
    await town.publish(make_items(2))
    await town.join(worker(1))
    await town.press(worker(1), "Apples")
    await town.say(worker(1), "pause")
    await town.say(REQUESTER, "canceljob", place=CHANNEL)
    await town.tick(1)


@asynccontextmanager
async def working(town: Town, folder: Path, store: Store | None = None) -> AsyncIterator[BatchWorker]:
    queue = BatchWorker(store or town.database, SystemClock(SPEED), town.house, folder, town.hear, env=CANNOT_START)
    task = asyncio.create_task(queue.run())
    yield queue
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def state_of(town: Town, run: int = 1) -> tuple[str, int]:
    row = await town.read(batches.get_run, run)
    return row.state, row.tries


async def settled(town: Town) -> bool:
    for _ in range(200):
        if (await state_of(town))[0] == "failed":
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_failing_run_is_tried_again_and_then_told(town: Town, tmp_path: Path) -> None:
    await close_a_job(town)
    async with working(town, tmp_path):
        assert await settled(town), "the run must end some time"
    assert await state_of(town) == ("failed", TRIES), "it was tried several times"
    assert "batch run failed" in str(town.said[ADMIN_PLACE]), "the admins are alerted"
    assert "no answer is lost" in town.last(CHANNEL).text, "the requester's channel is told"


async def test_results_after_a_failure_try_the_run_again(town: Town, tmp_path: Path) -> None:
    await close_a_job(town)
    async with working(town, tmp_path) as queue:
        assert await settled(town), "the run must end some time"
        await town.say(REQUESTER, "results", place=CHANNEL)
        queue.ring()
        assert "being aggregated" in town.last(CHANNEL).text, "the requester's wish is taken up"
        said = len(town.said[CHANNEL])
        assert await until(lambda: len(town.said[CHANNEL]) > said), "the run has all its tries again"


async def test_a_run_that_breaks_in_our_own_hands_does_not_stop_the_queue(
    town: Town, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await close_a_job(town)
    (tmp_path / "runs").write_text("a file where the folder of runs should be")
    async with working(town, tmp_path / "runs"):
        assert await settled(town), "the run is given up"
    assert "batch run 1 broke" in caplog.text, "the operator finds the reason in the log"


class FullDisk:
    """A Store whose disk is full at first."""

    def __init__(self, town: Town, times: int) -> None:
        self.town, self.left = town, times

    async def run(self, unit: Callable[..., Any], *args: Any) -> Any:
        if self.left:
            self.left -= 1
            raise StoreFull
        return await self.town.database.run(unit, *args)


async def test_a_full_disk_only_makes_the_queue_wait(town: Town, tmp_path: Path) -> None:
    await close_a_job(town)
    disk = FullDisk(town, times=3)
    async with working(town, tmp_path, disk):
        assert await settled(town), "once there is room, the run is taken up"
    assert disk.left == 0, "the disk was full before"


async def test_a_run_that_a_crash_left_running_is_taken_up(town: Town, tmp_path: Path) -> None:
    await close_a_job(town)
    await town.read(batches.take_run, town.now)
    assert await state_of(town) == ("running", 1), "the process died here"
    async with working(town, tmp_path):
        assert await settled(town), "the next process goes on with it"
    assert (await state_of(town))[1] == TRIES, "and the try before the crash counts"
