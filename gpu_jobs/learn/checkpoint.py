"""Keeps a training run's state on disk: weights and optimiser as safetensors, the rest as JSON, never a pickle."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from gpu_jobs.contract import write_atomically

FOLDER = "ckpt"
LAST = "last"  # a text file with the name of the newest complete checkpoint
TENSORS, PROGRESS, BEST = "state.safetensors", "progress.json", "best.safetensors"
MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(slots=True)
class Progress:
    """How far a run is; written with every checkpoint."""

    epoch: int = 0
    step: int = 0  # of this epoch, steps done
    total: int = 0  # steps done
    best_loss: float = float("inf")
    best_epoch: int = -1
    micro: int = 0  # rows in one forward pass
    halvings: int = 0
    finished: bool = False
    losses: list[float] = field(default_factory=list)  # of every step
    held_out: list[float] = field(default_factory=list)  # after every epoch


class Checkpoints:
    """The checkpoints of one run folder; those of another job.json are not taken."""

    def __init__(self, folder: Path, job: str) -> None:
        self.folder = folder / FOLDER
        self.job = job

    def save(self, network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
        """Write all of it, then name it the last one, then drop those before."""
        name = f"step-{progress.total:09d}-{'end' if progress.finished else progress.epoch}"
        made = self.folder / f"{name}.tmp"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        save_file(_tensors(network, optimizer), made / TENSORS)
        write_atomically(made / PROGRESS, json.dumps({"job": self.job, **asdict(progress)}))
        final = self.folder / name
        shutil.rmtree(final, ignore_errors=True)
        made.rename(final)
        write_atomically(self.folder / LAST, name)
        for old in self.folder.glob("step-*"):
            if old != final:
                shutil.rmtree(old, ignore_errors=True)

    def load(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress | None:
        """Put the last checkpoint into `network` and `optimizer`; None where there is none of this job."""
        found = self._last()
        if found is None:
            return None
        told = json.loads((found / PROGRESS).read_text(encoding="utf-8"))
        if told.pop("job") != self.job:
            return None
        tensors = load_file(found / TENSORS)
        for name, parameter in trainable(network):
            with torch.no_grad():
                parameter.copy_(tensors[f"weight/{name}"])
            moments = {kind: tensors.get(f"{kind}/{name}") for kind in MOMENTS}
            state = {kind: value.to(parameter.device) for kind, value in moments.items() if value is not None}
            if state:
                optimizer.state[parameter] = state
        _restore_buffers(network, tensors)
        return Progress(**told)

    def save_best(self, network: nn.Module) -> None:
        """Keep the weights that did best on held-out items."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f"{BEST}.tmp"
        save_file({**_weights(network), **_buffers(network)}, temporary)
        os.replace(temporary, self.folder / BEST)  # noqa: PTH105 - the atomic one

    def load_best(self, network: nn.Module) -> None:
        """Put the best weights back, where some were kept."""
        path = self.folder / BEST
        if not path.is_file():
            return
        tensors = load_file(path)
        with torch.no_grad():
            for name, parameter in trainable(network):
                parameter.copy_(tensors[f"weight/{name}"])
        _restore_buffers(network, tensors)

    def _last(self) -> Path | None:
        pointer = self.folder / LAST
        if not pointer.is_file():
            return None
        found = self.folder / pointer.read_text(encoding="utf-8").strip()
        return found if (found / PROGRESS).is_file() else None


def trainable(network: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """The parameters that training changes, in a fixed order."""
    return [(name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad]


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {f"weight/{name}": _plain(parameter) for name, parameter in trainable(network)}


def _buffers(network: nn.Module) -> dict[str, Tensor]:
    """Running means of batch norms and the like, which training changes too."""
    return {f"buffer/{name}": _plain(buffer) for name, buffer in network.named_buffers() if "running" in name}


def _tensors(network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    moments = {
        f"{kind}/{name}": _plain(state[kind])
        for name, parameter in trainable(network)
        if (state := optimizer.state.get(parameter))
        for kind in MOMENTS
    }
    return {**_weights(network), **_buffers(network), **moments}


def _restore_buffers(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    for name, buffer in network.named_buffers():
        if f"buffer/{name}" in tensors:
            buffer.copy_(tensors[f"buffer/{name}"])


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous()
