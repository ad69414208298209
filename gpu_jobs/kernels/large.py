"""Dawid-Skene for many answers: sweeps over packed answers on CPU threads, a GPU or several ranks, to the same bits.

All that one iteration leaves to the next is whole numbers: expected counts per worker and tasks per class, in units
of 2**-24. Their sums do not depend on the order of rows, threads or ranks, one exchange per iteration carries them,
and a checkpoint of them resumes to the same bits.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from gpu_jobs.kernels.large_cpu import UNIT, CpuSweeps
from gpu_jobs.kernels.packed import Packed, pack
from gpu_jobs.kernels.ranks import Ranks, join
from gpu_jobs.kernels.values import CREDIBLE, Answers, Fit, Floats, Ints

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

LARGE = 1_000_000  # answers from which this path is taken
THREADS = "TAPCROWD_THREADS"  # how many of a rank; else its share of the cores
TINY = 1e-10  # the least expected count and class share, as in crowd-kit
PSEUDO = 1.0  # right and wrong answers behind a worker's accuracy


class Sweeps(Protocol):
    """What a device offers: sweeps over its part of the answers."""

    device: str

    @property
    def posterior(self) -> npt.NDArray[Any]:
        """[task, class] after the last sweep."""
        ...

    def votes(self) -> tuple[Ints, Ints]:
        """Counts [worker x label, class] and tasks per class from shares of the votes, in units."""
        ...

    def sweep(self, log_rows: Floats, log_classes: Floats) -> tuple[Ints, Ints]:
        """The same from posteriors under a model."""
        ...


@dataclass(frozen=True, slots=True)
class State:
    """Everything that an iteration needs of those before it."""

    iteration: int
    counts: Ints  # [worker x label, class], in units
    classes: Ints  # [class], in units


@dataclass(frozen=True)
class LargeDawidSkene:
    """Dawid and Skene's model, see `DawidSkene`, in float32 with integer counts.

    Stops when the expected counts move by less than `tol` of all answers, after `n_iter` iterations at most. With
    `checkpoint` a file keeps the state every `every` iterations, and a fit of the same answers goes on from there.
    """

    n_iter: int = 100
    tol: float = 1e-5
    smoothing: float = 0.0
    checkpoint: Path | None = None
    every: int = 1

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Pack, then fit."""
        return self.fit_packed(pack(answers), progress=progress)

    def fit_packed(self, packed: Packed, *, progress: Progress | None = None, ranks: Ranks | None = None) -> Fit:
        """Fit on all ranks; each gets the whole result."""
        ranks = ranks or join()
        part, tasks = packed.part(ranks.rank, ranks.world) if ranks.world > 1 else (packed, slice(None))
        sweeps = _sweeps(part, ranks)
        keeper = _Keeper(self, packed, ranks)
        state = keeper.load() or State(0, *_totals(ranks, sweeps.votes()))
        while True:
            before = state
            log_rows, log_classes = self._model(before, packed.n_classes)
            state = State(before.iteration + 1, *_totals(ranks, sweeps.sweep(log_rows, log_classes)))
            change = float(np.abs(state.counts - before.counts).sum()) / (2 * UNIT * max(1, len(packed.column)))
            if progress:
                progress(state.iteration, change)
            if change < self.tol or state.iteration >= self.n_iter:
                break
            keeper.save(state)
        posterior = _whole(sweeps.posterior, packed, ranks, tasks)
        keeper.forget()
        return _conclude(packed, posterior, state, np.exp(log_rows), (sweeps.device, ranks.world))

    def _model(self, state: State, size: int) -> tuple[Floats, Floats]:
        """Log rows [worker x label, class] and log class shares."""
        counts = np.maximum(state.counts / UNIT + self.smoothing, TINY).reshape(-1, size, size)
        log_rows: Floats = np.log(counts / counts.sum(axis=1, keepdims=True)).reshape(-1, size)
        classes = np.maximum(state.classes / max(1, state.classes.sum()), TINY)
        return log_rows, np.log(classes)


def _sweeps(part: Packed, ranks: Ranks) -> Sweeps:
    """On a GPU where there is one; torch is not imported to look."""
    if Path("/dev/nvidiactl").exists():
        import torch

        from gpu_jobs.kernels.large_torch import TorchSweeps

        if torch.cuda.is_available():
            return TorchSweeps(part, f"cuda:{ranks.rank % torch.cuda.device_count()}")
    threads = int(os.environ.get(THREADS, "0")) or len(os.sched_getaffinity(0)) // ranks.world
    return CpuSweeps(part, max(1, threads))


