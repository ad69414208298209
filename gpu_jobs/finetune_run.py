"""The parent's side of a finetune run: the audit's joint labels go out, a model comes back and is judged on gold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.messages import Reply
from core.models import Opinion
from core.ports import Clock, Store
from core.service import registry
from core.service.house import Desk, House
from core.service.registry import Made
from core.store import batches, jobs, models
from core.store.batches import BatchRun
from core.store.jobs import Job
from core.store.snapshots import JobSnapshot, snapshot
from core.store.tx import Tx
from gpu_jobs import audit_tables, contract, examples, tables
from gpu_jobs.contract import BadInput, BatchReport, BatchSpec, Limits
from gpu_jobs.examples import Soft, Texts
from gpu_jobs.learn import files
from gpu_jobs.learn.params import EncoderOptions, FinetuneOptions
from gpu_jobs.learn.values import EXAMPLES_FILE


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is made of: the job's items, its audit's folder, what is known, and the live model's hash."""

    job: Job
    rows: JobSnapshot
    audit: str
    known: dict[int, int]
    parent: str


async def prepare(store: Store, run: BatchRun, folder: Path, *, house: House, limits: Limits) -> None:
    """Make `folder` the run's folder; BadInput when the audit that it follows is gone."""
    material = await store.run(_gather, run)
    await asyncio.to_thread(_write, folder, run, material, house, limits)


def _gather(tx: Tx, run: BatchRun) -> Material:
    live = models.live_model(tx, run.job)
    return Material(
        job=jobs.get_job(tx, run.job),
        rows=snapshot(tx, run.job),
        audit=batches.get_run(tx, int(run.claim)).folder,
        known=models.known_answers(tx, run.job),
        parent=live.hash if live else "",
    )


def _write(folder: Path, run: BatchRun, material: Material, house: House, limits: Limits) -> None:
    inputs = folder / contract.IN
    inputs.mkdir(parents=True, exist_ok=True)
    joint = tables.read_table(Path(material.audit) / contract.OUT / audit_tables.JOINT_FILE, audit_tables.JOINT)
    soft = dict(zip(joint["task"].to_pylist(), joint["posterior"].to_pylist(), strict=True))
    texts = Texts(material.job, material.rows.tasks)
    items = chosen([row[0] for row in material.rows.tasks], texts, soft, material.known)
    examples.write_examples(inputs / EXAMPLES_FILE, texts, items, soft, material.known)
    options = FinetuneOptions(
        task=texts.task,
        classes=tuple(option.id for option in material.job.spec.options),
        encoder=EncoderOptions(path=house.learning.encoder),
        labels=f"joint posterior of crowd and text, audit run {run.claim}",
        parent=material.parent,
        title=material.job.title,
    )
    order = BatchSpec(
        run_id=str(run.id),
        kind="finetune",
        inputs=contract.hashes_of(inputs),
        options=options.model_dump(mode="json"),
        limits=limits,
    )
    contract.write_job(folder, order)


def chosen(items: Sequence[int], texts: Texts, soft: Soft, known: Mapping[int, int]) -> list[int]:
    """What is known, and what has a label; a labelled item with the text of a known one would give the gold away."""
    told = {texts.of(item) for item in items if item in known}
    return [item for item in items if item in known or (item in soft and texts.of(item) not in told)]


async def take_in(store: Store, clock: Clock, house: House, run: BatchRun, folder: Path, report: BatchReport) -> Reply:
    """Register the model that lies in the run's ``out/``, once."""
    out = (folder / contract.OUT).resolve()
    shown = ((files.CURVES_FILE, "curves.png"), (files.CARD_FILE, "card.md"))
    made = Made(
        folder=str(out),
        identity=await asyncio.to_thread(files.hash_of, out),
        metrics=dict(report.metrics),
        files=tuple((str(out / name), f"job-{run.job}-model-{ending}") for name, ending in shown),
    )
    return await store.run(_register, run, made, clock.now(), house)


def _register(tx: Tx, run: BatchRun, made: Made, now: int, house: House) -> Reply:
    if batches.get_run(tx, run.id).state == "done":
        return Reply()
    kept = {"metrics": made.metrics, "files": made.files}
    batches.finish_run(tx, run.id, json.dumps(kept), "", now)
    live = models.live_model(tx, run.job)
    before = opinions(Path(live.folder)) if live else None
    desk = Desk(tx, house, now)
    registry.register(desk, run, made, opinions(Path(made.folder)), before)
    return desk.reply


def opinions(folder: Path) -> dict[int, Opinion]:
    """What the model in `folder` said of the gold that it never saw, by task; nothing where none was held out."""
    try:
        table = tables.read_table(folder / files.HOLDOUT_FILE, files.HOLDOUT)
    except BadInput:
        return {}
    columns = (table[name].to_pylist() for name in ("item", "label", "gold"))
    return {item: Opinion(said[0], gold[0]) for item, said, gold in zip(*columns, strict=True)}
