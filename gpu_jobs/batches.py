"""Works off the queue of batch runs, one at a time: export, run the subprocess, take the results in, or say why not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from core.errors import StoreError
from core.messages import Reply
from core.ports import Clock, Store
from core.service import digests, learning, modelling
from core.service.closing import failed
from core.service.house import Desk, House
from core.store import batches, jobs
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.snapshots import JobSnapshot, snapshot
from core.store.tx import Tx
from gpu_jobs import audit_run, digest_run, finetune_run, predict_run
from gpu_jobs.contract import BadInput, BatchFailed, Crashed, Limits
from gpu_jobs.export import export
from gpu_jobs.ingest import ingest
from gpu_jobs.run_watch import Watch
from gpu_jobs.supervise import supervise

log = logging.getLogger(__name__)
TRIES = 3
PAUSE = 10.0
"""Seconds between looks at an empty queue when nobody rings, and before a failed run is tried again."""


TAKE_IN = {
    "aggregate": ingest,
    digests.KIND: digest_run.take_in,
    learning.AUDIT: audit_run.take_in,
    modelling.FINETUNE: finetune_run.take_in,
    modelling.PREDICT: predict_run.take_in,
}
"""What takes a finished run of each kind into the store."""
LEARNING = {modelling.FINETUNE: finetune_run.prepare, modelling.PREDICT: predict_run.prepare}
"""What makes the folder of a run that learns or foretells."""


class BatchWorker:
    """One worker on one queue. `ring` wakes it; `run` ends when cancelled, and then so does its subprocess."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        house: House,
        folder: Path,
        say: Callable[[Reply], None],
        *,
        limits: Limits | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._house = house
        self._folder = folder
        self._say = say
        self._limits = limits or Limits()
        self._env = env or {}
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """There may be work."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled; a store that fails, as on a full disk, only makes the queue wait."""
        while True:
            self._bell.clear()
            try:
                await self._work_off()
            except StoreError as error:
                log.error("batch runs have to wait: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE / self._clock.speed):
                    await self._bell.wait()

    async def _work_off(self) -> None:
        """Runs that a crash interrupted first, then whatever is queued."""
        await self._store.run(batches.requeue_running)
        while run := await self._store.run(batches.take_run, self._clock.now()):
            await self._work(run)

    async def _work(self, run: BatchRun) -> None:
        folder = self._folder / f"run-{run.id:06d}"
        watch = Watch(self._store, self._clock, self._house, self._say, run)
        try:
            await self._prepare(run, folder)
            async with watch:
                report = await supervise(folder, on_event=watch.hear, env_extra=self._env, stop=watch.stop)
            if not await watch.look():
                self._say(await TAKE_IN[run.kind](self._store, self._clock, self._house, run, folder, report))
        except BatchFailed as error:
            log.warning("batch run %d failed: %s", run.id, error)
            if not watch.stop.is_set():
                await self._failed(run, error)
        except Exception as error:  # one broken run must not stop the queue
            log.exception("batch run %d broke", run.id)
            await self._failed(run, Crashed(type(error).__name__))
        await watch.end()

    async def _prepare(self, run: BatchRun, folder: Path) -> None:
        if run.kind == digests.KIND:
            await digest_run.prepare(self._store, self._house, run, folder, self._limits)
            return
        if run.kind in LEARNING:
            await LEARNING[run.kind](self._store, run, folder, house=self._house, limits=self._limits)
            await self._store.run(batches.set_folder, run.id, str(folder))
            return
        job, rows = await self._store.run(_read, run)
        if run.kind == learning.AUDIT:
            await audit_run.prepare(folder, run, job, rows, self._house.secret, self._limits)
        else:
            await asyncio.to_thread(export, folder, run, job, rows, self._house.secret, self._limits)
        await self._store.run(batches.set_folder, run.id, str(folder))

    async def _failed(self, run: BatchRun, error: BatchFailed) -> None:
        if run.tries < TRIES and not isinstance(error, BadInput):
            await self._clock.sleep(PAUSE)
            await self._store.run(batches.requeue, run.id, str(error))
            return
        give_up = digests.failed if run.kind == digests.KIND else _give_up
        self._say(await self._store.run(give_up, run, str(error), self._clock.now(), self._house))


def _read(tx: Tx, run: BatchRun) -> tuple[Job, JobSnapshot]:
    return jobs.get_job(tx, run.job), snapshot(tx, run.job)


def _give_up(tx: Tx, run: BatchRun, error: str, now: int, house: House) -> Reply:
    batches.finish_run(tx, run.id, "", error, now)
    desk = Desk(tx, house, now)
    failed(desk, run, error)
    return desk.reply
