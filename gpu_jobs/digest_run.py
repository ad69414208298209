"""The parent's side of a digest run: gathers its pages into the run's folder, and posts them when they are drawn."""

from __future__ import annotations

from pathlib import Path

from core import digest
from core.messages import Reply
from core.ports import Clock, Store
from core.service import digests
from core.service.house import House
from core.store import batches
from core.store.batches import BatchRun
from gpu_jobs import contract
from gpu_jobs.contract import BatchReport, BatchSpec, Limits
from gpu_jobs.digest import PAGES_FILE


async def prepare(store: Store, house: House, run: BatchRun, folder: Path, limits: Limits) -> None:
    """Make `folder` the run's folder."""
    pages = await digests.pages(store, run, house)
    inputs = folder / contract.IN
    inputs.mkdir(parents=True, exist_ok=True)
    contract.write_atomically(inputs / PAGES_FILE, digest.dumps(pages))
    order = BatchSpec(run_id=str(run.id), kind="digest", inputs=contract.hashes_of(inputs), limits=limits)
    contract.write_job(folder, order)
    await store.run(batches.set_folder, run.id, str(folder))


async def take_in(store: Store, clock: Clock, house: House, run: BatchRun, folder: Path, report: BatchReport) -> Reply:
    """Post the pages with their pictures, once."""
    pages = digest.loads((folder / contract.IN / PAGES_FILE).read_text(encoding="utf-8"))
    drawn = (folder / contract.OUT).resolve()
    return await store.run(digests.finish, run, pages, drawn, clock.now(), house)
