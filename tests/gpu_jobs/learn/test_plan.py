"""The choice of mode by labels and time, and the options that a job may state (gpu_jobs.learn.params)."""

from __future__ import annotations

import pytest

from gpu_jobs.contract import BadInput, BatchSpec
from gpu_jobs.learn.params import FinetuneOptions, PredictOptions, options_of
from gpu_jobs.learn.plan import Work, choose

MINILM = {"weights": 10_600_000, "width": 384, "cores": 1, "gpu": False}


@pytest.mark.parametrize(
    ("items", "budget", "mode"),
    [(100, 1e9, "probe"), (500, 1e9, "lora"), (5000, 1e9, "full"), (5000, 700.0, "lora"), (5000, 10.0, "probe")],
)
def test_more_labels_and_more_time_train_more_weights(items: int, budget: float, mode: str) -> None:
    found = choose(Work(items, 30 * items, **MINILM), "auto", budget)

    assert found.mode == mode, f"{items} items in {budget} s: {found.reason}"
    assert str(items) in found.reason or " s" in found.reason, "the reason names what decided"


def test_a_gpu_makes_time_for_everything() -> None:
    work = Work(100_000, 3_000_000, **{**MINILM, "gpu": True})

    assert choose(work, "auto", 600.0).mode == "full", "minutes on a card"


def test_what_is_asked_for_is_done() -> None:
    found = choose(Work(10, 300, **MINILM), "full", 1.0)

    assert found.mode == "full" and found.rate == 1e-4, "the requester knows best; narrow bodies bear a high rate"


def test_options_are_checked_by_their_kind() -> None:
    spec = BatchSpec(run_id="r", kind="finetune", inputs={}, options={"classes": ["a", "b"]})

    assert options_of(spec, FinetuneOptions).classes == ("a", "b"), "what fits is read"
    with pytest.raises(BadInput, match="model"):
        options_of(spec, PredictOptions)
