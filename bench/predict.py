"""The predict job on a million short texts: rate and peak memory, beside a plain pipeline of transformers.

    python -m bench.predict [--items 1000000] [--sample 400] [--encoder FOLDER]

Each of our runs is its own process; its peak memory is taken for a tenth of the items and for all of them, so that a
leak or a whole table in memory would show. The hashed model judges all items, cut to 60 letters. One network (by
default a BERT of 4 layers from scratch) judges a sample of texts of 22 words on average, through our job and through
pipeline() item by item and in batches of 32. Rates are items per CPU-second without the start of the process.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gpu_jobs import contract
from gpu_jobs.__main__ import run
from gpu_jobs.contract import BatchSpec, Limits
from gpu_jobs.events import EventLog
from gpu_jobs.learn.values import EXAMPLES, EXAMPLES_FILE, of_texts, write_examples

PIECE = 50_000  # texts written at once
LETTERS = 60  # of a short text
MEASURE = (
    "import resource, sys; from gpu_jobs.__main__ import main; code = main(['run', sys.argv[1]]); "
    "told = resource.getrusage(resource.RUSAGE_SELF); "
    "print('USED', told.ru_maxrss, told.ru_utime + told.ru_stime, code)"
)


def write_items(path: Path, texts: Sequence[str], size: int) -> None:
    """An examples table of `size` items that repeats `texts` with a number, a piece at a time."""
    with pq.ParquetWriter(path, EXAMPLES) as writer:
        for at in range(0, size, PIECE):
            rows = range(at, min(size, at + PIECE))
            nothing: list[list[Any]] = [[]] * len(rows)
            columns = {
                "item": np.arange(at, at + len(rows)),
                "text": [f"{texts[row % len(texts)]} {row}" for row in rows],
                "other": [""] * len(rows),
                "words": nothing,
                "image": [b""] * len(rows),
                "posterior": nothing,
                "weight": np.ones(len(rows)),
                "gold": nothing,
                "held": np.zeros(len(rows), bool),
            }
            writer.write_table(pa.table(columns, schema=EXAMPLES))


def order(folder: Path, kind: str, options: dict[str, Any]) -> Path:
    """Write job.json for what is in ``in/``."""
    spec = BatchSpec(
        run_id=folder.name,
        kind=kind,  # type: ignore[arg-type]
        inputs=contract.hashes_of(folder / contract.IN),
        options=options,
        limits=Limits(threads=1, lock_folder=str(folder)),
    )
    contract.write_job(folder, spec)
    return folder


def train(root: Path, name: str, options: dict[str, Any]) -> Path:
    """A model folder made by the finetune job of a few hundred texts."""
    from bench.finetune import make_data

    data = make_data(600)
    held = np.arange(600) >= 400
    folder = root / name
    (folder / contract.IN).mkdir(parents=True)
    known = of_texts(data.texts, np.eye(4)[data.labels], gold=np.where(held, data.labels, -1), held=held)
    write_examples(folder / contract.IN / EXAMPLES_FILE, known)
    report = run(order(folder, "finetune", {"classes": list("abcd"), **options}), EventLog(io.StringIO()))
    if report.status != "done":
        raise SystemExit(report.error)
    return folder / contract.OUT


def predict(root: Path, model: Path, texts: Sequence[str], size: int, **options: Any) -> tuple[float, float]:
    """Peak memory in MiB and CPU-seconds of one predict run in its own process."""
    folder = root / f"predict-{len(list(root.iterdir()))}"
    (folder / contract.IN).mkdir(parents=True)
    write_items(folder / contract.IN / EXAMPLES_FILE, texts, size)
    order(folder, "predict", {"model": str(model), **options})
    told = subprocess.run([sys.executable, "-c", MEASURE, str(folder)], capture_output=True, text=True, check=True)
    _, memory, seconds, code = told.stdout.strip().splitlines()[-1].split()
    if int(code):
        raise SystemExit(told.stdout[-800:])
    return int(memory) / 1024, float(seconds)


def measure(root: Path, name: str, model: Path, texts: Sequence[str], sizes: tuple[int, int], **options: Any) -> float:
    """Print peaks for both sizes and the rate between them, which leaves the start out; give the rate."""
    (low, first), (high, second) = (predict(root, model, texts, size, **options) for size in sizes)
    rate = (sizes[1] - sizes[0]) / max(1e-9, second - first)
    print(
        f"{name:<13} {rate:9.0f} items/CPU-s, peak {low:.0f} MiB of {sizes[0]:,} and {high:.0f} MiB of {sizes[1]:,}",
        flush=True,
    )
    return rate


def pipeline_rate(encoder: Path, texts: Sequence[str], batch: int) -> float:
    """Items per CPU-second of transformers' pipeline with the same body, after a short warm-up."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    from gpu_jobs.learn.encoders import quiet

    quiet()
    model = AutoModelForSequenceClassification.from_pretrained(str(encoder), num_labels=4)
    classify = pipeline("text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(str(encoder)))
    classify(list(texts[:8]), batch_size=batch)
    started = time.process_time()
    classify(list(texts), batch_size=batch)
    return len(texts) / (time.process_time() - started)


def main() -> None:
    """Print rates and peaks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=400)
    parser.add_argument("--encoder", type=Path)
    options = parser.parse_args()
    from bench.finetune import make_data, make_encoder

    texts = make_data(4000).texts
    with tempfile.TemporaryDirectory(dir=".") as name:
        root = Path(name).resolve()
        hashed = train(root, "hashed", {"encoder": {"path": "hashed"}})
        short = [text[:LETTERS] for text in texts]
        measure(root, "hashed", hashed, short, (options.items // 10, options.items))
        encoder = options.encoder or make_encoder(root / "encoder", texts)
        network = train(root, "network", {"encoder": {"path": str(encoder)}, "mode": "full", "epochs": 1})
        sizes = (options.sample, 20 * options.sample)
        rates = {
            "network": measure(root, "network", network, texts, sizes, bf16=False),
            "network bf16": measure(root, "network bf16", network, texts, sizes, bf16=True),
        }
        for batch in (1, 32):
            plain = pipeline_rate(encoder, texts[: options.sample], batch)
            against = ", ".join(f"{name} is {rate / plain:.1f} x" for name, rate in rates.items())
            print(f"{f'pipeline {batch}':<13} {plain:9.0f} items/CPU-s: {against}", flush=True)


if __name__ == "__main__":
    main()
