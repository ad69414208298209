"""The parent's side of an audit run: exports the job's snapshot, takes suspects and priors in, once, in short units."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from core.messages import Reply
from core.ports import Clock, Store
from core.service import auditing, refitting
from core.service.house import Desk, House
from core.store import batches, beliefs, suspects
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.snapshots import JobSnapshot
from core.store.tx import Tx
from gpu_jobs import audit_tables, contract, tables
from gpu_jobs.contract import BatchReport, Limits
from gpu_jobs.export import export

ROWS = 500
"""Rows per transaction at most, so that taps never wait long."""


async def prepare(folder: Path, run: BatchRun, job: Job, rows: JobSnapshot, secret: bytes, limits: Limits) -> None:
    """Make `folder` the run's folder."""
    await asyncio.to_thread(export, folder, run, job, rows, secret, limits, kind="audit")


async def take_in(store: Store, clock: Clock, house: House, run: BatchRun, folder: Path, report: BatchReport) -> Reply:
    """Store what the audit found and finish the run; the speeches to say. Doing it again changes nothing."""
    out = folder / contract.OUT
    priors = tables.read_table(out / audit_tables.PRIORS_FILE, audit_tables.PRIORS)
    pairs = list(zip(priors["task"].to_pylist(), priors["shares"].to_pylist(), strict=True))
    if not pairs:
        await store.run(beliefs.drop_priors, run.job)
    for first in range(0, len(pairs), ROWS):
        await store.run(beliefs.put_priors, run.job, pairs[first : first + ROWS], run.id)
    reply = await store.run(_finish, run, report, out, clock.now(), house)
    said: list[Reply] = []
    await refitting.judge_open_tasks(store, clock, house, run.job, said.append)
    for other in said:
        reply.speeches.extend(other.speeches)
    return reply


def _finish(tx: Tx, run: BatchRun, report: BatchReport, out: Path, now: int, house: House) -> Reply:
    if batches.get_run(tx, run.id).state == "done":
        return Reply()
    files = [
        (str((out / name).resolve()), f"job-{run.job}-{name}")
        for name in (audit_tables.AUDIT_CHART, audit_tables.SUSPECTS_CSV)
    ]
    batches.finish_run(tx, run.id, json.dumps({"metrics": report.metrics, "files": files}), "", now)
    desk = Desk(tx, house, now)
    auditing.audited(desk, run, report.metrics, files)
    rows = tables.read_table(out / audit_tables.SUSPECTS_FILE, audit_tables.SUSPECTS).to_pylist()
    found = [(r["kind"], r["task"], r["label"], r["suggested"], r["suspicion"], r["reason"]) for r in rows]
    suspects.insert_suspects(tx, run.id, run.job, found)
    auditing.present(desk, run)
    return desk.reply
