"""The finetune job by task and mode, and that a loaded model folder says what the trained model said.

Covers gpu_jobs.learn.teach, gpu_jobs.learn.devices, gpu_jobs.learn.curves, gpu_jobs.learn.readers, the folder and the
model through gpu_jobs.finetune.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from learn_folders import BAD, GOOD, review_examples, tiny_encoder, write_run
from PIL import Image

from gpu_jobs.__main__ import run
from gpu_jobs.contract import BatchReport
from gpu_jobs.events import EventLog
from gpu_jobs.learn import encoders, files, network
from gpu_jobs.learn import folder as folders
from gpu_jobs.learn.model import as_array, probabilities
from gpu_jobs.learn.values import Examples, of_texts, read_examples

HASHED = {"path": "hashed"}
TAGS = ["O", "B-MOOD", "I-MOOD"]


def finetune(folder: Path, examples: Examples, **options: Any) -> BatchReport:
    """Run the job; it must be done."""
    report = run(write_run(folder, "finetune", examples, options), EventLog(io.StringIO()))
    assert report.status == "done", report.error
    return report


def reloaded(folder: Path, classes: int) -> list[np.ndarray]:
    """What the folder's model says of the run's held-out items."""
    examples = read_examples(folder / "in" / "examples.parquet", classes)
    return probabilities(folders.load(folder / "out"), examples.take(examples.held_out()))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An operator's model folder."""
    return str(tiny_encoder(tmp_path_factory.mktemp("models") / "mine", review_examples(200, 0).text))


