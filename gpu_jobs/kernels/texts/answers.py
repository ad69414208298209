"""The texts of a crowd by task, as words that can be compared, and what every text method gives back."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.frames import checked, factorise, qualities, weighted_sums
from gpu_jobs.kernels.texts.distance import relative_distances
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["task", "worker", "text"]
Tokenizer = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Texts:
    """All answers, sorted by task, then text, then worker; the rows of task t are start[t] to start[t + 1].

    `words` are codes of tokens without case and punctuation; `tokens` the same tokens as they were written.
    """

    tasks: pd.Index[Any]
    workers: pd.Index[Any]
    task: Ints
    worker: Ints
    text: list[str]
    tokens: list[list[str]]
    words: list[Ints]
    start: Ints

    def rows(self) -> list[range]:
        """The rows of each task."""
        return [range(first, last) for first, last in zip(self.start[:-1], self.start[1:], strict=True)]

    def distances(self) -> list[Floats]:
        """Relative edit distance between every two answers to one task, a symmetric matrix per task."""
        pairs = [pair for rows in self.rows() for pair in combinations(rows, 2)]
        apart = relative_distances([self.words[i] for i, _ in pairs], [self.words[j] for _, j in pairs])
        matrices, used = [], 0
        for rows in self.rows():
            matrix = np.zeros((len(rows), len(rows)))
            upper = np.triu_indices(len(rows), 1)
            matrix[upper] = apart[used : used + len(upper[0])]
            used += len(upper[0])
            matrices.append(matrix + matrix.T)
        return matrices

    def by_worker(self, values: Floats) -> Floats:
        """Sum of one value per row for each worker."""
        return weighted_sums(self.worker, values, len(self.workers))

    def distances_to(self, chosen: Sequence[Ints]) -> Floats:
        """Relative edit distance of each answer to its task's entry of `chosen`."""
        return relative_distances(self.words, [chosen[task] for task in self.task])


class TextMethod(ABC):
    """Gives one text per task from columns task, worker, text; hyperparameters are frozen fields.

    After `fit` or `fit_predict`: `texts_` by task, `skills_` and `intervals_` by worker.
    """

    texts_: pd.Series[str]
    skills_: pd.Series[float]
    intervals_: pd.DataFrame

    @abstractmethod
    def fit(self, data: pd.DataFrame) -> TextMethod:
        """Learn from `data`; ValueError on a missing column or value."""

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[str]:
        """The text of each task."""
        self.fit(data)
        return self.texts_


def folded(token: str) -> str:
    """`token` without case and punctuation; as it is where nothing else would remain."""
    kept = "".join(sign for sign in token.casefold() if not unicodedata.category(sign).startswith("P"))
    return kept or token


def read(data: pd.DataFrame, tokenizer: Tokenizer = str.split) -> Texts:
    """The answers in an order that does not depend on the order of the rows."""
    frame = checked(data, COLUMNS)
    task, tasks = factorise(frame["task"])
    worker, workers = factorise(frame["worker"])
    written = [str(text) for text in frame["text"]]
    order = sorted(range(len(frame)), key=lambda row: (task[row], written[row], worker[row]))
    texts = [written[row] for row in order]
    tokens = [tokenizer(text) for text in texts]
    plain = {token: folded(token) for line in tokens for token in line}
    codes = {word: code for code, word in enumerate(sorted(set(plain.values())))}
    words = [np.array([codes[plain[token]] for token in line], dtype=np.int64) for line in tokens]
    start = np.concatenate([[0], np.cumsum(np.bincount(task, minlength=len(tasks)))])
    return Texts(tasks, workers, task[order], worker[order], texts, tokens, words, start)


def series(seen: Texts, texts: Sequence[str]) -> pd.Series[str]:
    """One text per task."""
    import pandas as pd

    return pd.Series(list(texts), index=seen.tasks.rename("task"), name="agg_text", dtype=object)


def closeness(seen: Texts, apart: Floats) -> dict[str, Any]:
    """A worker's skill: one minus the mean distance of the answers from the chosen texts."""
    return qualities(seen.workers, seen.by_worker(1 - apart), seen.by_worker(apart))
