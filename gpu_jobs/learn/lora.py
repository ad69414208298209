"""Low-rank adapters: train two thin matrices beside a frozen one, then fold them into it (Hu et al., 2021)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from gpu_jobs.contract import BadInput

RANK, ALPHA = 8, 16
# the query and value maps of BERT, RoBERTa, DeBERTa, DistilBERT, Llama-like and fused-attention encoders
TARGETS = ("query", "value", "query_proj", "value_proj", "q_lin", "v_lin", "q_proj", "v_proj", "Wqkv", "qkv_proj")


class LoraLinear(nn.Module):
    """A frozen linear map plus up(down(x)) x alpha / rank; starts as the frozen map."""

    def __init__(self, base: nn.Linear, rank: int = RANK, alpha: float = ALPHA) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, inputs: Tensor) -> Tensor:
        """The adapted map."""
        found: Tensor = self.base(inputs) + (inputs @ self.down.T @ self.up.T) * self.scale
        return found

    def merged(self) -> nn.Linear:
        """One linear map that does the same."""
        with torch.no_grad():
            self.base.weight += (self.up @ self.down) * self.scale
        return self.base


def adapt(body: nn.Module) -> int:
    """Freeze `body`, put adapters into its attention and give how many; BadInput where none would fit."""
    body.requires_grad_(False)
    found = [
        (parent, name, child)
        for parent in body.modules()
        for name, child in parent.named_children()
        if name in TARGETS and isinstance(child, nn.Linear)
    ]
    if not found:
        raise BadInput(f"LoRA: no attention map is called any of {', '.join(TARGETS)}")
    for parent, name, child in found:
        setattr(parent, name, LoraLinear(child))
    return len(found)


def merge(body: nn.Module) -> None:
    """Fold every adapter into its map, so that the body is a plain one again."""
    for parent in list(body.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LoraLinear):
                setattr(parent, name, child.merged())
