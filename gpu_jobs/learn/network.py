"""A pretrained body with one linear head: every neural model here, whatever it reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gpu_jobs.learn.encoders import quiet
from gpu_jobs.learn.inputs import Batch

SCRATCH_STAGES, SCRATCH_DEPTHS = [32, 64, 128], [2, 2, 2]  # 0.7 million weights: 1,200 images a second on one core
HEAD_SPREAD = 0.02


class Network(nn.Module):
    """Body, then pooling (mean over tokens; first sub-word of each word for word labels), then a linear head."""

    def __init__(self, body: nn.Module, width: int, n_classes: int) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(width, n_classes)
        nn.init.normal_(self.head.weight, std=HEAD_SPREAD)
        nn.init.zeros_(self.head.bias)

    def forward(self, batch: Batch) -> Tensor:
        """Logits [row, class]; a row is an item, or a word where the batch picks words."""
        scores: Tensor = self.head(self.embed(batch))
        return scores.float()

    def embed(self, batch: Batch) -> Tensor:
        """What the head sees, [row, feature]."""
        told = self.body(**batch.tensors)
        if "pixel_values" in batch.tensors:
            return _pooled_image(told)
        hidden: Tensor = told.last_hidden_state
        if batch.pick is not None:
            return hidden.flatten(0, 1)[batch.pick]
        mask = batch.tensors["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)


def _pooled_image(told: Any) -> Tensor:
    pooled = getattr(told, "pooler_output", None)
    if pooled is not None:
        flat: Tensor = pooled.flatten(1)
        return flat
    hidden: Tensor = told.last_hidden_state
    return hidden.mean(dim=1) if hidden.dim() == 3 else hidden.flatten(2).mean(dim=2)


def load_body(folder: Path, dropout: float = 0.0) -> nn.Module:
    """The encoder of a checked model folder, in float32, with `dropout` in place of its own."""
    from transformers import AutoConfig, AutoModel

    quiet()
    local = {"local_files_only": True, "trust_remote_code": False}
    config = AutoConfig.from_pretrained(str(folder), **local)
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout"):
        if isinstance(getattr(config, name, None), float):
            setattr(config, name, dropout)
    body: nn.Module = AutoModel.from_pretrained(
        str(folder), config=config, use_safetensors=True, dtype=torch.float32, **local
    )
    return body


def scratch_image_body() -> nn.Module:
    """A small residual network without any weights learnt before."""
    from transformers import ResNetConfig, ResNetModel

    config = ResNetConfig(
        embedding_size=SCRATCH_STAGES[0], hidden_sizes=SCRATCH_STAGES, depths=SCRATCH_DEPTHS, layer_type="basic"
    )
    body: nn.Module = ResNetModel(config)
    return body


def width_of(body: nn.Module) -> int:
    """How many features the body gives a row."""
    config: Any = body.config
    for name in ("hidden_size", "d_model", "dim"):
        if isinstance(getattr(config, name, None), int):
            return int(getattr(config, name))
    return int(config.hidden_sizes[-1])


def freeze_unused(network: Network, *, embeddings: bool) -> None:
    """Leave the body's pooler, which text models do not use, and if asked the word embeddings as they are."""
    for name, parameter in network.body.named_parameters():
        if "pooler" in name or (embeddings and "word_embeddings" in name):
            parameter.requires_grad_(False)


def word_embeddings(body: nn.Module) -> int:
    """How many of the body's weights are looked up and not multiplied."""
    return sum(module.weight.numel() for module in body.modules() if isinstance(module, nn.Embedding))


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch where the network is."""
    if device.type == "cpu":
        return batch
    moved = {name: tensor.to(device, non_blocking=True) for name, tensor in batch.tensors.items()}
    return Batch(moved, None if batch.pick is None else batch.pick.to(device, non_blocking=True))


@contextmanager
def judging(network: nn.Module) -> Iterator[None]:
    """No gradients and no dropout while it lasts."""
    before = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        network.train(before)
