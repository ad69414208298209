"""The files of a model folder and of its predictions, as both sides of the border know them; nothing heavy here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa

from gpu_jobs import contract

META_FILE, HEAD_FILE, LIKENESS_FILE = "tapcrowd.json", "head.safetensors", "likeness.json"
CARD_FILE, METRICS_FILE, HOLDOUT_FILE, CURVES_FILE = "card.md", "metrics.json", "holdout.parquet", "curves.png"
ABOUT = (CARD_FILE, METRICS_FILE, HOLDOUT_FILE, CURVES_FILE)  # about the model and not part of it
# what the model said of the held-out gold: per row its label and class probabilities, one row after the other
HOLDOUT = pa.schema(
    [
        ("item", pa.int64()),
        ("gold", pa.list_(pa.int32())),
        ("label", pa.list_(pa.int32())),
        ("posterior", pa.list_(pa.float64())),
    ]
)
PREDICTIONS_FILE = "predictions.parquet"
# `label` and `posterior` row by row (one row an item, or one a word), `expected` the mean rating as a class index
# (NaN otherwise); `accepted` items need no people, except for those of `audit`, the random share that goes to them
PREDICTIONS = pa.schema(
    [
        ("item", pa.int64()),
        ("label", pa.list_(pa.int32())),
        ("posterior", pa.list_(pa.float32())),
        ("confidence", pa.float32()),
        ("expected", pa.float32()),
        ("accepted", pa.bool_()),
        ("audit", pa.bool_()),
    ]
)


def hash_of(folder: Path) -> str:
    """The model's identity: SHA-256 over the names and hashes of the files that make it up."""
    files = {name: sha for name, sha in contract.hashes_of(folder).items() if name not in ABOUT}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
