"""The predict job: a model folder's calibrated probabilities for items, and which labels may stand without people."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gpu_jobs import contract
from gpu_jobs.contract import BadInput, BatchSpec
from gpu_jobs.events import EventLog
from gpu_jobs.learn import folder
from gpu_jobs.learn.calibration import Acceptance, acceptance, audited, item_confidence
from gpu_jobs.learn.files import PREDICTIONS, PREDICTIONS_FILE
from gpu_jobs.learn.model import Meta, Model, decide, probabilities
from gpu_jobs.learn.params import PredictOptions, options_of
from gpu_jobs.learn.values import EXAMPLES_FILE, Examples, stream_items

Metrics = dict[str, float | int | str]


def main(place: Path, spec: BatchSpec, log: EventLog) -> Metrics:
    """Read ``in/examples.parquet`` piece by piece, write ``out/predictions.parquet`` as it goes."""
    started = time.perf_counter()
    options = options_of(spec, PredictOptions)
    model = load(options, spec, place)
    bar = bar_of(Path(options.model), model.meta, options.target)
    path = place / contract.IN / EXAMPLES_FILE
    counts = {"items": 0, "accepted": 0, "audit": 0}
    log.emit("start", model=model.meta.encoder_name, threshold=_finite(bar.threshold))
    target = place / contract.OUT / PREDICTIONS_FILE if log.speaks else Path("/dev/null")
    with pq.ParquetWriter(target, PREDICTIONS) as writer:
        for items in stream_items(path, options.rows):
            table = judged(model, items, bar, options.audit_share, spec.seed)
            writer.write_table(table)
            counts["items"] += len(items)
            for name in ("accepted", "audit"):
                counts[name] += int(np.count_nonzero(table[name].to_numpy()))
            log.emit("step", step=counts["items"])
    seconds = time.perf_counter() - started
    metrics: Metrics = {
        **counts,
        "threshold": _finite(bar.threshold),
        "target": bar.target,
        "precision_lower": round(bar.lower, 4),
        "coverage_held_out": round(bar.covered, 4),
        "seconds": round(seconds, 3),
        "model": folder.hash_of(Path(options.model)),
    }
    log.emit("eval", **metrics)
    return metrics


def load(options: PredictOptions, spec: BatchSpec, place: Path) -> Model:
    """The model, on the run's device; BadInput when it is none or not the one that was meant."""
    where = Path(options.model)
    if not where.is_dir():
        raise BadInput(f"{where}: no model folder")
    if options.model_hash and folder.hash_of(where) != options.model_hash:
        raise BadInput(f"{where}: not the model {options.model_hash[:12]}")
    if folder.read_meta(where).encoder == "hashed":
        return folder.load(where)
    from gpu_jobs.learn.devices import accelerator_for

    return folder.load(where, accelerator_for(options, spec, place))


def bar_of(where: Path, meta: Meta, target: float) -> Acceptance:
    """From which confidence on the model's labels reach the promised precision, by its held-out gold."""
    path = where / folder.HOLDOUT_FILE
    if not path.is_file():
        return Acceptance(math.inf, target, 0.0, 0.0, 0)
    told = pq.read_table(path)
    width = len(meta.classes)
    found = [np.array(row).reshape(-1, width) for row in told["posterior"].to_pylist()]
    pairs = zip(told["label"].to_pylist(), told["gold"].to_pylist(), strict=True)
    return acceptance(item_confidence(found), np.array([label == gold for label, gold in pairs], np.bool_), target)


def judged(model: Model, items: Examples, bar: Acceptance, audit_share: float, seed: int) -> pa.Table:
    """The predictions of these items as a table."""
    found = probabilities(model, items)
    labels = decide(model.meta.task, model.meta.classes, found)
    confidence = item_confidence(found).astype(np.float32)
    scale = np.arange(len(model.meta.classes))
    rating = model.meta.task == "rating"
    expected = pa.array(np.concatenate(found) @ scale if found else [], pa.float32()) if rating else None
    columns = {
        "item": items.item,
        "label": _lists([one.astype(np.int32) for one in labels]),
        "posterior": _lists([block.ravel().astype(np.float32) for block in found]),
        "confidence": confidence,
        "expected": pa.nulls(len(items), pa.float32()) if expected is None else expected,
        "accepted": confidence >= np.float32(bar.threshold),
        "audit": audited(items.item, audit_share, seed),
    }
    return pa.table(columns, schema=PREDICTIONS)


def _lists(parts: Sequence[npt.NDArray[np.generic]]) -> pa.ListArray:
    """One Arrow list for each part, without a Python object for each number."""
    bounds = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int32)
    return pa.ListArray.from_arrays(bounds, np.concatenate(parts) if parts else np.empty(0, np.float32))


def _finite(threshold: float) -> float:
    """A threshold that JSON can say: 2 for never."""
    return threshold if math.isfinite(threshold) else 2.0
