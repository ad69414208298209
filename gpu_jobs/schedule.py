"""The clockwork of one process: APScheduler fires, a row (job, window) in our own table decides who runs it.

APScheduler's own store cannot be shared and its default forgives only one second of delay, so jobs live in memory,
are declared in the settings, and a claim in the database makes each window run once, also after a restart or when a
second process is started by accident. A missed or overlapping window, and a failing job, alert the admins.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.ports import Clock, Store
from core.store import batches

log = logging.getLogger(__name__)
Work = Callable[[], Awaitable[None]]
Tell = Callable[[str, str], Awaitable[None]]
TROUBLE = {
    EVENT_JOB_ERROR: "failed",
    EVENT_JOB_MISSED: "missed its time",
    EVENT_JOB_MAX_INSTANCES: "is still running when its next turn came",
}


class Schedule:
    """Runs named jobs every so many seconds of the clock; `on_trouble(name, what)` hears of misfires and failures."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seconds: Mapping[str, float],
        on_trouble: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._on_trouble = on_trouble
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_listener(self._heard, EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        self._running: set[asyncio.Future[None]] = set()
        self._told: set[tuple[str, str]] = set()
        self._pending: list[tuple[str, str]] = []

    def add(self, name: str, work: Work) -> None:
        """Declare the work behind a name; names without an interval in the settings are switched off."""
        seconds = self._seconds.get(name)
        if not seconds:
            return
        real = seconds / self._clock.speed
        self._scheduler.add_job(
            self._run_window_whole,
            IntervalTrigger(seconds=real, timezone=UTC),
            args=(name, seconds, work),
            id=name,
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=max(1, int(real * 2)),
            next_run_time=datetime.now(UTC),
        )

    def start(self) -> None:
        """Begin to fire."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Fire no more, and let what runs end (APScheduler's own shutdown would cancel it half-way)."""
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()
            await asyncio.gather(*self._running, return_exceptions=True)
            self._scheduler.shutdown(wait=False)

    async def _run_window_whole(self, name: str, seconds: float, work: Work) -> None:
        task = asyncio.ensure_future(self._run_window(name, seconds, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await task

    async def _run_window(self, name: str, seconds: float, work: Work) -> None:
        window = str(int(self._clock.now() // (seconds * 1000)))
        if not await self._store.run(batches.claim_window, name, window, self._clock.now()):
            return
        outcome = "failed"
        try:
            await work()
            outcome = "ok"
        finally:
            await self._store.run(batches.finish_window, name, window, outcome, self._clock.now())
        await self._tell()

    def _heard(self, event: Any) -> None:
        trouble = (event.job_id, TROUBLE[event.code])
        if event.code == EVENT_JOB_ERROR:
            log.error("the scheduled job %s failed", event.job_id, exc_info=event.exception)
        if trouble not in self._told:
            self._told.add(trouble)
            self._pending.append(trouble)

    async def _tell(self) -> None:
        """Pass on what was heard; each kind of trouble once per process, since a sick job fails at every turn."""
        while self._pending:
            name, what = self._pending.pop(0)
            await self._on_trouble(name, what)
