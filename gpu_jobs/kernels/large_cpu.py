"""One sweep of the large path on the CPU: blocks of tasks on several threads, nothing of the size of the answers.

A block gathers the log rows of its answers, turns them into posteriors and adds those to the worker counts while all
of it is in the cache. Posteriors are multiples of 2**-24 and are added as whole numbers below 2**53, so that the
counts do not depend on the number of blocks, threads or ranks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy import sparse

from gpu_jobs.kernels.packed import Packed
from gpu_jobs.kernels.values import Floats, Ints

Singles = npt.NDArray[np.float32]
Rule = Callable[[Singles], Singles]
BLOCK = 1 << 20  # answers at once: some tens of megabytes for each thread
UNIT = 1 << 24  # a posterior is a whole number of 1 / UNIT, which float32 holds exactly
TINY = 1e-30


class CpuSweeps:
    """Sweeps over one part of the answers; `posterior` holds the last sweep's result."""

    device = "cpu"

    def __init__(self, part: Packed, threads: int | None = None, block: int = BLOCK) -> None:
        self.part = part
        self.threads = threads or max(1, len(os.sched_getaffinity(0)))
        self.posterior = np.zeros((part.n_tasks, part.n_classes), np.float32)
        cuts = np.searchsorted(part.start, np.arange(0, len(part.column), block)[1:])
        self.cuts = np.unique([0, *cuts.tolist(), part.n_tasks])
        self.known = np.flatnonzero(part.gold >= 0)
        widest = int(np.diff(part.start[self.cuts]).max(initial=0))
        self.ones = np.ones(widest, np.float32)

    def votes(self) -> tuple[Ints, Ints]:
        """Start from shares of the votes; expected counts [worker x label, class] and tasks per class, in units."""
        size = self.part.n_classes
        each = np.tile(np.eye(size, dtype=np.float32), (self.part.n_workers, 1))
        return self._sweep(each, shares)

    def sweep(self, log_rows: Floats, log_classes: Floats) -> tuple[Ints, Ints]:
        """Posteriors under these log rows [worker x label, class] and class shares; counts as above."""
        prior = log_classes.astype(np.float32)
        return self._sweep(log_rows.astype(np.float32), lambda evidence: softmax(evidence + prior))

    def _sweep(self, table: Singles, rule: Rule) -> tuple[Ints, Ints]:
        def run(thread: int) -> tuple[Floats, Floats]:
            counts = np.zeros(table.shape)
            classes = np.zeros(table.shape[1])
            for place in range(thread, len(self.cuts) - 1, self.threads):
                self._block(table, rule, int(self.cuts[place]), int(self.cuts[place + 1]), (counts, classes))
            return counts, classes

        with ThreadPoolExecutor(self.threads) as pool:
            found = list(pool.map(run, range(self.threads)))
        counts, classes = (reduce(np.add, parts) for parts in zip(*found, strict=True))
        return counts.astype(np.int64), classes.astype(np.int64)

    def _block(self, table: Singles, rule: Rule, first: int, last: int, totals: tuple[Floats, Floats]) -> None:
        start = self.part.start[first : last + 1]
        column = self.part.column[start[0] : start[-1]]
        shape = (last - first, len(table))
        indptr = (start - start[0]).astype(column.dtype)
        one_hot = sparse.csr_array((self.ones[: len(column)], column, indptr), shape=shape)
        units = np.rint(rule(one_hot @ table) * np.float32(UNIT))
        low, high = np.searchsorted(self.known, (first, last))
        known = self.known[low:high]
        units[known - first] = np.eye(table.shape[1], dtype=np.float32)[self.part.gold[known]] * UNIT
        self.posterior[first:last] = units / np.float32(UNIT)
        whole = units.astype(np.float64)
        counts, classes = totals
        counts += one_hot.T @ whole
        classes += ((np.diff(indptr) > 0) | (self.part.gold[first:last] >= 0)).astype(np.float64) @ whole


def softmax(joint: Singles) -> Singles:
    """Probabilities from log joint probabilities [task, class]; columns are reduced one by one, which is quick."""
    odds: Singles = np.exp(joint - reduce(np.maximum, joint.T)[:, None])
    odds /= reduce(np.add, odds.T)[:, None]
    return odds


def shares(votes: Singles) -> Singles:
    """Shares of the votes; even where there are none."""
    total = reduce(np.add, votes.T)[:, None]
    even = np.float32(1 / votes.shape[1])
    found: Singles = np.where(total > 0, votes / np.maximum(total, 1), even)
    return found
