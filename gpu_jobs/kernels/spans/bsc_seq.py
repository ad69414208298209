"""BSC-seq: HMM-crowd whose workers' answers also depend on their own previous tag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.spans.hmm_crowd import HMMCrowd
from gpu_jobs.kernels.spans.sentences import Sentences
from gpu_jobs.kernels.spans.tagger import start
from gpu_jobs.kernels.values import Floats, Ints


@dataclass(frozen=True)
class BSCSeq(HMMCrowd):
    """Worker w answers l for tag c after an own answer of m with probability C[w, m, c, l], over a chain of tags.

    A worker who opened a span goes on in it, right or wrong, which independent tokens count as new evidence. Rows are
    shrunk twice: the crowd's row after m to its row over all m by `context_strength` answers, the worker's to the
    crowd's by `strength`. Bayesian sequence combination with the seq worker model and without words: Simpson and
    Gurevych, "A Bayesian approach for sequence tagging with crowds", EMNLP 2019.

    >>> import pandas as pd
    >>> rows = [("t", "a", "B-PER I-PER O"), ("t", "b", "B-PER I-PER O"), ("t", "c", "O I-PER O")]
    >>> BSCSeq().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t': 'B-PER I-PER O'}
    """

    context_strength: float = 10.0

    def _contexts(self, seen: Sentences) -> int:
        return len(seen.tags) + 1

    def _context(self, seen: Sentences) -> Ints | int:
        return seen.previous

    def _crowd(self, counts: Floats) -> Floats:
        pooled = counts.sum(axis=0)
        overall = pooled.sum(axis=0) + start(counts.shape[-1])
        cells = pooled + self.context_strength * overall / overall.sum(axis=0)
        return np.asarray(cells / cells.sum(axis=1, keepdims=True), dtype=np.float64)
