"""ROVER with learned worker reliability: aligns all answers of a task and votes word by word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.texts.answers import TextMethod, Texts, Tokenizer, closeness, read, series
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

NOTHING = -1  # the code of "no word here"
WEIGHT_ONE = 2**20  # weights are whole numbers, so that costs and votes are exact
Column = dict[int, int]  # word -> weight of the answers that have it here


def _joined(tokens: list[str]) -> str:
    return " ".join(tokens)


@dataclass(frozen=True)
class ROVER(TextMethod):
    """Aligns the answers one after the other to a network of words, then takes each column's heaviest word.

    An answer is aligned at least cost, where putting a word into a column costs the weight share of the answers
    that have another word (or none) there. Its weight is (`floor` / (e + `floor`))^`power` with the error e =
    `local` d + (1 - `local`) e_w: d its relative edit distance from the present text of the task, e_w the worker's
    mean of d, shrunk to the crowd's by `prior` answers. The first d is the mean distance from the task's other
    answers; `n_iter` more rounds take it from the voted text. Answers enter by falling weight. Words are compared
    without case and punctuation and written as most of the weight wrote them. Fiscus, "A post-processing system to
    yield reduced word error rates: ROVER", ASRU 1997; `n_iter` = 0 and `power` = 0 are the unweighted original.

    Learned beside the common attributes: `confidence_`, by task, the mean weight share of the chosen words.

    >>> import pandas as pd
    >>> rows = [("t", "a", "The cat sat down."), ("t", "b", "the bat sat down"), ("t", "c", "The cat sad")]
    >>> ROVER().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "text"])).to_dict()
    {'t': 'The cat sat down.'}
    """

    n_iter: int = 2
    prior: float = 2.0
    local: float = 0.5
    power: float = 2.0
    floor: float = 0.05
    tokenizer: Tokenizer = str.split
    detokenizer: Callable[[list[str]], str] = field(default=_joined)

    def fit(self, data: pd.DataFrame) -> ROVER:
        """Alternate between voting and weighing."""
        import pandas as pd

        seen = read(data, self.tokenizer)
        apart = _mutual(seen)
        for _ in range(self.n_iter + 1):
            weights = self._weights(seen, apart)
            networks = [_network([seen.words[row] for row in rows], weights[rows]) for rows in seen.rows()]
            voted = [[_heaviest(column) for column in network] for network in networks]
            chosen = [np.array([word for word in line if word != NOTHING], dtype=np.int64) for line in voted]
            apart = seen.distances_to(chosen)
        texts = [
            self.detokenizer(_written(seen, rows, words, weights))
            for rows, words in zip(seen.rows(), chosen, strict=True)
        ]
        sure = pd.Series([_confidence(network) for network in networks], index=seen.tasks.rename("task"))
        self.__dict__.update(
            texts_=series(seen, texts), confidence_=sure.rename("confidence"), **closeness(seen, apart)
        )
        return self

    def _weights(self, seen: Texts, apart: Floats) -> Ints:
        """A whole weight per answer, from how far it and its worker are from the crowd."""
        answered = np.bincount(seen.worker, minlength=len(seen.workers))
        mean = apart.mean() if len(apart) else 0.0
        worker = (seen.by_worker(apart) + self.prior * mean) / (answered + self.prior)
        error = self.local * apart + (1 - self.local) * worker[seen.worker]
        return np.rint(WEIGHT_ONE * (self.floor / (error + self.floor)) ** self.power).astype(np.int64)


def _mutual(seen: Texts) -> Floats:
    """Mean distance of each answer from the others of its task; a lone answer is as far as the mean one."""
    found = [
        matrix.sum(axis=1) / (len(matrix) - 1) if len(matrix) > 1 else np.full(len(matrix), np.nan)
        for matrix in seen.distances()
    ]
    apart = np.concatenate(found) if found else np.empty(0)
    lone = np.isnan(apart)
    apart[lone] = apart[~lone].mean() if not lone.all() else 0.0
    return apart


def _network(answers: list[Ints], weights: Ints) -> list[Column]:
    """Columns of words after all answers have been aligned, heavier answers first, equal ones in text order."""
    columns: list[Column] = []
    total = 0
    for at in np.argsort(-weights, kind="stable"):
        weight = int(weights[at])
        steps = _align(columns, answers[at], total) if total else [(None, int(word)) for word in answers[at]]
        columns = [_joint(columns, step, weight, total) for step in steps]
        total += weight
    return columns


def _joint(columns: list[Column], step: tuple[int | None, int], weight: int, total: int) -> Column:
    place, word = step
    column = {NOTHING: total} if place is None else dict(columns[place])
    column[word] = column.get(word, 0) + weight
    return column


def _align(columns: list[Column], words: Ints, total: int) -> list[tuple[int | None, int]]:
    """The cheapest way to lay `words` along `columns`: (column or None for a new one, word or NOTHING) in order."""
    skip = np.array([total - column.get(NOTHING, 0) for column in columns], dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(skip)])
    costs = _costs(columns, words, total)
    table = np.empty((len(words) + 1, len(columns) + 1), dtype=np.int64)
    table[0] = before
    for at, cost in enumerate(costs):
        entry = table[at] + total  # a new column for this word
        np.minimum(entry[1:], table[at, :-1] + cost, out=entry[1:])
        table[at + 1] = np.minimum.accumulate(entry - before) + before  # then skip columns
    return _trace(table, costs, skip, words)


def _costs(columns: list[Column], words: Ints, total: int) -> Ints:
    """The weight that disagrees when a word is put into a column, [word, column]."""
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, column in enumerate(columns):
        for word, weight in column.items():
            places[word].append((place, weight))
    costs = np.full((len(words), len(columns)), total, dtype=np.int64)
    for row, word in zip(costs, words.tolist(), strict=True):
        for place, weight in places.get(word, ()):
            row[place] -= weight
    return costs


def _trace(table: Ints, costs: Ints, skip: Ints, words: Ints) -> list[tuple[int | None, int]]:
    """Walk back along the cheapest way; among equals a word in a column, then a skipped column, then a new one."""
    row, place = len(words), len(skip)
    steps: list[tuple[int | None, int]] = []
    while row or place:
        here = table[row, place]
        if row and place and here == table[row - 1, place - 1] + costs[row - 1, place - 1]:
            row, place = row - 1, place - 1
            steps.append((place, int(words[row])))
        elif place and here == table[row, place - 1] + skip[place - 1]:
            place -= 1
            steps.append((place, NOTHING))
        else:
            row -= 1
            steps.append((None, int(words[row])))
    return steps[::-1]


def _heaviest(column: Column) -> int:
    """The word with most weight; among equals a word before none, then the first in the alphabet."""
    return min(column, key=lambda word: (-column[word], word == NOTHING, word))


def _confidence(network: list[Column]) -> float:
    """Mean weight share of the chosen words; 1 where all agree that there is nothing."""
    return float(np.mean([max(column.values()) / sum(column.values()) for column in network])) if network else 1.0


def _written(seen: Texts, rows: Sequence[int], words: Ints, weights: Ints) -> list[str]:
    """Each word as most of the weight of this task writes it, the first in sort order among equals."""
    forms: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for word, token in zip(seen.words[row].tolist(), seen.tokens[row], strict=True):
            forms[word][token] += int(weights[row])
    return [min(forms[word], key=lambda token: (-forms[word][token], token)) for word in words.tolist()]
