"""Writes a batch run's folder from a snapshot of the store: Parquet in, hashed, with job.json last."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from core.service.closing import HUMAN
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.snapshots import JobSnapshot
from core.store.tx import Row
from gpu_jobs import contract, tables
from gpu_jobs.contract import AggregateParams, BatchSpec, Limits

PSEUDONYM_BITS = 62
"""Worker ids inside a run fit a signed 64-bit column."""


def pseudonym(secret: bytes, job: int, person: int) -> int:
    """The number that stands for a worker in this job's files; unlinkable between jobs without the secret."""
    digest = hmac.digest(secret, b"worker|%d|%d" % (job, person), "sha256")
    return int.from_bytes(digest[:8]) >> (64 - PSEUDONYM_BITS)


def export(
    folder: Path,
    run: BatchRun,
    job: Job,
    snapshot: JobSnapshot,
    secret: bytes,
    limits: Limits,
    kind: Literal["aggregate", "audit"] = "aggregate",
) -> None:
    """Make `folder` the run's folder. Writing it again gives the same files."""
    inputs = folder / contract.IN
    inputs.mkdir(parents=True, exist_ok=True)
    _write_tasks(inputs / contract.TASKS_FILE, snapshot)
    _write_answers(inputs / contract.ANSWERS_FILE, snapshot, job.id, secret)
    if snapshot.rulings:
        _write_rulings(inputs / contract.RULINGS_FILE, snapshot)
    human = run.claim.startswith(HUMAN)
    (inputs / contract.ALONE_FILE).unlink(missing_ok=True)  # of an earlier try: a model may have been rolled back since
    if kind == "aggregate" and snapshot.alone and not human:
        tables.write_table(inputs / contract.ALONE_FILE, tables.RULINGS, _decided(snapshot.alone))
    spec = job.spec
    params = AggregateParams(
        method=spec.method,
        text=spec.learn and not human,
        classes=tuple(option.id for option in spec.options),
        title=spec.title,
        question=spec.question,
    )
    order = BatchSpec(run_id=str(run.id), kind=kind, inputs=contract.hashes_of(inputs), params=params, limits=limits)
    contract.write_job(folder, order)


def _write_tasks(path: Path, snapshot: JobSnapshot) -> None:
    rows = snapshot.tasks
    columns = {
        "task": [task for task, *_ in rows],
        "ref": [ref for _, ref, *_ in rows],
        "payload": [columns for _, _, columns, _ in rows],
        "control": [gold is not None for *_, gold in rows],
        "gold": [-1 if gold is None else gold for *_, gold in rows],
    }
    tables.write_table(path, tables.TASKS, columns)


def _write_rulings(path: Path, snapshot: JobSnapshot) -> None:
    tables.write_table(path, tables.RULINGS, _decided(snapshot.rulings))


def _decided(rows: Sequence[Row]) -> tables.Columns:
    last = {task: (label, weight / 1_000_000) for task, label, weight in rows}
    return {
        "task": list(last),
        "label": [label for label, _ in last.values()],
        "weight": [weight for _, weight in last.values()],
    }


def _write_answers(path: Path, snapshot: JobSnapshot, job: int, secret: bytes) -> None:
    rows = snapshot.answers
    names = {person: pseudonym(secret, job, person) for _, person, *_ in rows}
    columns = {
        "task": [row[0] for row in rows],
        "worker": [names[row[1]] for row in rows],
        "label": [row[2] for row in rows],
        "control": [bool(row[3]) for row in rows],
        "at": [row[4] for row in rows],
        "duration_ms": [row[5] for row in rows],
    }
    tables.write_table(path, tables.ANSWERS, columns)
