"""One sweep of the large path in torch, for a GPU; the same arithmetic as on the CPU, in chunks of tasks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, one_hot

from gpu_jobs.kernels.large_cpu import UNIT
from gpu_jobs.kernels.packed import Packed
from gpu_jobs.kernels.values import Floats, Ints

CHUNK = 1 << 26  # answers at once on a device: under 4 GB of temporaries with four classes


class TorchSweeps:
    """Sweeps over one part of the answers on one device; integer additions, so their order does not matter."""

    def __init__(self, part: Packed, device: str, chunk: int = CHUNK) -> None:
        self.device = device
        self.part = part
        self.column = torch.from_numpy(part.column).to(device)
        self.start = torch.from_numpy(part.start).to(device)
        self.gold = torch.from_numpy(part.gold).to(device)
        cuts = np.searchsorted(part.start, np.arange(0, len(part.column), chunk)[1:])
        self.cuts = np.unique([0, *cuts.tolist(), part.n_tasks]).tolist()
        self._posterior = torch.zeros(part.n_tasks, part.n_classes, device=device)

    @property
    def posterior(self) -> Floats:
        """The last sweep's result, on the host."""
        found: Floats = self._posterior.cpu().numpy()
        return found

    def votes(self) -> tuple[Ints, Ints]:
        """Start from shares of the votes; expected counts [worker x label, class] and tasks per class, in units."""
        size = self.part.n_classes
        return self._sweep(torch.eye(size, device=self.device).repeat(self.part.n_workers, 1), None)

    def sweep(self, log_rows: Floats, log_classes: Floats) -> tuple[Ints, Ints]:
        """Posteriors under these log rows [worker x label, class] and class shares; counts as above."""
        table, prior = (torch.from_numpy(logs).to(self.device, torch.float32) for logs in (log_rows, log_classes))
        return self._sweep(table, prior)

    def _sweep(self, table: Tensor, prior: Tensor | None) -> tuple[Ints, Ints]:
        counts = torch.zeros(table.shape, dtype=torch.int64, device=self.device)
        classes = torch.zeros(table.shape[1], dtype=torch.int64, device=self.device)
        for first, last in zip(self.cuts[:-1], self.cuts[1:], strict=True):
            start = self.start[first : last + 1]
            column = self.column[int(start[0]) : int(start[-1])].long()
            degree = start.diff()
            evidence = embedding_bag(column, table, start[:-1] - start[0], mode="sum")
            units = self._units(evidence, prior, degree, slice(first, last))
            counts.index_add_(0, column, units.repeat_interleave(degree, dim=0))
            classes += units[(degree > 0) | (self.gold[first:last] >= 0)].sum(dim=0)
            self._posterior[first:last] = units / UNIT
        return counts.cpu().numpy(), classes.cpu().numpy()

    def _units(self, evidence: Tensor, prior: Tensor | None, degree: Tensor, tasks: slice) -> Tensor:
        """Posteriors as whole numbers; those of control tasks are what is known."""
        size = evidence.shape[1]
        if prior is None:
            even = torch.full_like(evidence, 1 / size)
            posterior = torch.where(degree[:, None] > 0, evidence / degree.clamp(min=1)[:, None], even)
        else:
            posterior = (evidence + prior).softmax(dim=1)
        gold = self.gold[tasks]
        units = (posterior * UNIT).round().long()
        return torch.where(gold[:, None] >= 0, one_hot(gold.clamp(min=0), size) * UNIT, units)
