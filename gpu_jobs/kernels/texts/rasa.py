"""RASA: averages the embeddings of a task's answers by worker reliability and takes the nearest answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels import frames
from gpu_jobs.kernels.frames import weighted_sums
from gpu_jobs.kernels.texts.answers import TextMethod, Texts, Tokenizer, read, series
from gpu_jobs.kernels.texts.embedding import Embedding, hashed_ngrams
from gpu_jobs.kernels.values import Floats

if TYPE_CHECKING:
    import pandas as pd

LEAST_DISTANCE = 1e-5  # a worker who is always at the average would weigh infinitely much
CREDIBLE_TAIL = 0.025


@dataclass(frozen=True)
class RASA(TextMethod):
    """Reliability-aware sequence aggregation over any embedding of texts.

    An answer's embedding e_tw is the task's true embedding plus noise of precision beta_w in every direction. In
    turn: true_t = sum_w beta_w e_tw / sum_w beta_w, and beta_w = chi2(`alpha` / 2, n_w) / (`prior` D + sum_t |e_tw -
    true_t|^2), with chi2 the upper quantile for the worker's n_w answers (tasks with one answer say nothing about the
    worker and are left out) and D the crowd's mean squared distance. The paper has `prior` 0, where a worker with few
    answers can draw the average to himself and so prove himself right without end. The text is the answer with the
    least cosine distance from true_t. `skills_` holds beta. Li and Fukumoto, "A dataset of crowdsourced word
    sequences: collections and answer aggregation for ground truth creation", AnnoNLP 2019.

    >>> import pandas as pd
    >>> rows = [("t", "a", "the cat sat"), ("t", "b", "the cat sat"), ("t", "c", "dogs bark")]
    >>> RASA().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "text"])).to_dict()
    {'t': 'the cat sat'}
    """

    n_iter: int = 100
    tol: float = 1e-9  # relative squared change of the true embeddings
    alpha: float = 0.05
    prior: float = 2.0  # answers at the crowd's mean distance behind every worker
    embedding: Embedding = hashed_ngrams
    tokenizer: Tokenizer = str.split

    def fit(self, data: pd.DataFrame) -> RASA:
        """Alternate between true embeddings and reliabilities."""
        seen = read(data, self.tokenizer)
        vectors = np.asarray(self.embedding(seen.text), dtype=np.float64)
        local = self._local(seen, vectors)
        beta = np.ones(len(seen.workers))
        truth = _average(seen, vectors, beta[seen.worker] * local)
        for _ in range(self.n_iter):
            spread, answered = self._spread(seen, vectors, local, truth)
            beta = self._reliability(spread, answered)
            before, truth = truth, _average(seen, vectors, beta[seen.worker] * local)
            if ((truth - before) ** 2).sum() <= self.tol * (truth**2).sum():
                break
        best = _nearest(seen, vectors, truth)
        learned = self._skills(seen, *self._spread(seen, vectors, local, truth))
        self.__dict__.update(texts_=series(seen, [seen.text[row] for row in best]), **learned)
        return self

    def _reliability(self, spread: Floats, answered: Floats) -> Floats:
        from scipy.stats import chi2

        beta = chi2.isf(self.alpha / 2, np.maximum(answered, 1.0)) / self._scale(spread, answered)
        known = answered > 0
        beta[~known] = np.median(beta[known]) if known.any() else 1.0  # of whom nothing is known
        return np.asarray(beta, dtype=np.float64)

    def _scale(self, spread: Floats, answered: Floats) -> Floats:
        """Squared distances, the prior's included."""
        mean = spread.sum() / max(1.0, float(answered.sum()))
        return np.asarray(np.maximum(spread + self.prior * mean, LEAST_DISTANCE), dtype=np.float64)

    def _skills(self, seen: Texts, spread: Floats, answered: Floats) -> dict[str, Any]:
        from scipy.stats import chi2

        freedom, scale = np.maximum(answered + self.prior, 1.0), self._scale(spread, answered)
        lower, upper = chi2.ppf(CREDIBLE_TAIL, freedom) / scale, chi2.isf(CREDIBLE_TAIL, freedom) / scale
        return frames.skills(seen.workers, self._reliability(spread, answered), lower, upper)

    def _local(self, seen: Texts, vectors: Floats) -> Floats:
        """The weight of each answer beside its worker's."""
        return np.ones(len(vectors))

    def _spread(self, seen: Texts, vectors: Floats, local: Floats, truth: Floats) -> tuple[Floats, Floats]:
        """Each worker's sum of squared distances and count of answers, over tasks with several answers."""
        shared = (np.diff(seen.start)[seen.task] > 1).astype(np.float64)
        squares = ((vectors - truth[seen.task]) ** 2).sum(axis=1) / local
        return seen.by_worker(shared * squares), seen.by_worker(shared)


def _average(seen: Texts, vectors: Floats, weights: Floats) -> Floats:
    from scipy.sparse import csr_array

    table = csr_array((weights, np.arange(len(weights)), seen.start), shape=(len(seen.tasks), len(weights)))
    total = weighted_sums(seen.task, weights, len(seen.tasks))
    averaged: Floats = (table @ vectors) / total[:, None]
    return averaged


def _nearest(seen: Texts, vectors: Floats, truth: Floats) -> list[int]:
    """The row of each task with the least cosine distance, the first in text order among equals."""
    length = np.linalg.norm(vectors, axis=1) * np.linalg.norm(truth[seen.task], axis=1)
    alike = (vectors * truth[seen.task]).sum(axis=1)
    cosine = np.divide(alike, length, out=np.full(len(alike), -1.0), where=length > 0)
    return [rows[int(cosine[rows].argmax())] for rows in seen.rows()]
