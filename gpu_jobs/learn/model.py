"""A trained model as its users see it: items in, calibrated probabilities out, whatever is inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.special import softmax

from gpu_jobs.kernels.spans.bio import legal_starts, legal_steps
from gpu_jobs.kernels.spans.chain import best_path
from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn.params import Task
from gpu_jobs.learn.probe import Probe
from gpu_jobs.learn.readers import Reader
from gpu_jobs.learn.values import Examples

if TYPE_CHECKING:
    from accelerate import Accelerator

    from gpu_jobs.learn.inputs import Source
    from gpu_jobs.learn.network import Network

FORMAT = 1


class Meta(BaseModel):
    """What a model folder says of itself in tapcrowd.json, beside its weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    task: Task
    classes: tuple[str, ...]
    encoder: str  # Kind of gpu_jobs.learn.encoders
    encoder_name: str
    encoder_reason: str
    mode: str  # full, lora or probe
    mode_reason: str
    shares: tuple[float, ...]  # of the classes among the training labels: for a word that no tokenizer reads
    temperature: float = 1.0
    max_tokens: int = 256
    image_side: int = 0
    image_mean: tuple[float, ...] = ()
    image_spread: tuple[float, ...] = ()
    seed: int = 0
    data: str = ""  # SHA-256 of the examples that it learnt from
    parent: str = ""  # hash of the model that it follows
    labels: str = ""  # how its labels came about


class Model(Protocol):
    """Anything that judges items."""

    meta: Meta

    def scores(self, examples: Examples) -> tuple[list[Floats], list[Ints] | None]:
        """Logits before the temperature, one block an item, and which words they stand for."""


@dataclass(slots=True)
class ProbeModel:
    """A linear model on fixed features."""

    meta: Meta
    reader: Reader
    probe: Probe

    def scores(self, examples: Examples) -> tuple[list[Floats], list[Ints] | None]:
        """Logits of every item."""
        told = self.reader.read(examples)
        return told.per_item(self.probe.scores(told.features)), told.words


@dataclass(slots=True)
class NetworkModel:
    """A fine-tuned network."""

    meta: Meta
    network: Network
    source: Source
    accelerator: Accelerator
    size: int = 64  # items in one forward pass

    def scores(self, examples: Examples) -> tuple[list[Floats], list[Ints] | None]:
        """Logits of every item."""
        from gpu_jobs.learn.train import judge

        inputs = self.source.inputs(examples)
        return judge(self.network, inputs, self.accelerator, self.size), inputs.words


def probabilities(model: Model, examples: Examples) -> list[Floats]:
    """Calibrated class probabilities [row, class] of every item; a word that was not read gets the class shares."""
    blocks, words = model.scores(examples)
    found = [np.asarray(softmax(block / model.meta.temperature, axis=1), dtype=np.float64) for block in blocks]
    return found if words is None else filled(found, words, examples, np.array(model.meta.shares))


def filled(found: list[Floats], words: list[Ints], examples: Examples, shares: Floats) -> list[Floats]:
    """Blocks with a row for every word of the item."""
    whole = []
    for block, read, sentence in zip(found, words, examples.words, strict=True):
        rows = np.tile(shares, (len(sentence), 1))
        rows[read] = block
        whole.append(rows)
    return whole


def decide(task: Task, classes: tuple[str, ...], found: list[Floats]) -> list[Ints]:
    """The label of every row: the likeliest class, or for tags the best legal path."""
    if task != "token" or not found:
        return [block.argmax(axis=1) for block in found]
    start = np.concatenate([[0], np.cumsum([len(block) for block in found])])
    path = best_path(np.concatenate(found), start, legal_starts(classes), legal_steps(classes))
    return np.split(path, start[1:-1])


def as_array(found: list[Floats]) -> Floats:
    """Blocks of one row each as one table [item, class]."""
    return np.concatenate(found) if found else np.empty((0, 0))
