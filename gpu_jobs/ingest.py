"""Takes a finished run's labels into the store, once, a few hundred rows a transaction, and posts the results."""

from __future__ import annotations

import json
from pathlib import Path

from core.messages import Reply
from core.ports import Clock, Store
from core.service.closing import finish
from core.service.house import Desk, House
from core.store import batches
from core.store.batches import BatchRun
from core.store.tx import Tx
from gpu_jobs import contract, tables
from gpu_jobs.contract import BatchReport

ROWS = 500
"""Rows per transaction at most, so that taps never wait long behind an ingest."""
Label = tuple[int, int, int, int, int]


def read_labels(folder: Path) -> list[Label]:
    """The run's labels as (task, label, confidence in ppm, majority, answers)."""
    table = tables.read_table(folder / contract.OUT / contract.LABELS_FILE, tables.LABELS)
    columns = [table[name].to_pylist() for name in ("task", "label", "confidence", "majority", "answers")]
    return [
        (task, label, round(confidence * 1_000_000), majority, answers)
        for task, label, confidence, majority, answers in zip(*columns, strict=True)
    ]


def result_files(folder: Path, job: int) -> list[tuple[str, str]]:
    """The files for the requester, as (path, shown name); the picture first."""
    out = (folder / contract.OUT).resolve()
    names = ((contract.CHART_FILE, "png"), (contract.LABELS_CSV, "csv"), (contract.LABELS_JSONL, "jsonl"))
    return [(str(out / name), f"job-{job}-labels.{ending}") for name, ending in names]


async def ingest(store: Store, clock: Clock, house: House, run: BatchRun, folder: Path, report: BatchReport) -> Reply:
    """Store the labels and finish the run; the speeches to say. Doing it again changes nothing."""
    labels = read_labels(folder)
    for first in range(0, len(labels), ROWS):
        await store.run(batches.insert_labels, run.id, run.job, labels[first : first + ROWS])
    return await store.run(_finish, run, report, result_files(folder, run.job), clock.now(), house)


def _finish(tx: Tx, run: BatchRun, report: BatchReport, files: list[tuple[str, str]], now: int, house: House) -> Reply:
    if batches.get_run(tx, run.id).state == "done":
        return Reply()
    kept = json.dumps({"metrics": report.metrics, "files": files})
    batches.finish_run(tx, run.id, kept, "", now)
    desk = Desk(tx, house, now)
    finish(desk, run, dict(report.metrics), files)
    return desk.reply
