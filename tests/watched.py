"""A tiny model without weights from elsewhere, and streams of reviews in which something may happen."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from learn_folders import BAD, FILLER, GOOD, reviews

from gpu_jobs.learn import folder
from gpu_jobs.learn.model import Meta, ProbeModel
from gpu_jobs.learn.params import Task
from gpu_jobs.learn.probe import fit_calibrated
from gpu_jobs.learn.readers import HashedReader
from gpu_jobs.learn.values import of_texts

CLASSES = ("bad", "good")
WINDOW = 40


def write_model(place: Path, task: Task = "text") -> Path:
    """A model folder that tells good reviews from bad ones."""
    place.mkdir()
    texts, label = reviews(200)
    features = HashedReader().read(of_texts(texts)).features
    probe = fit_calibrated(features, np.eye(2)[label], np.ones(200), 5, 0)
    meta = Meta(
        task=task, classes=CLASSES, encoder="hashed", encoder_name="hashed n-grams", encoder_reason="a test",
        mode="probe", mode_reason="a test", shares=(0.5, 0.5),
    )  # fmt: skip
    folder.save(place, ProbeModel(meta, HashedReader(), probe))
    return place


def stream(windows: int, bad: float, seed: int = 0, *, strange: bool = False) -> list[str]:
    """Reviews of which a share is bad, or words that the model never saw."""
    chance = np.random.default_rng(seed)
    texts = []
    for at in range(windows * WINDOW):
        words = [str(word) for word in chance.choice(FILLER, 6)]
        words.append(str(chance.choice(BAD if chance.random() < bad else GOOD)))
        texts.append(f"zq{at} xv{at} kj{at}" if strange else f"{' '.join(words)} {at}")
    return texts


def write_stream(path: Path, texts: list[str]) -> Path:
    """The texts as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    return path
