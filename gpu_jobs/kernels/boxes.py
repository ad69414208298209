"""Boxes on images: which boxes of different workers mean the same thing, and where it lies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.frames import checked, factorise, qualities, weighted_sums
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

CORNERS = ["x_min", "y_min", "x_max", "y_max"]
ROUNDING = 1e-9  # a support that equals the bound up to rounding reaches it


@dataclass(frozen=True)
class BoxClusters:
    """Clusters each task's boxes by overlap, drops clusters with little support, averages the others by worker.

    Agglomerative: the two clusters of greatest mean intersection over union are joined while that is at least
    `threshold`; a worker is in a cluster once. Support is the weight share of the task's workers in it; below
    `min_support` it is dropped. A box is the mean of its cluster's corners by worker weight, its label the heaviest.
    Weights, refitted `n_iter` times: mean overlap of the worker's boxes with their cluster's (0 for a dropped one),
    with `prior` boxes at the crowd's mean. After weighted box fusion (Solovyev, Wang and Gabruseva, 2021) with
    workers in place of detectors.

    After `fit` or `fit_predict` on columns task, worker, x_min, y_min, x_max, y_max and perhaps label: `boxes_`,
    indexed by task, with the corners, `support` and perhaps `label`; `skills_` (mean overlap) and `intervals_` by
    worker. A worker who saw no box has one row with missing corners.

    >>> import pandas as pd
    >>> rows = [("t", "a", 0, 0, 10, 10), ("t", "b", 0, 0, 10, 12), ("t", "c", 50, 50, 60, 60)]
    >>> BoxClusters().fit_predict(pd.DataFrame(rows, columns=["task", "worker", *CORNERS])).round(1).values.tolist()
    [[0.0, 0.0, 10.0, 11.0, 0.7]]
    """

    threshold: float = 0.5
    min_support: float = 0.5
    n_iter: int = 3
    prior: float = 4.0

    def fit(self, data: pd.DataFrame) -> BoxClusters:
        """Learn from `data`; ValueError on a missing value or a box without area."""
        seen = _read(data)
        clusters = [(task, rows) for task in range(len(seen.tasks)) for rows in self._clusters(seen, task)]
        weight = np.ones(len(seen.workers))
        for _ in range(self.n_iter + 1):
            found = [_Found(seen, task, rows, weight) for task, rows in clusters]
            kept = [one for one in found if one.support >= self.min_support - ROUNDING]
            overlap = np.zeros(len(seen.worker))
            for one in kept:
                overlap[one.rows] = _overlaps(seen.boxes[one.rows], one.box[None, :])[:, 0]
            right = weighted_sums(seen.worker, overlap * seen.drawn, len(weight))
            count = weighted_sums(seen.worker, seen.drawn, len(weight))
            mean = (right.sum() + 1) / (count.sum() + 1)
            weight = (right + self.prior * mean) / (count + self.prior)
        self.__dict__.update(boxes_=_frame(seen, kept), **qualities(seen.workers, right, count - right))
        return self

    def fit_predict(self, data: pd.DataFrame) -> pd.DataFrame:
        """The boxes of each task, by falling support."""
        self.fit(data)
        boxes: pd.DataFrame = self.__dict__["boxes_"]
        return boxes

    def _clusters(self, seen: _Boxes, task: int) -> list[list[int]]:
        """Rows of one task that mean the same box; the earliest pair first among equal overlaps."""
        rows = seen.rows(task)[seen.drawn[seen.rows(task)] > 0]
        groups = [[int(row)] for row in rows]
        apart = seen.worker[rows][:, None] != seen.worker[rows]
        sums = _overlaps(seen.boxes[rows], seen.boxes[rows])
        sums[~apart] = -np.inf
        while len(groups) > 1:
            size = np.array([len(group) for group in groups])
            linked = np.triu(sums / (size[:, None] * size), 1)
            one, other = (int(at) for at in np.unravel_index(linked.argmax(), linked.shape))
            if one == other or linked[one, other] < self.threshold:
                break
            groups[one] += groups.pop(other)
            sums[one] += sums[other]
            sums[:, one] = sums[one]
            sums = np.delete(np.delete(sums, other, axis=0), other, axis=1)
        return [sorted(group) for group in groups]


@dataclass(frozen=True, slots=True)
class _Boxes:
    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    task: Ints
    worker: Ints
    boxes: Floats
    drawn: Floats  # 0 where the row says that there is no box
    label: list[Any] | None

    def rows(self, task: int) -> Ints:
        """The rows of a task; all rows are sorted by task."""
        return np.arange(*np.searchsorted(self.task, [task, task + 1]))


class _Found:
    """One cluster under the present worker weights."""

    def __init__(self, seen: _Boxes, task: int, rows: list[int], weight: Floats) -> None:
        mine = weight[seen.worker[rows]]
        self.task, self.rows = task, rows
        self.support = float(mine.sum() / weight[np.unique(seen.worker[seen.rows(task)])].sum())
        self.box = np.asarray(mine @ seen.boxes[rows] / mine.sum(), dtype=np.float64)
        self.label = None if seen.label is None else _heaviest([seen.label[row] for row in rows], mine)


def _heaviest(labels: Sequence[Any], weights: Floats) -> Any:
    votes: dict[Any, float] = defaultdict(float)
    for label, weight in zip(labels, weights, strict=True):
        votes[label] += float(weight)
    return min(votes, key=lambda label: (-votes[label], str(label)))


def _overlaps(boxes: Floats, others: Floats) -> Floats:
    """Intersection over union of every box with every other one."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.maximum(high - low, 0.0).prod(axis=2)
    area = [(some[:, 2:] - some[:, :2]).prod(axis=1) for some in (boxes, others)]
    return np.asarray(shared / (area[0][:, None] + area[1] - shared), dtype=np.float64)


def _read(data: pd.DataFrame) -> _Boxes:
    checked(data, ["task", "worker"])
    if missing := [name for name in CORNERS if name not in data.columns]:
        raise ValueError(f"columns are missing: {', '.join(missing)}")
    boxes = data[CORNERS].to_numpy(dtype=np.float64)
    drawn = ~np.isnan(boxes).all(axis=1)
    if not (np.isfinite(boxes[drawn]).all() and (boxes[drawn, 2:] > boxes[drawn, :2]).all()):
        raise ValueError("a box needs four finite corners with x_min < x_max and y_min < y_max")
    task, tasks = factorise(data["task"])
    worker, workers = factorise(data["worker"])
    labels = data["label"].tolist() if "label" in data.columns else None
    ties = np.array([str(label) for label in labels]) if labels else np.zeros(len(data))
    order = np.lexsort((worker, ties, *np.nan_to_num(boxes).T[::-1], drawn, task))
    chosen = None if labels is None else [labels[row] for row in order]
    return _Boxes(tasks, workers, task[order], worker[order], boxes[order], drawn[order].astype(np.float64), chosen)


def _frame(seen: _Boxes, kept: list[_Found]) -> pd.DataFrame:
    import pandas as pd

    kept = sorted(kept, key=lambda one: (one.task, -one.support, one.rows))
    index = seen.tasks.take([one.task for one in kept]).rename("task")
    frame = pd.DataFrame(np.array([one.box for one in kept]).reshape(-1, 4), index=index, columns=CORNERS)
    frame["support"] = [one.support for one in kept]
    if seen.label is not None:
        frame["label"] = [one.label for one in kept]
    return frame
