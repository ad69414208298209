"""The comparisons of pairs as dense indices, and what every ranking method gives back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.frames import checked, factorise, qualities, weighted_sums
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["worker", "left", "right", "label"]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Who preferred what: `left` was shown first; `sign` is +1 where left won and -1 where right won."""

    items: pd.Index[Any]
    workers: pd.Index[Any]
    worker: Ints
    left: Ints
    right: Ints
    sign: Floats

    @property
    def winner(self) -> Ints:
        """The item that won each comparison."""
        return np.where(self.sign > 0, self.left, self.right)

    @property
    def loser(self) -> Ints:
        """The item that lost each comparison."""
        return np.where(self.sign > 0, self.right, self.left)

    def tally(self, item: Ints) -> Floats:
        """How often each item occurs in `item`."""
        return np.bincount(item, minlength=len(self.items)).astype(np.float64)


class PairwiseMethod(ABC):
    """Scores items from columns worker, left, right, label (the winner); hyperparameters are frozen fields.

    After `fit` or `fit_predict`: `scores_` by item, `skills_` and `intervals_` by worker. Every row counts.
    """

    scores_: pd.Series[float]
    skills_: pd.Series[float]
    intervals_: pd.DataFrame

    @abstractmethod
    def _learn(self, seen: Comparisons) -> tuple[Floats, dict[str, Any]]:
        """The score of each item, and learned attributes beyond the common ones."""

    def fit(self, data: pd.DataFrame) -> PairwiseMethod:
        """Learn from `data`; ValueError on a missing value or a winner that is neither left nor right."""
        import pandas as pd

        seen = read(data)
        scores, learned = self._learn(seen)
        series = pd.Series(scores, index=seen.items.rename("label"), name="agg_score")
        self.__dict__.update({"scores_": series, **agreement(seen, scores), **learned})
        return self

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[float]:
        """The score of each item, higher for better."""
        return self.fit(data).scores_


def read(data: pd.DataFrame) -> Comparisons:
    """Dense indices in sorted order, so that the order of rows says nothing."""
    import pandas as pd

    frame = checked(data, COLUMNS)
    left_won = (frame["label"] == frame["left"]).to_numpy()
    if not (left_won | (frame["label"] == frame["right"]).to_numpy()).all():
        raise ValueError("a label must be the left or the right item of its row")
    if (frame["left"] == frame["right"]).any():
        raise ValueError("an item cannot be compared with itself")
    worker, workers = factorise(frame["worker"])
    both, items = factorise(pd.concat([frame["left"], frame["right"]], ignore_index=True))
    left, right = both[: len(frame)], both[len(frame) :]
    order = np.lexsort((left_won, right, left, worker))
    sign = np.where(left_won, 1.0, -1.0)
    return Comparisons(items, workers, worker[order], left[order], right[order], sign[order])


def agreement(seen: Comparisons, scores: Floats) -> dict[str, Any]:
    """Each worker's share of comparisons that the scores order alike; a tie of scores counts half."""
    ahead = scores[seen.winner] - scores[seen.loser]
    right = np.where(ahead == 0, 0.5, (ahead > 0).astype(np.float64))
    count = len(seen.workers)
    agreeing = weighted_sums(seen.worker, right, count)
    return qualities(seen.workers, agreeing, weighted_sums(seen.worker, 1 - right, count))
