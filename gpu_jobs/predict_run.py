"""The parent's side of a predict run: what the live model says of unanswered tasks becomes priors, and some labels."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, NamedTuple

from core.messages import Reply
from core.ports import Clock, Store
from core.service import forecasts, modelling
from core.service.house import Desk, House
from core.store import batches, jobs, models
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.models import Model
from core.store.snapshots import JobSnapshot, snapshot
from core.store.tx import Tx
from gpu_jobs import contract, examples, tables
from gpu_jobs.contract import BatchReport, BatchSpec, Limits
from gpu_jobs.learn import files
from gpu_jobs.learn.params import PredictOptions
from gpu_jobs.learn.values import EXAMPLES_FILE

ROWS = 500
"""Tasks per transaction at most, so that taps never wait long."""


class Question(NamedTuple):
    """What the live model is asked."""

    job: Job
    rows: JobSnapshot
    open: set[int]
    model: Model
    precision: float


async def prepare(store: Store, run: BatchRun, folder: Path, *, house: House, limits: Limits) -> None:
    """Make `folder` the run's folder."""
    question = await store.run(_gather, run, house)
    await asyncio.to_thread(_write, folder, run, question, house, limits)


def _gather(tx: Tx, run: BatchRun, house: House) -> Question:
    desk, job = Desk(tx, house, 0), jobs.get_job(tx, run.job)
    precision = modelling.precision_of(desk, job) or house.learning.precision
    model = models.get_model(tx, modelling.model_in(run))
    return Question(job, snapshot(tx, run.job), models.unanswered(tx, run.job), model, precision)


def _write(folder: Path, run: BatchRun, question: Question, house: House, limits: Limits) -> None:
    inputs = folder / contract.IN
    inputs.mkdir(parents=True, exist_ok=True)
    texts = examples.Texts(question.job, question.rows.tasks)
    items = [row[0] for row in question.rows.tasks if row[0] in question.open]
    examples.write_examples(inputs / EXAMPLES_FILE, texts, items, {}, {})
    options = PredictOptions(
        model=question.model.folder,
        model_hash=question.model.hash,
        target=question.precision,
        audit_share=house.learning.people_share,
    )
    order = BatchSpec(
        run_id=str(run.id),
        kind="predict",
        inputs=contract.hashes_of(inputs),
        options=options.model_dump(mode="json"),
        limits=limits,
    )
    contract.write_job(folder, order)


async def take_in(store: Store, clock: Clock, house: House, run: BatchRun, folder: Path, report: BatchReport) -> Reply:
    """Store what the model says, as far as it is live still, and finish the run. Doing it again changes nothing."""
    rows = await asyncio.to_thread(_read, folder / contract.OUT / files.PREDICTIONS_FILE)
    for first in range(0, len(rows), ROWS):
        page = rows[first : first + ROWS]
        shares = [(row["item"], row["posterior"]) for row in page]
        sure = [
            (row["item"], row["label"][0], round(row["confidence"] * 1_000_000))
            for row in page
            if row["accepted"] and not row["audit"]
        ]
        await store.run(forecasts.heed, run, shares, sure, clock.now(), house)
    return await store.run(_finish, run, report, clock.now(), house)


def _read(path: Path) -> list[dict[str, Any]]:
    """The predictions row by row; BadInput when the file holds anything else."""
    return tables.read_table(path, files.PREDICTIONS, optional=("expected",)).to_pylist()  # type: ignore[no-any-return]


def _finish(tx: Tx, run: BatchRun, report: BatchReport, now: int, house: House) -> Reply:
    if batches.get_run(tx, run.id).state == "done":
        return Reply()
    batches.finish_run(tx, run.id, json.dumps({"metrics": report.metrics, "files": []}), "", now)
    desk = Desk(tx, house, now)
    forecasts.told(desk, run, dict(report.metrics))
    return desk.reply
