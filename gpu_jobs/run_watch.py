"""Watches a run while its subprocess works: ends it when people cancelled it, and tells admins how far it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import TracebackType

from core.errors import StoreError
from core.messages import Reply
from core.ports import Clock, Store
from core.service import runs
from core.service.house import House
from core.store import batches
from core.store.batches import BatchRun

log = logging.getLogger(__name__)
LOOK = 1.0
"""Seconds between looks at whether the run was cancelled."""
FIRST, NEXT = 10_000, 15_000
"""Milliseconds until a run is worth a progress message, and between its edits at least."""


class Watch:
    """`async with Watch(...) as watch`: give `hear` the events, and `stop` to what can be stopped."""

    def __init__(self, store: Store, clock: Clock, house: House, say: Callable[[Reply], None], run: BatchRun) -> None:
        self.stop = asyncio.Event()
        self._store = store
        self._clock = clock
        self._house = house
        self._say = say
        self._run = run
        self._began = clock.now()
        self._due = self._began + FIRST
        self._step = (0, 0)
        self._shown = False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        self._task = asyncio.create_task(self._look_often())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def hear(self, event: Mapping[str, object]) -> None:
        """An event of the run: how far it is, if it says so."""
        log.info("batch run %d: %s", self._run.id, event)
        step, total = event.get("step"), event.get("total")
        if isinstance(step, int) and isinstance(total, int):
            self._step = (step, total)

    async def look(self) -> bool:
        """Whether the run was cancelled, or has to wait for a job's final labels; then `stop` is set."""
        await self._store.run(batches.give_way, self._run.id)
        if (await self._store.run(batches.get_run, self._run.id)).state != "running":
            self.stop.set()
        return self.stop.is_set()

    async def end(self) -> None:
        """Show how the run ended where its progress was shown."""
        if self._shown:
            await self._show()

    async def _look_often(self) -> None:
        while not self.stop.is_set():
            await self._clock.sleep(LOOK)
            try:
                if not await self.look() and self._clock.now() >= self._due:
                    await self._show()
            except StoreError as error:
                log.error("a look at batch run %d has to wait: %s", self._run.id, error)

    async def _show(self) -> None:
        now = self._clock.now()
        self._due, self._shown = now + NEXT, True
        seconds = (now - self._began) // 1000
        self._say(await self._store.run(runs.show_progress, self._run.id, seconds, self._step, now, self._house))
