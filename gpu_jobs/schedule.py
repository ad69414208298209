"""The clockwork of one process: APScheduler fires, a row (job, window) in our own table decides who runs it.

APScheduler's own store cannot be shared and its default forgives only one second of delay, so jobs live in memory,
are declared in the settings, and a claim in the database makes each window run once, also after a restart or when a
second process is started by accident. A missed or overlapping window, and a failing job, alert the admins.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_SUBMITTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.errors import StoreError
from core.ports import Clock, Store
from core.store import batches

log = logging.getLogger(__name__)
Work = Callable[[], Awaitable[None]]
Tell = Callable[[str, str], Awaitable[None]]
FAILED, MISSED, OVERLAP = "failed", "missed its time", "is still running when its next turn came"
LATE_SECONDS = 5.0
"""Real seconds that a turn may be late or last too long: a machine that was busy for a moment is no news."""


class Schedule:
    """Runs named jobs every so many seconds of the clock; `on_trouble(name, what)` hears of misfires and failures."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seconds: Mapping[str, float],
        on_trouble: Tell,
        *,
        late_seconds: float = LATE_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._on_trouble = on_trouble
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._scheduler.add_listener(self._failed, EVENT_JOB_ERROR)
        self._scheduler.add_listener(self._came, EVENT_JOB_SUBMITTED | EVENT_JOB_MAX_INSTANCES)
        self._late_seconds = late_seconds
        self._due: dict[str, datetime] = {}
        self._begun: dict[str, datetime] = {}
        self._running: set[asyncio.Future[None]] = set()
        self._told: set[tuple[str, str]] = set()

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
            misfire_grace_time=None,  # late is better than never
            next_run_time=datetime.now(UTC),
        )

    def start(self) -> None:
        """Begin to fire."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Fire no more, and let what runs end (APScheduler's own shutdown would cancel it half-way)."""
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()
            while self._running:
                await asyncio.gather(*self._running, return_exceptions=True)
            self._scheduler.shutdown(wait=False)

    async def _run_window_whole(self, name: str, seconds: float, work: Work) -> None:
        await self._keep(self._run_window(name, seconds, work))

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Work that a stop waits for, whoever awaits it besides."""
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

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

    def _failed(self, event: Any) -> None:
        log.error("the scheduled job %s failed", event.job_id, exc_info=event.exception)
        self._trouble(event.job_id, FAILED)

    def _came(self, event: Any) -> None:
        """A turn came; turns that were missed are run once, late, and show as a gap since the one before."""
        name, due = event.job_id, event.scheduled_run_times[-1]
        patience = timedelta(seconds=self._seconds[name] / self._clock.speed + self._late_seconds)
        if due - self._due.get(name, due) > patience:
            self._trouble(name, MISSED)
        self._due[name] = due
        if event.code == EVENT_JOB_SUBMITTED:
            self._begun[name] = due
        elif due - self._begun.get(name, due) > patience:
            self._trouble(name, OVERLAP)

    def _trouble(self, name: str, what: str) -> None:
        if (name, what) not in self._told:
            self._told.add((name, what))
            self._keep(self._tell(name, what))

    async def _tell(self, name: str, what: str) -> None:
        """Pass on what was heard; each kind of trouble once per process, since a sick job fails at every turn."""
        try:
            await self._on_trouble(name, what)
        except StoreError as error:
            log.error("the admins could not be told that %s %s: %s", name, what, error)
            self._told.discard((name, what))
