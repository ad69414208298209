"""Win share: how often an item won, the plain comparison for every other ranking method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpu_jobs.kernels.pairs.comparisons import Comparisons, PairwiseMethod
from gpu_jobs.kernels.values import Floats


@dataclass(frozen=True)
class WinShare(PairwiseMethod):
    """An item's score is (wins + `prior` / 2) / (comparisons + `prior`).

    It is Borda's count where all pairs are compared equally often (Shah and Wainwright, "Simple, robust and optimal
    ranking from pairwise comparisons", JMLR 18, 2018), and unfair to items that met strong opponents only.

    >>> import pandas as pd
    >>> rows = [("w1", "a", "b", "a"), ("w2", "a", "b", "a"), ("w1", "b", "c", "b")]
    >>> WinShare().fit_predict(pd.DataFrame(rows, columns=["worker", "left", "right", "label"])).round(3).to_dict()
    {'a': 0.833, 'b': 0.375, 'c': 0.25}
    """

    prior: float = 1.0  # pseudo-comparisons, half of them won

    def _learn(self, seen: Comparisons) -> tuple[Floats, dict[str, Any]]:
        wins = seen.tally(seen.winner)
        return (wins + self.prior / 2) / (wins + seen.tally(seen.loser) + self.prior), {}
