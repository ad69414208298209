"""The embed job: a vector for each item, which items repeat earlier ones, and an order that covers them well."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from gpu_jobs import contract
from gpu_jobs.contract import BatchSpec
from gpu_jobs.events import EventLog
from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn import diversity, duplicates, encoders, hashing
from gpu_jobs.learn.duplicates import Duplicates, Embeddings
from gpu_jobs.learn.encoders import Encoder, Wish
from gpu_jobs.learn.params import EmbedOptions, options_of
from gpu_jobs.learn.values import EXAMPLES_FILE, Examples, stream_items

if TYPE_CHECKING:
    from gpu_jobs.learn.inputs import Source
    from gpu_jobs.learn.network import Network

Metrics = dict[str, float | int | str]
EMBEDDINGS_FILE, DUPLICATES_FILE, ORDER_FILE = "embeddings.npy", "duplicates.parquet", "order.parquet"
FOLDED = 256  # dimensions of a hashed embedding
DUPLICATES = pa.schema([("item", pa.int64()), ("original", pa.int64()), ("similarity", pa.float32())])
ORDER = pa.schema([("item", pa.int64()), ("distance", pa.float32())])  # in the order of choice


def main(place: Path, spec: BatchSpec, log: EventLog) -> Metrics:
    """Read ``in/examples.parquet`` piece by piece; write embeddings (row by row of the table), duplicates and order."""
    started = time.perf_counter()
    options = options_of(spec, EmbedOptions)
    if not log.speaks:
        return {}  # another rank: there is nothing to share
    path = place / contract.IN / EXAMPLES_FILE
    first = next(stream_items(path, options.rows), None)
    encoder, embed = _embedder(options, spec, place, first)
    log.emit("start", encoder=encoder.name, reason=encoder.reason)
    out = place / contract.OUT
    items, texts = _write_embeddings(out / EMBEDDINGS_FILE, path, options.rows, embed, log)
    table: Embeddings = np.load(out / EMBEDDINGS_FILE, mmap_mode="r")
    found = _duplicates(encoder, table, texts, options.similarity)
    _write_duplicates(out / DUPLICATES_FILE, items, found)
    order = diversity.k_centre(table, np.flatnonzero(found.original < 0), options.diverse)
    columns = {"item": items[order.rows], "distance": order.distance.astype(np.float32)}
    pq.write_table(pa.table(columns, schema=ORDER), out / ORDER_FILE)
    metrics: Metrics = {
        "items": len(items),
        "duplicates": int((found.original >= 0).sum()),
        "encoder": encoder.name,
        "encoder_reason": encoder.reason,
        "dimensions": int(table.shape[1]),
        "seconds": round(time.perf_counter() - started, 3),
    }
    log.emit("eval", **metrics)
    return metrics


Embed = Callable[[Examples], Floats]


def _embedder(options: EmbedOptions, spec: BatchSpec, place: Path, first: Examples | None) -> tuple[Encoder, Embed]:
    wish = Wish(**options.encoder.model_dump())
    texts = [] if first is None else joined(first)
    images = first is not None and any(first.image)
    encoder = encoders.for_images(wish, 0) if images else encoders.for_texts(wish, texts)
    if encoder.folder is None:
        return encoder, lambda items: folded(hashing.features(joined(items)))
    from gpu_jobs.learn.devices import accelerator_for
    from gpu_jobs.learn.readers import embed

    accelerator = accelerator_for(options, spec, place)
    network, source = _network(encoder, options)
    network.to(accelerator.device)
    return encoder, lambda items: _unit(embed(network, source.inputs(_as_texts(items)), accelerator))


def _network(encoder: Encoder, options: EmbedOptions) -> tuple[Network, Source]:
    from gpu_jobs.learn.params import FinetuneOptions
    from gpu_jobs.learn.teach import build

    return build(encoder, FinetuneOptions(classes=("-", "+"), max_tokens=options.max_tokens), 0)


def joined(items: Examples) -> list[str]:
    """One text an item: both texts of a pair, or all words."""
    pairs = zip(items.text, items.other, items.words, strict=True)
    return [" ".join(part for part in (text, other, *words) if part) for text, other, words in pairs]


def _as_texts(items: Examples) -> Examples:
    if any(items.image):
        return items
    from gpu_jobs.learn.values import of_texts

    return of_texts(joined(items))


def folded(features: sparse.csr_array) -> Floats:
    """Hashed features as `FOLDED` numbers of length one: buckets share a number, with either sign."""
    buckets = np.arange(features.shape[1])
    sign = 1.0 - 2.0 * ((buckets // FOLDED) % 2)
    fold = sparse.csr_array((sign, (buckets, buckets % FOLDED)), shape=(features.shape[1], FOLDED))
    return _unit(np.asarray((features @ fold).todense(), dtype=np.float64))


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), dtype=np.float64)


def _write_embeddings(out: Path, path: Path, rows: int, embed: Embed, log: EventLog) -> tuple[Ints, list[str]]:
    """Embed piece by piece into one file; the items' ids and texts, in the table's order."""
    with pq.ParquetFile(path) as file:
        size = file.metadata.num_rows
    texts: list[str] = []
    parts = [np.empty(0, dtype=np.int64)]
    table = None
    done = 0
    for items in stream_items(path, rows):
        found = embed(items)
        if table is None:
            shape = (size, found.shape[1])
            table = np.lib.format.open_memmap(out, mode="w+", dtype=np.float16, shape=shape)
        table[done : done + len(items)] = found
        done += len(items)
        parts.append(items.item)
        texts += joined(items)
        log.emit("step", step=done, total=size)
    if table is None:
        np.save(out, np.empty((0, FOLDED), dtype=np.float16))
    else:
        table.flush()
    return np.concatenate(parts), texts


def _duplicates(encoder: Encoder, table: Embeddings, texts: list[str], similarity: float) -> Duplicates:
    if encoder.kind == "hashed":
        return duplicates.among_texts(texts, similarity, duplicates.text_cosine(texts))
    if len(texts) <= duplicates.EXACT_MOST:
        return duplicates.among_embeddings(table, similarity)
    return duplicates.among_texts(texts, similarity, duplicates.embedding_cosine(table))


def _write_duplicates(out: Path, items: Ints, found: Duplicates) -> None:
    rows = np.flatnonzero(found.original >= 0)
    columns = {
        "item": items[rows],
        "original": items[found.original[rows]],
        "similarity": found.similarity[rows].astype(np.float32),
    }
    pq.write_table(pa.table(columns, schema=DUPLICATES), out)
