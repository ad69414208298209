"""The finetune job: soft labels become a model folder with a card, calibrated and measured on held-out gold."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gpu_jobs import contract
from gpu_jobs.contract import BatchSpec
from gpu_jobs.events import EventLog
from gpu_jobs.kernels.values import Floats
from gpu_jobs.learn import card, folder, scores, teach
from gpu_jobs.learn.calibration import cross_fitted, item_confidence
from gpu_jobs.learn.files import HOLDOUT
from gpu_jobs.learn.model import Model, decide, filled
from gpu_jobs.learn.params import FinetuneOptions, options_of
from gpu_jobs.learn.values import EXAMPLES_FILE, Bools, Examples, read_examples

Metrics = dict[str, float | int | str]
CHECKPOINTS = "ckpt"  # gpu_jobs.learn.checkpoint.FOLDER, named here because a hashed model needs no torch
LEAST_GOLD = 20  # held-out items, below which gold does not set the temperature


def main(place: Path, spec: BatchSpec, log: EventLog) -> Metrics:
    """Read ``in/examples.parquet``, write a model folder as ``out/`` on the first rank; give the model's figures."""
    started = time.perf_counter()
    options = options_of(spec, FinetuneOptions)
    examples = read_examples(place / contract.IN / EXAMPLES_FILE, len(options.classes))
    taught = teach.teach(teach.Order(place, spec, options, examples, log))
    model = taught.model
    held = examples.take(examples.held_out())
    found, heat = _judged(model, held, taught.temperature, spec.seed)
    model.meta = model.meta.model_copy(update={"temperature": heat})
    measured = scores.measure(options.task, options.classes, found, held.gold)
    metrics: Metrics = {**measured, "labelled": len(examples.labelled()), **_told(model)}
    if taught.progress is not None:
        metrics |= {"steps": taught.progress.total, "halvings": taught.progress.halvings}
    metrics["seconds"] = round(time.perf_counter() - started, 3)
    if log.speaks:
        losses = (taught.progress.losses, taught.progress.held_out) if taught.progress else ([], [])
        write(place / contract.OUT, options, model, metrics)
        _write_holdout(place / contract.OUT, model, held, found, losses)
        shutil.rmtree(place / CHECKPOINTS, ignore_errors=True)
    log.emit("eval", **metrics)
    return metrics


def _judged(model: Model, held: Examples, fallback: float, seed: int) -> tuple[list[Floats], float]:
    """Calibrated probabilities of the held-out items, none by a temperature of its own gold, and the temperature."""
    blocks, words = model.scores(held) if len(held) else ([], None)
    if len(held) < LEAST_GOLD:
        heated = [block - block.max(axis=1, keepdims=True) for block in blocks]
        found = [np.exp(block / fallback) for block in heated]
        found, heat = [block / block.sum(axis=1, keepdims=True) for block in found], fallback
    else:
        gold = held.gold if words is None else [one[read] for one, read in zip(held.gold, words, strict=True)]
        found, heat = cross_fitted(blocks, gold, seed)
    return (found if words is None else filled(found, words, held, np.array(model.meta.shares))), heat


def _told(model: Model) -> Metrics:
    meta = model.meta
    return {
        "encoder": meta.encoder_name,
        "encoder_reason": meta.encoder_reason,
        "mode": meta.mode,
        "mode_reason": meta.mode_reason,
    }


def write(out: Path, options: FinetuneOptions, model: Model, metrics: Metrics) -> None:
    """The model's files, its figures and its card."""
    folder.save(out, model)
    folder.write_metrics(out, metrics)
    identity = folder.hash_of(out)
    contract.write_atomically(out / folder.CARD_FILE, card.write(model.meta, metrics, identity, options.title))


def _write_holdout(
    out: Path, model: Model, held: Examples, found: list[Floats], losses: tuple[list[float], list[float]]
) -> None:
    from gpu_jobs.learn import curves  # matplotlib takes half a second and only this rank draws

    labels = decide(model.meta.task, model.meta.classes, found)
    columns = {
        "item": held.item,
        "gold": [one.astype(np.int32) for one in held.gold],
        "label": [one.astype(np.int32) for one in labels],
        "posterior": [block.ravel() for block in found],
    }
    pq.write_table(pa.table(columns, schema=HOLDOUT), out / folder.HOLDOUT_FILE)
    right: Bools = np.array([bool((a == b).all()) for a, b in zip(labels, held.gold, strict=True)], dtype=np.bool_)
    title = f"{model.meta.encoder_name}, {model.meta.mode}"
    curves.draw(out / folder.CURVES_FILE, title, *losses, (item_confidence(found), right.astype(np.float64)))
