"""gpu_jobs.embed, its near-duplicates (gpu_jobs.learn.duplicates) and its order of diversity (diversity)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from learn_folders import reviews, tiny_encoder, write_run

from gpu_jobs.__main__ import run
from gpu_jobs.events import EventLog
from gpu_jobs.learn import diversity, duplicates
from gpu_jobs.learn.values import of_texts

TEXTS = [
    "The quick brown fox jumps over the lazy dog near the river bank.",
    "Interest rates were left unchanged by the central bank today.",
    "the quick brown fox jumps over the lazy dog near the river bank",
    "A wholly different sentence about cooking rice with saffron.",
    "Interest rates were left unchanged by the central bank today",
]


def test_the_job_finds_repeats_and_orders_the_rest(tmp_path: Path) -> None:
    options = {"encoder": {"path": "hashed"}, "similarity": 0.85, "rows": 2}
    folder = write_run(tmp_path / "run", "embed", of_texts(TEXTS), options)

    report = run(folder, EventLog(io.StringIO()))

    pairs = pq.read_table(folder / "out" / "duplicates.parquet").select(["item", "original"]).to_pylist()
    order = pq.read_table(folder / "out" / "order.parquet")["item"].to_pylist()
    assert report.status == "done", report.error
    assert [tuple(pair.values()) for pair in pairs] == [(2, 0), (4, 1)], "case and a full stop are no difference"
    assert sorted(order) == [0, 1, 3], "repeats are not worth a place"
    assert np.load(folder / "out" / "embeddings.npy").shape == (5, 256), "a vector for each item"


def test_an_encoder_embeds_in_length_one(tmp_path: Path) -> None:
    encoder = tiny_encoder(tmp_path / "encoder", reviews(100)[0])
    options = {"encoder": {"path": str(encoder)}, "similarity": 0.9999}
    folder = write_run(tmp_path / "run", "embed", of_texts([*reviews(10)[0], reviews(10)[0][0]]), options)

    report = run(folder, EventLog(io.StringIO()))

    found = np.load(folder / "out" / "embeddings.npy").astype(np.float64)
    assert report.metrics["dimensions"] == 32, "as wide as the encoder"
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-2), "cosines are plain products"
    assert pq.read_table(folder / "out" / "duplicates.parquet")["item"].to_pylist()[-1] == 10, "the repeat is found"


def test_minhash_finds_what_comparing_all_finds() -> None:
    chance = np.random.default_rng(0)
    base = [" ".join(chance.choice(list("abcdefghijklmnop"), 40)) for _ in range(300)]
    texts = [*base, *(text + " q" for text in base[:40])]

    found = duplicates.among_texts(texts, 0.9, duplicates.text_cosine(texts))

    assert found.original[300:].tolist() == list(range(40)), "every planted repeat points to its original"
    assert (found.original[:300] < 0).all(), "and nothing else points anywhere"


def test_an_original_is_never_a_repeat_itself() -> None:
    steps = np.array([[1.0, 0.0], [0.96, 0.28], [0.8432, 0.5376]], dtype=np.float32)

    found = duplicates.among_embeddings(steps, 0.95)

    assert found.original.tolist() == [-1, 0, -1], "likeness is not passed on along a chain"


def test_every_beginning_of_the_order_covers_the_whole() -> None:
    angles = np.concatenate([np.full(50, 0.0), np.full(3, 2.0), np.full(2, 4.0)])
    points = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)

    order = diversity.k_centre(points, np.arange(55), 5)

    assert {float(angles[row]) for row in order.rows[:3]} == {0.0, 2.0, 4.0}, "a group each, however small"
    assert order.distance[3] < 1e-6, "then nothing new is left"
    assert len(diversity.k_centre(points, np.empty(0, np.int64), 5).rows) == 0, "nothing in no order"
