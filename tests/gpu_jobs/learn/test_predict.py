"""gpu_jobs.predict: a model folder in, calibrated labels out, piece by piece."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from learn_folders import review_examples, reviews, write_run

from gpu_jobs.__main__ import run
from gpu_jobs.events import EventLog
from gpu_jobs.learn import files
from gpu_jobs.learn.values import of_texts


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that knows good words from bad ones."""
    root = tmp_path_factory.mktemp("models")
    options = {"classes": ["bad", "good"], "encoder": {"path": "hashed"}}
    folder = write_run(root / "train", "finetune", review_examples(500, 200), options)
    assert run(folder, EventLog(io.StringIO())).status == "done", "there must be a model to predict with"
    return folder / "out"


def test_proven_labels_stand_and_a_random_share_goes_to_people(tmp_path: Path, model: Path) -> None:
    texts, label = reviews(1000, seed=5)
    folder = write_run(tmp_path / "run", "predict", of_texts(texts), {"model": str(model), "target": 0.9, "rows": 64})

    report = run(folder, EventLog(io.StringIO()))

    table = pq.read_table(folder / "out" / "predictions.parquet")
    found = np.array([one for (one,) in table["label"].to_pylist()])
    taken = table["accepted"].to_numpy()
    assert report.status == "done" and table["item"].to_pylist() == list(range(1000)), "every item, in order"
    assert taken.sum() > 500 and (found == label)[taken].mean() >= 0.9, "what is accepted is as good as promised"
    assert 20 <= int(report.metrics["audit"]) <= 80, "about one in twenty goes to people all the same"


def test_the_size_of_the_pieces_changes_nothing(tmp_path: Path, model: Path) -> None:
    items = of_texts(reviews(100, seed=6)[0])
    found = []
    for rows in (7, 1000):
        folder = write_run(tmp_path / str(rows), "predict", items, {"model": str(model), "rows": rows})
        run(folder, EventLog(io.StringIO()))
        found.append(pq.read_table(folder / "out" / "predictions.parquet"))

    assert found[0].equals(found[1]), "an item's label depends on the item alone"


def test_a_target_that_gold_cannot_prove_accepts_nothing(tmp_path: Path, model: Path) -> None:
    options = {"model": str(model), "target": 0.999}
    folder = write_run(tmp_path / "run", "predict", of_texts(reviews(50)[0]), options)

    report = run(folder, EventLog(io.StringIO()))

    assert report.metrics["accepted"] == 0, "two hundred held-out items cannot prove one error in a thousand"


def test_another_model_than_the_one_meant_is_bad_input(tmp_path: Path, model: Path) -> None:
    wrong = {"model": str(model), "model_hash": "0" * 64}
    right = {"model": str(model), "model_hash": files.hash_of(model)}
    reports = [
        run(write_run(tmp_path / str(place), "predict", of_texts(["fine"]), one), EventLog(io.StringIO()))
        for place, one in enumerate((wrong, right, {"model": str(tmp_path / "nowhere")}))
    ]

    assert [one.status for one in reports] == ["bad-input", "done", "bad-input"], "a model is known by its hash"