def test_hashed_texts_make_a_model_folder_with_everything(tmp_path: Path) -> None:
    report = finetune(tmp_path / "run", review_examples(300, 100), classes=["bad", "good"], encoder=HASHED)

    card = (tmp_path / "run" / "out" / "card.md").read_text()
    metrics = json.loads((tmp_path / "run" / "out" / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.95 and metrics["held_out"] == 100, "a word decides: hashed words suffice"
    assert {"tapcrowd.json", "head.safetensors", "holdout.parquet", "curves.png"} <= set(report.outputs), "all of it"
    assert "Wilson" in card and "hashed n-grams (asked for)" in card, "the card tells figures and reasons"


@pytest.mark.parametrize(("mode", "rate"), [("probe", 0.0), ("lora", 1e-2), ("full", 3e-3)])
def test_an_encoder_is_trained_in_every_mode_and_loads_as_it_was(
    tmp_path: Path, encoder: str, mode: str, rate: float
) -> None:
    examples = review_examples(300, 60)
    options = {"classes": ["bad", "good"], "encoder": {"path": encoder}, "mode": mode, "rate": rate, "epochs": 8}
    report = finetune(tmp_path / "run", examples, **options, embeddings_frozen=False)

    told = pq.read_table(tmp_path / "run" / "out" / files.HOLDOUT_FILE)["label"].to_pylist()
    found = as_array(reloaded(tmp_path / "run", 2))
    assert float(report.metrics["accuracy"]) > 0.8, f"{mode} must learn which words are good"
    assert [label for (label,) in told] == found.argmax(axis=1).tolist(), "the folder holds the model that was measured"


def moods(size: int) -> Examples:
    """Sentences whose mood words are entities."""
    plain = review_examples(size, size // 4)
    words = [text.split() for text in plain.text]
    tagged = [np.array([int(word in GOOD + BAD) for word in line], dtype=np.int64) for line in words]
    held = plain.held
    soft = [np.eye(3)[tags] for tags in tagged]
    gold = [tags if away else tags[:0] for tags, away in zip(tagged, held, strict=True)]
    nothing = [""] * size
    return Examples(plain.item, nothing, nothing, words, [b""] * size, soft, plain.weight, gold, held)


@pytest.mark.parametrize("kind", ["hashed", "full"])
def test_words_are_tagged_with_or_without_an_encoder(tmp_path: Path, encoder: str, kind: str) -> None:
    own: dict[str, Any] = {"encoder": HASHED}
    if kind == "full":
        own = {"encoder": {"path": encoder}, "mode": "full", "rate": 3e-3, "epochs": 6, "embeddings_frozen": False}

    report = finetune(tmp_path / "run", moods(200), task="token", classes=TAGS, **own)

    found = reloaded(tmp_path / "run", 3)
    assert float(report.metrics["entity_f1"]) > 0.9, "mood words are easy to know"
    assert all(np.allclose(block.sum(axis=1), 1) for block in found), "every word has its probabilities"


@pytest.mark.parametrize("kind", ["hashed", "probe"])
def test_pairs_are_judged_by_how_alike_they_are(tmp_path: Path, encoder: str, kind: str) -> None:
    chance = np.random.default_rng(0)
    codes = [f"film {number} {chance.choice(GOOD)}" for number in chance.integers(100, 999, 300)]
    same = chance.integers(0, 2, 300)
    others = [code if alike else codes[place - 1] for place, (code, alike) in enumerate(zip(codes, same, strict=True))]
    held = np.arange(300) >= 200
    gold = np.where(held, same, -1)
    pairs = of_texts(codes, np.eye(2)[same], others=others, gold=gold, held=held)
    own = {"encoder": HASHED} if kind == "hashed" else {"encoder": {"path": encoder}, "mode": "probe"}

    report = finetune(tmp_path / "run", pairs, task="pair", classes=["no", "yes"], **own)

    told = pq.read_table(tmp_path / "run" / "out" / files.HOLDOUT_FILE)["label"].to_pylist()
    assert float(report.metrics["accuracy"]) > 0.95, "likeness decides, not words"
    again = as_array(reloaded(tmp_path / "run", 2)).argmax(axis=1).tolist()
    assert [label for (label,) in told] == again, "what words weigh is in the folder"


def test_ratings_are_measured_in_steps(tmp_path: Path) -> None:
    report = finetune(
        tmp_path / "run", review_examples(200, 60), task="rating", classes=["low", "high"], encoder=HASHED
    )

    assert float(report.metrics["mean_absolute_error"]) < 0.2, "the expected value is near"


def colours(size: int, held: int) -> Examples:
    """Small images of two colours."""
    examples = review_examples(size, held)
    for place, soft in enumerate(examples.soft):
        file = io.BytesIO()
        Image.new("RGB", (8, 8), (255 * int(soft.argmax()), 40, 200)).save(file, "PNG")
        examples.image[place] = file.getvalue()
    return examples


def test_images_are_learnt_with_a_local_image_model(tmp_path: Path) -> None:
    from transformers import ResNetConfig, ResNetModel

    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    ResNetModel(config).save_pretrained(tmp_path / "model")

    report = finetune(
        tmp_path / "run",
        colours(80, 20),
        task="image",
        classes=["dark", "red"],
        encoder={"path": str(tmp_path / "model")},
        mode="probe",
    )

    assert float(report.metrics["accuracy"]) == 1.0, "two colours"
    assert reloaded(tmp_path / "run", 2)[0].shape == (1, 2), "and the folder reads images again"


def test_enough_images_train_a_network_from_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "SCRATCH_IMAGES", 40)
    monkeypatch.setattr(network, "SCRATCH_STAGES", [8, 16])
    monkeypatch.setattr(network, "SCRATCH_DEPTHS", [1, 1])

    report = finetune(tmp_path / "run", colours(100, 30), task="image", classes=["dark", "red"], epochs=6, rate=1e-2)

    again = as_array(reloaded(tmp_path / "run", 2)).argmax(axis=1).tolist()
    told = pq.read_table(tmp_path / "run" / "out" / files.HOLDOUT_FILE)["label"].to_pylist()
    assert float(report.metrics["accuracy"]) > 0.9, "two colours are learnt from nothing"
    assert [label for (label,) in told] == again, "with the running means of its batch norms"
    assert "from scratch" in (tmp_path / "run" / "out" / "card.md").read_text(), "said plainly"


def test_too_few_labels_are_bad_input(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", "finetune", review_examples(1, 0), {"classes": ["a", "b"], "encoder": HASHED})

    report = run(folder, EventLog(io.StringIO()))

    assert report.status == "bad-input" and "too few" in report.error, "one label teaches nothing"


def test_the_identity_of_a_model_is_its_weights_and_not_its_card(tmp_path: Path) -> None:
    examples = review_examples(200, 60)
    for name, seed_title in (("one", "A"), ("two", "B")):
        finetune(tmp_path / name, examples, classes=["bad", "good"], encoder=HASHED, title=seed_title)

    one, two = (files.hash_of(tmp_path / name / "out") for name in ("one", "two"))

    assert one == two, "the same data and seed make the same model"
    assert (tmp_path / "one" / "out" / "card.md").read_text().startswith("# A"), "the title is for people"
