"""The ranks of a large fit: torchrun starts them, each holds a part of the tasks, sums of integers go between them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among `world` processes; alone, nothing is sent and torch is not imported."""

    rank: int = 0
    world: int = 1

    def total(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The sum over all ranks, the same bits on each where sums are exact."""
        if self.world == 1:
            return array
        import torch
        from torch import distributed

        tensor = torch.from_numpy(array.copy())
        distributed.all_reduce(tensor)
        found: npt.NDArray[Any] = tensor.numpy()
        return found

    def close(self) -> None:
        """Leave the group."""
        if self.world > 1:
            from torch import distributed

            distributed.destroy_process_group()


def join() -> Ranks:
    """The group that torchrun announces in the environment, over gloo; alone without one."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Ranks()
    from torch import distributed

    if not distributed.is_initialized():
        distributed.init_process_group("gloo")
    return Ranks(distributed.get_rank(), world)