def _totals(ranks: Ranks, found: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Sums over ranks, in the one exchange of an iteration."""
    counts, classes = found
    if ranks.world == 1:
        return found
    flat = ranks.total(np.concatenate([counts.ravel(), classes]))
    return flat[: counts.size].reshape(counts.shape), flat[counts.size :]


def _whole(posterior: npt.NDArray[Any], packed: Packed, ranks: Ranks, tasks: slice) -> npt.NDArray[Any]:
    if ranks.world == 1:
        return posterior
    whole = np.zeros((packed.n_tasks, packed.n_classes), np.float32)
    whole[tasks] = posterior
    return ranks.total(whole)


class _Keeper:
    """Keeps the state of a long fit in a file, replaced whole, for the very same answers and settings."""

    def __init__(self, method: LargeDawidSkene, packed: Packed, ranks: Ranks) -> None:
        self._path, self._every, self._ranks = method.checkpoint, method.every, ranks
        self._mark = _fingerprint(packed, method.smoothing) if self._path else ""

    def load(self) -> State | None:
        """The state of an earlier fit that was cut off, if there is one of these answers."""
        if self._path is None or not self._path.exists():
            return None
        with np.load(self._path, allow_pickle=False) as kept:
            if str(kept["mark"]) != self._mark:
                return None
            return State(int(kept["iteration"]), kept["counts"], kept["classes"])

    def save(self, state: State) -> None:
        """Write beside, then rename."""
        if self._path is None or self._ranks.rank or state.iteration % self._every:
            return
        beside = self._path.with_suffix(".part")
        with beside.open("wb") as file:
            np.savez(file, mark=self._mark, iteration=state.iteration, counts=state.counts, classes=state.classes)
        beside.replace(self._path)

    def forget(self) -> None:
        """The fit is done."""
        if self._path is not None and not self._ranks.rank:
            for path in (self._path, self._path.with_suffix(".part")):
                path.unlink(missing_ok=True)


def _fingerprint(packed: Packed, smoothing: float) -> str:
    found = hashlib.sha256(f"{packed.n_workers} {packed.n_classes} {smoothing}".encode())
    for array in (packed.start, packed.column, packed.gold):
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _conclude(packed: Packed, posterior: npt.NDArray[Any], state: State, rows: Floats, where: tuple[str, int]) -> Fit:
    size = packed.n_classes
    counts = (state.counts / UNIT).reshape(-1, size, size)  # [worker, label, class]
    right = np.einsum("wkk->w", counts) + PSEUDO
    wrong = counts.sum(axis=(1, 2)) + 2 * PSEUDO - right
    tail = (1 - CREDIBLE) / 2
    labels = posterior.argmax(axis=1)
    labels[(np.diff(packed.start) == 0) & (packed.gold < 0)] = -1
    return Fit(
        labels=labels,
        posterior=posterior,
        confusion=rows.reshape(-1, size, size).transpose(0, 2, 1),
        accuracy=right / (right + wrong),
        lower=betaincinv(right, wrong, tail),
        upper=betaincinv(right, wrong, 1 - tail),
        iterations=state.iteration,
        log_likelihood=float("nan"),  # not summed: it would cost a pass in float64
        device=where[0],
        world=where[1],
    )


def blocks(packed: Packed, size: int = 1 << 20) -> list[tuple[int, int]]:
    """Ranges of tasks with about `size` answers each."""
    cuts = np.searchsorted(packed.start, np.arange(0, len(packed.column), size)[1:])
    edges = np.unique([0, *cuts.tolist(), packed.n_tasks]).tolist()
    return list(pairwise(edges))


def alpha(packed: Packed) -> float:
    """Krippendorff's alpha, nominal, block by block in whole numbers; nan where chance cannot disagree."""
    size = packed.n_classes
    most = int(np.diff(packed.start).max(initial=0)) + 1
    values, apart = np.zeros(size, np.int64), np.zeros(most)
    for first, last in blocks(packed):
        start = packed.start[first : last + 1]
        task = np.repeat(np.arange(last - first), np.diff(start))
        cell = task * size + packed.column[start[0] : start[-1]] % size
        votes = np.bincount(cell, minlength=(last - first) * size).reshape(-1, size)
        given = votes.sum(axis=1)
        values += votes[given >= 2].sum(axis=0)
        apart += np.bincount(given, given**2 - (votes**2).sum(axis=1), most)
    total = float(values.sum())
    by_chance = total**2 - float((values.astype(np.float64) ** 2).sum())
    if by_chance == 0:
        return float("nan")
    disagreeing = (apart[2:] / np.arange(1, most - 1)).sum()
    return float(1 - (total - 1) * disagreeing / by_chance)
