"""Robust mean: one number per task from workers of different precision, whatever a few of them typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels import frames
from gpu_jobs.kernels.frames import checked, factorise, weighted_sums
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["task", "worker", "label"]
NORMAL_MAD = 1.482602  # standard deviations per median absolute deviation of a normal
CREDIBLE_TAIL = 0.025
LEAST_FREE = 0.1  # least share of a residual that is taken as free of the answer itself
TINY = 1e-12  # least variance, relative to the square of the answers' range


@dataclass(frozen=True)
class RobustMean:
    """x_tw = mu_t + s_w times noise of Student's t with `nu` degrees of freedom, whose long tails hold gross errors.

    Fitted by reweighting from medians: h = (`nu` + 1) / (`nu` + r^2 / v_w) for residuals r and v_w = s_w^2; mu_t the
    mean with weights h / v_w; v_w = (`prior` v + sum of h r^2) / (`prior` + n_w), where v is the crowd's robust
    variance, r^2 is divided by one less the answer's share of the weight of its task (its own pull on mu_t), and n_w
    counts answers to tasks with several. Unlike Huber's, h falls with the square of r, so that a gross error of a
    precise worker has no pull. Lange, Little and Taylor, "Robust statistical modeling using the t distribution", JASA
    84 (1989); variances per worker as in Raykar et al., "Learning from crowds", JMLR 11 (2010).

    After `fit` or `fit_predict` on columns task, worker, label (finite numbers): `labels_` and `errors_` (standard
    error) by task, `skills_` (1 / v_w) and `intervals_` by worker.

    >>> import pandas as pd
    >>> rows = [("t", "a", 10.0), ("t", "b", 11.0), ("t", "c", 10.5), ("t", "d", 900.0)]
    >>> RobustMean().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).round(1).to_dict()
    {'t': 10.5}
    """

    n_iter: int = 50
    tol: float = 1e-9  # change relative to the spread
    nu: float = 4.0
    prior: float = 4.0

    def fit(self, data: pd.DataFrame) -> RobustMean:
        """Learn from `data`; ValueError on a missing or infinite number."""
        import pandas as pd

        seen = _read(data)
        middle, weights, variance = self._iterate(seen)
        index = seen.tasks.rename("task")
        total = weighted_sums(seen.task, weights, len(index))
        self.__dict__.update(
            labels_=pd.Series(middle, index=index, name="agg_label"),
            errors_=pd.Series(1 / np.sqrt(total), index=index, name="error"),
            **self._skills(seen, variance),
        )
        return self

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[float]:
        """The number of each task."""
        self.fit(data)
        labels: pd.Series[float] = self.__dict__["labels_"]
        return labels

    def _iterate(self, seen: _Numbers) -> tuple[Floats, Floats, Floats]:
        """Numbers of tasks, weights of answers and variances of workers."""
        middle = _medians(seen)
        scale = _pooled_variance(seen, middle)
        variance, weights = np.full(len(seen.workers), scale), np.full(len(seen.task), 1 / scale)
        for _ in range(self.n_iter):
            share = weights / weighted_sums(seen.task, weights, len(middle))[seen.task]
            square = (seen.value - middle[seen.task]) ** 2 / np.maximum(1 - share, LEAST_FREE)
            tail = (self.nu + 1) / (self.nu + square / variance[seen.worker])
            spread = weighted_sums(seen.worker, seen.shared * tail * square, len(variance))
            variance = (self.prior * scale + spread) / (self.prior + seen.answered)
            weights = (self.nu + 1) / (self.nu * variance[seen.worker] + square)
            before, middle = middle, _mean(seen, weights)
            if np.abs(middle - before).max(initial=0.0) <= self.tol * np.sqrt(scale):
                break
        return middle, weights, variance

    def _skills(self, seen: _Numbers, variance: Floats) -> dict[str, Any]:
        from scipy.stats import chi2

        freedom = self.prior + seen.answered
        squares = variance * freedom
        lower, upper = chi2.ppf(CREDIBLE_TAIL, freedom) / squares, chi2.isf(CREDIBLE_TAIL, freedom) / squares
        return frames.skills(seen.workers, 1 / variance, lower, upper)


@dataclass(frozen=True, slots=True)
class _Numbers:
    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    task: Ints
    worker: Ints
    value: Floats
    shared: Floats  # 1 where the task has another answer
    answered: Floats  # by worker, such answers


def _read(data: pd.DataFrame) -> _Numbers:
    frame = checked(data, COLUMNS)
    value = frame["label"].to_numpy(dtype=np.float64)
    if not np.isfinite(value).all():
        raise ValueError("a label is infinite")
    task, tasks = factorise(frame["task"])
    worker, workers = factorise(frame["worker"])
    order = np.lexsort((worker, value, task))
    task, worker = task[order], worker[order]
    shared = (np.bincount(task, minlength=len(tasks))[task] > 1).astype(np.float64)
    return _Numbers(tasks, workers, task, worker, value[order], shared, weighted_sums(worker, shared, len(workers)))


def _medians(seen: _Numbers) -> Floats:
    """Rows are sorted by task and value, so the middle of each run is its median."""
    size = np.bincount(seen.task, minlength=len(seen.tasks))
    first = np.cumsum(size) - size
    return np.asarray((seen.value[first + (size - 1) // 2] + seen.value[first + size // 2]) / 2, dtype=np.float64)


def _pooled_variance(seen: _Numbers, middle: Floats) -> float:
    """Variance by the median absolute residual, by the mean square where that is 0; above 0."""
    residual = np.abs(seen.value - middle[seen.task])[seen.shared > 0]
    if not len(residual):
        return 1.0
    robust = (NORMAL_MAD * float(np.median(residual))) ** 2 or float((residual**2).mean())
    return max(robust, TINY * float(np.ptp(seen.value)) ** 2) or 1.0


def _mean(seen: _Numbers, weights: Floats) -> Floats:
    size = len(seen.tasks)
    total = weighted_sums(seen.task, weights, size)
    return weighted_sums(seen.task, weights * seen.value, size) / total
