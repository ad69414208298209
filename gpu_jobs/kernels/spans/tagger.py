"""The base of every span method: expectation maximisation over worker rows, then the best legal path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.frames import qualities, weighted_sums
from gpu_jobs.kernels.spans.bio import OUTSIDE, legal_starts, legal_steps
from gpu_jobs.kernels.spans.chain import best_path
from gpu_jobs.kernels.spans.sentences import Sentences, read
from gpu_jobs.kernels.values import Floats, Ints

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

Expect = Callable[[Floats, Floats], Floats]  # evidence [token, tag], posterior before -> posterior
CROWD_ANSWERS = 20.0  # per true tag, behind the crowd's row: a small job must not unlearn that answers mean something
CROWD_RIGHT = 0.8  # the share of them that is right, the rest spread evenly


@dataclass(frozen=True)
class Tagger(ABC):
    """Gives one tagging per task from columns task, worker, label (tags with spaces between).

    `strength` is the weight, in answers, of the crowd's row in a worker's; `power` below 1 discounts answers, because
    those to one token have causes in common (the sentence is hard, the guideline unclear) and are not as independent
    as the model says. After `fit` or `fit_predict`: `labels_` by task, always legal BIO; `probas_` by task and
    position, a column per tag; `errors_` by worker and answered tag, a column per true tag; `skills_`
    and `intervals_` by worker: the share of right ones among tokens that the worker or the truth has in a span.
    """

    n_iter: int = 60
    tol: float = 1e-5  # mean change of a token's posterior
    strength: float = 20.0
    power: float = 0.75

    @abstractmethod
    def _expectation(self, seen: Sentences) -> Expect:
        """How evidence becomes a posterior; may keep a state between iterations."""

    def fit(self, data: pd.DataFrame) -> Tagger:
        """Learn from `data`; ValueError on a missing value, a tag that is not BIO or answers of different lengths."""
        seen = read(data)
        posterior, counts = self._iterate(seen)
        path = best_path(posterior, seen.start, legal_starts(seen.tags), legal_steps(seen.tags))
        self.__dict__.update(
            labels_=_labels(seen, path),
            probas_=_probas(seen, posterior),
            errors_=_errors(seen, counts),
            **_entity_accuracy(seen, posterior),
        )
        return self

    def fit_predict(self, data: pd.DataFrame) -> pd.Series[str]:
        """The tags of each task, with spaces between."""
        self.fit(data)
        labels: pd.Series[str] = self.__dict__["labels_"]
        return labels

    def _iterate(self, seen: Sentences) -> tuple[Floats, Floats]:
        """Posterior [token, tag] and expected counts [worker, context, answered tag, true tag]."""
        incidence = self._incidence(seen)
        shape = (len(seen.workers), self._contexts(seen), len(seen.tags), len(seen.tags))
        expect = self._expectation(seen)
        votes = seen.votes()
        posterior = votes / votes.sum(axis=1, keepdims=True)
        for _ in range(self.n_iter):
            counts = (incidence.T @ posterior).reshape(shape)
            evidence = self.power * (incidence @ self._log_rows(counts).reshape(-1, len(seen.tags)))
            before, posterior = posterior, expect(evidence, posterior)
            if np.abs(posterior - before).sum() <= self.tol * len(posterior):
                break
        return posterior, (incidence.T @ posterior).reshape(shape)

    def _contexts(self, seen: Sentences) -> int:
        """How many kinds of rows a worker has."""
        return 1

    def _context(self, seen: Sentences) -> Ints | int:
        """The kind of row that each answered token belongs to."""
        return 0

    def _incidence(self, seen: Sentences) -> csr_array:
        """Which answers a token got: [token, worker x context x tag], ones."""
        from scipy.sparse import csr_array

        size, contexts = len(seen.tags), self._contexts(seen)
        column = (seen.worker * contexts + self._context(seen)) * size + seen.tag
        shape = (seen.n_tokens, len(seen.workers) * contexts * size)
        return csr_array((np.ones(len(column)), (seen.token, column)), shape=shape)

    def _log_rows(self, counts: Floats) -> Floats:
        """Expected log of P(answered | true) under Dirichlet(counts + `strength` x the crowd's row)."""
        from scipy.special import digamma

        cells = counts + self.strength * self._crowd(counts)
        rows: Floats = digamma(cells) - digamma(cells.sum(axis=2, keepdims=True))
        return rows

    def _crowd(self, counts: Floats) -> Floats:
        """The crowd's row, [context, answered, true]."""
        pooled = counts.sum(axis=0) + start(counts.shape[-1])
        row: Floats = pooled / pooled.sum(axis=1, keepdims=True)
        return row


def start(size: int) -> Floats:
    """Answers [answered, true] that the crowd's row starts with."""
    right = np.eye(size)
    return CROWD_ANSWERS * (CROWD_RIGHT * right + (1 - CROWD_RIGHT) * (1 - right) / max(1, size - 1))


def _labels(seen: Sentences, path: Ints) -> pd.Series[str]:
    import pandas as pd

    names = np.array(seen.tags, dtype=object)[path]
    lines = [" ".join(names[first:last]) for first, last in zip(seen.start[:-1], seen.start[1:], strict=True)]
    return pd.Series(lines, index=seen.tasks.rename("task"), name="agg_label", dtype=object)


def _probas(seen: Sentences, posterior: Floats) -> pd.DataFrame:
    import pandas as pd

    lengths = np.diff(seen.start)
    position = np.arange(seen.n_tokens) - np.repeat(seen.start[:-1], lengths)
    index = pd.MultiIndex.from_arrays([seen.tasks.repeat(lengths), position], names=["task", "position"])
    return pd.DataFrame(posterior, index=index, columns=pd.Index(seen.tags, name="label"))


def _errors(seen: Sentences, counts: Floats) -> pd.DataFrame:
    """Share of each answered tag where a tag is true, smoothed by one answer of the crowd's row."""
    import pandas as pd

    table = counts.sum(axis=1)
    crowd = table.sum(axis=0) + start(table.shape[-1])
    table = table + crowd / crowd.sum(axis=0)
    table = table / table.sum(axis=1, keepdims=True)
    index: pd.MultiIndex = pd.MultiIndex.from_product([seen.workers, seen.tags], names=["worker", "label"])
    return pd.DataFrame(table.reshape(-1, len(seen.tags)), index=index, columns=pd.Index(seen.tags, name="label"))


def _entity_accuracy(seen: Sentences, posterior: Floats) -> dict[str, Any]:
    """Right and wrong answers among tokens that the worker or the truth has in a span."""
    outside = seen.tags.index(OUTSIDE)
    chance = posterior[seen.token, seen.tag]
    right = np.where(seen.tag == outside, 0.0, chance)
    size = len(seen.workers)
    return qualities(
        seen.workers, weighted_sums(seen.worker, right, size), weighted_sums(seen.worker, 1 - chance, size)
    )
