"""Chooses how much of a model to train: by how many labels there are, and by how long it would take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpu_jobs.learn.params import Mode

Trained = Literal["full", "lora", "probe"]
CPU_RATE = 4e10  # multiply-adds x 2 a second on one core, measured with MiniLM in float32
GPU_RATE = 4e13  # a cautious share of a data-centre card's rate for short texts
LEAST_FULL, LEAST_LORA = 1000, 200  # labelled items, below which fewer weights learn more
LORA_COST = 0.55  # of a full step's time: no gradients of frozen weights
EPOCHS: dict[Trained, int] = {"full": 4, "lora": 5, "probe": 1}
SMALL_WIDTH = 512  # bodies up to this width bear a higher rate
RATES = {("full", True): 1e-4, ("full", False): 3e-5, ("lora", True): 1e-3, ("lora", False): 5e-4}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train, and why."""

    mode: Trained
    epochs: int
    rate: float
    reason: str


@dataclass(frozen=True, slots=True)
class Work:
    """What decides: labelled items, tokens in all, multiplied weights of the body, its width, cores or a GPU."""

    items: int
    tokens: int
    weights: int
    width: int
    cores: int
    gpu: bool

    def seconds(self, epochs: int) -> float:
        """A full fine-tune's time: six operations per weight and token, forward and backward."""
        return 6.0 * self.weights * self.tokens * epochs / (GPU_RATE if self.gpu else CPU_RATE * self.cores)


def choose(work: Work, wanted: Mode, budget_seconds: float) -> Plan:
    """The mode asked for, or the one that gets most out of the labels within the budget."""
    if wanted != "auto":
        return _plan(wanted, work, "asked for")
    full, lora = work.seconds(EPOCHS["full"]), LORA_COST * work.seconds(EPOCHS["lora"])
    if work.items < LEAST_LORA:
        return _plan("probe", work, f"{work.items} labelled items, fewer than {LEAST_LORA}")
    if work.items >= LEAST_FULL and full <= budget_seconds:
        return _plan("full", work, f"{work.items} labelled items, about {full:.0f} s of {budget_seconds:.0f} s")
    if lora <= budget_seconds:
        why = f"under {LEAST_FULL} labelled items" if work.items < LEAST_FULL else f"full would take {full:.0f} s"
        return _plan("lora", work, f"{why}; about {lora:.0f} s of {budget_seconds:.0f} s")
    return _plan("probe", work, f"LoRA would take {lora:.0f} s of {budget_seconds:.0f} s")


def _plan(mode: Trained, work: Work, reason: str) -> Plan:
    rate = RATES.get((mode, work.width <= SMALL_WIDTH), 0.0)
    return Plan(mode, EPOCHS[mode], rate, reason)
