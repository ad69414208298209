"""Ordinal answers: workers who are too kind, too harsh or too timid on an ordered scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.frames import checked, factorise, qualities, weighted_sums
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["task", "worker", "label"]
BIASES = np.linspace(-1.5, 1.5, 31)  # grid of the worker's bias, in levels
SPREADS = 0.25 * 1.25 ** np.arange(14)  # grid of the worker's spread, 0.25 to 4.5 levels


@dataclass(frozen=True)
class Ordinal:
    """A task has a level c ~ pi; worker w answers l with probability proportional to exp(-(l - c - b_w)^2 / 2 s_w^2).

    An adjacent-category model: the odds of a level against the one below are linear in the level, with a bias b_w and
    a spread s_w per worker. b_w ~ N(0, `bias_sd`^2), log s_w ~ N(log s, `spread_sd`^2) with s the spread that explains
    the crowd best; both at the maximum of their posterior on a grid, so no start or step length matters. EM from
    smoothed votes, which asks that at least half the answers be near the truth. After Raykar et al., "Learning from
    crowds", JMLR 11 (2010), section 4; adjacent categories: Agresti, "Analysis of ordinal categorical data" (2010).

    `levels` is the scale from low to high; None takes the sorted labels. After `fit` or `fit_predict` on columns task,
    worker, label: `labels_` (the posterior's median level), `expected_` (its mean, counted from 0) and `probas_` by
    task, `skills_` (expected share of exact answers), `intervals_`, `biases_` and `spreads_` by worker.

    >>> import pandas as pd
    >>> rows = [(t, w, level) for t, level in [("x", 1), ("y", 3), ("z", 2)] for w in "abc"]
    >>> rows += [("x", "kind", 2), ("y", "kind", 4), ("z", "kind", 3)]
    >>> Ordinal().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'x': 1, 'y': 3, 'z': 2}
    """

    levels: Sequence[Any] | None = None
    n_iter: int = 100
    tol: float = 1e-6  # mean change of a task's posterior
    bias_sd: float = 0.5
    spread_sd: float = 0.5
    class_tasks: float = 2.0  # tasks per level behind a flat level prior

    def fit(self, data: pd.DataFrame) -> Ordinal:
        """Learn from `data`; ValueError on a missing value or a label outside `levels`."""
        seen = _read(data, self.levels)
        posterior, grid = self._iterate(seen)
        self.__dict__.update(_frames(seen, posterior, grid))
        return self

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[Any]:
        """The median level of each task."""
        self.fit(data)
        labels: pd.Series[Any] = self.__dict__["labels_"]
        return labels

    def fit_predict_proba(self, data: pd.DataFrame) -> pd.DataFrame:
        """The probability of each level, tasks by levels."""
        self.fit(data)
        probas: pd.DataFrame = self.__dict__["probas_"]
        return probas

    def _iterate(self, seen: _Ratings) -> tuple[Floats, Ints]:
        """Posterior [task, level] and the grid point of each worker."""
        table = log_table(len(seen.levels)).reshape(BIASES.size * SPREADS.size, len(seen.levels) ** 2)
        posterior = seen.votes + 1 / max(1, len(seen.levels))
        posterior /= posterior.sum(axis=1, keepdims=True)
        for _ in range(self.n_iter):
            counts = np.zeros((len(seen.workers), len(seen.levels), len(seen.levels)))  # [worker, answered, true]
            np.add.at(counts, (seen.worker, seen.label), posterior[seen.task])
            grid = self._best(counts.reshape(len(counts), len(seen.levels) ** 2) @ table.T)
            before, posterior = posterior, self._expect(seen, table[grid].reshape(counts.shape), posterior)
            if np.abs(posterior - before).sum() <= self.tol * len(posterior):
                break
        return posterior, grid

    def _best(self, likelihood: Floats) -> Ints:
        """The grid point of each worker, given the log likelihood [worker, point]."""
        bias, spread = _points()
        crowd = likelihood.sum(axis=0)[bias == 0]
        centre = np.log(SPREADS[int(crowd.argmax())])
        prior = (bias / self.bias_sd) ** 2 + ((np.log(spread) - centre) / self.spread_sd) ** 2
        return np.asarray((likelihood - prior / 2).argmax(axis=1), dtype=np.int64)

    def _expect(self, seen: _Ratings, rows: Floats, posterior: Floats) -> Floats:
        tasks = posterior.sum(axis=0) + self.class_tasks
        joint = np.tile(np.log(tasks / tasks.sum()), (len(posterior), 1))
        np.add.at(joint, seen.task, rows[seen.worker, seen.label])
        likely = np.exp(joint - joint.max(axis=1, keepdims=True, initial=-np.inf))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Ratings:
    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    levels: pd.Index[Any]
    task: Ints
    worker: Ints
    label: Ints
    votes: Floats


def log_table(size: int) -> Floats:
    """log P(answered | true) at every grid point, [point, answered, true]."""
    bias, spread = (values[:, None, None] for values in _points())
    level = np.arange(size)
    table = -(((level[:, None] - level - bias) / spread) ** 2) / 2
    normal = np.logaddexp.reduce(table, axis=1, keepdims=True)
    return np.asarray(table - normal, dtype=np.float64)


def _points() -> tuple[Floats, Floats]:
    """The bias and the spread of every grid point."""
    bias, spread = np.meshgrid(np.round(BIASES, 9), SPREADS, indexing="ij")
    return bias.ravel(), spread.ravel()


def _read(data: pd.DataFrame, levels: Sequence[Any] | None) -> _Ratings:
    import pandas as pd

    frame = checked(data, COLUMNS)
    task, tasks = factorise(frame["task"])
    worker, workers = factorise(frame["worker"])
    scale: pd.Index[Any] = factorise(frame["label"])[1] if levels is None else pd.Index(list(levels))
    label = scale.get_indexer(pd.Index(frame["label"])).astype(np.int64)
    if (label < 0).any():
        raise ValueError(f"label {frame['label'].iloc[int((label < 0).argmax())]!r} is not one of the levels")
    order = np.lexsort((label, worker, task))
    task, worker, label = task[order], worker[order], label[order]
    votes = np.zeros((len(tasks), len(scale)))
    np.add.at(votes, (task, label), 1.0)
    return _Ratings(tasks, workers, scale, task, worker, label, votes)


def _frames(seen: _Ratings, posterior: Floats, grid: Ints) -> dict[str, Any]:
    import pandas as pd

    tasks, workers = seen.tasks.rename("task"), seen.workers.rename("worker")
    median = (posterior.cumsum(axis=1) < 0.5 - 1e-9).sum(axis=1)  # the lower one where two levels share the middle
    exact = posterior[seen.task, seen.label]
    bias, spread = (values[grid] for values in _points())
    right = weighted_sums(seen.worker, exact, len(workers))
    wrong = weighted_sums(seen.worker, 1 - exact, len(workers))
    return {
        "labels_": pd.Series(seen.levels.take(median), index=tasks, name="agg_label"),
        "expected_": pd.Series(posterior @ np.arange(len(seen.levels)), index=tasks, name="expected"),
        "probas_": pd.DataFrame(posterior, index=tasks, columns=seen.levels.rename("label")),
        "biases_": pd.Series(bias, index=workers, name="bias"),
        "spreads_": pd.Series(spread, index=workers, name="spread"),
        **qualities(seen.workers, right, wrong),
    }
