"""A model's card says what is known, with intervals, and says so when nothing is."""

from __future__ import annotations

from gpu_jobs.learn import card
from gpu_jobs.learn.model import Meta

META = Meta(
    task="text",
    classes=("bad", "good"),
    encoder="hashed",
    encoder_name="hashed n-grams",
    encoder_reason="asked for",
    mode="probe",
    mode_reason="few labels",
    shares=(0.5, 0.5),
    data="d" * 64,
    labels="joint posterior of 3 answers a task",
)


def test_figures_come_with_their_intervals() -> None:
    metrics = {"held_out": 50, "accuracy": 0.9, "accuracy_lower": 0.8, "accuracy_upper": 0.95, "mode": "probe"}

    text = card.write(META, metrics, "a" * 64, "Reviews")

    assert text.startswith("# Reviews"), "the title comes first"
    assert "0.9 (0.8 to 0.95, 95 % Wilson interval)" in text, "no figure without its interval"
    assert "joint posterior of 3 answers a task" in text and "d" * 64 in text, "labels and data can be traced"


def test_without_gold_the_card_warns() -> None:
    text = card.write(META, {}, "a" * 64, "")

    assert text.startswith("# Model aaaaaaaaaaaa"), "a model without a title goes by its identity"
    assert "must not go live" in text, "unknown quality is said plainly"


def test_a_network_from_scratch_is_called_that() -> None:
    text = card.write(META.model_copy(update={"encoder": "image-from-scratch"}), {}, "a" * 64, "")

    assert "from scratch" in text, "nobody must take it for a pretrained one"
