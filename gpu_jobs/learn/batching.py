"""Which items make up which step: a pure function of (seed, epoch), so that a resumed run sees the same batches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gpu_jobs.kernels.values import Ints

POOL = 50  # batches sorted by length together: little padding, much chance left
MULTIPLE = 8  # tensor cores want lengths in eights


def epoch_batches(lengths: Ints, size: int, seed: int, epoch: int) -> list[Ints]:
    """Every row once, in batches of `size` of about equal length, in random order."""
    chance = np.random.default_rng((seed, epoch))
    order = chance.permutation(len(lengths))
    pools = [order[at : at + size * POOL] for at in range(0, len(order), size * POOL)]
    pools = [pool[np.argsort(lengths[pool], kind="stable")] for pool in pools]
    batches = [pool[at : at + size] for pool in pools for at in range(0, len(pool), size)]
    return [batches[place] for place in chance.permutation(len(batches))]


def by_length(lengths: Ints, size: int) -> list[Ints]:
    """Every row once, longest first, so that memory runs out at the start or not at all."""
    order = np.argsort(-lengths, kind="stable")
    return [order[at : at + size] for at in range(0, len(order), size)]


def padded(rows: list[npt.NDArray[np.int32]], fill: int) -> tuple[Ints, Ints]:
    """The rows as one table [row, place] and its mask of ones, as long as the longest, in eights."""
    width = -(-max(map(len, rows)) // MULTIPLE) * MULTIPLE
    table = np.full((len(rows), width), fill, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return table, mask
