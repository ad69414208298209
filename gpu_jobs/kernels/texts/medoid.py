"""Medoid: the answer nearest to all others, the plain comparison for every other text method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.texts.answers import TextMethod, Tokenizer, closeness, read, series

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Medoid(TextMethod):
    """argmin over the answers x of a task of the sum over its answers y of d(x, y).

    d is the edit distance of words, without case and punctuation, over the longer length. The text is one that a
    worker wrote, so it reads well but keeps that worker's slips. Among equals the first in text order. Kaufman and
    Rousseeuw, "Clustering by means of medoids" (1987).

    >>> import pandas as pd
    >>> rows = [("t", "a", "the cat sat"), ("t", "b", "The cat sat."), ("t", "c", "a cat sad")]
    >>> Medoid().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "text"])).to_dict()
    {'t': 'The cat sat.'}
    """

    tokenizer: Tokenizer = str.split

    def fit(self, data: pd.DataFrame) -> Medoid:
        """Pick each task's medoid."""
        seen = read(data, self.tokenizer)
        best = [
            rows[int(matrix.sum(axis=1).argmin())] for rows, matrix in zip(seen.rows(), seen.distances(), strict=True)
        ]
        apart = seen.distances_to([seen.words[row] for row in best])
        self.__dict__.update(
            texts_=series(seen, [seen.text[row] for row in best]), **closeness(seen, np.asarray(apart))
        )
        return self
