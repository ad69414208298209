"""Token Dawid-Skene: workers' confusions of tags token by token, then the best legal path; the default for spans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.spans.sentences import Sentences
from gpu_jobs.kernels.spans.tagger import Expect, Tagger
from gpu_jobs.kernels.values import Floats


@dataclass(frozen=True)
class TokenDawidSkene(Tagger):
    """A token has a tag c ~ pi, and worker w answers l with probability C[w, c, l], tokens independent of each other.

    C[w, c] ~ Dirichlet(`strength` x the crowd's row c), in its variational (digamma) form; answers count `power`
    each. The tags are the path of greatest sum of log(q + 1e-9) over the token posteriors q among legal ones: I-type
    only after B-type or I-type. Dawid and Skene, Applied Statistics 28 (1979); rows as in Kim and Ghahramani,
    "Bayesian classifier combination", AISTATS 2012.

    >>> import pandas as pd
    >>> rows = [("t", "a", "B-PER I-PER O"), ("t", "b", "B-PER I-PER O"), ("t", "c", "O I-PER O")]
    >>> TokenDawidSkene().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t': 'B-PER I-PER O'}
    """

    def _expectation(self, seen: Sentences) -> Expect:
        return _independent


def _independent(evidence: Floats, before: Floats) -> Floats:
    tags = before.sum(axis=0) + 1.0  # one token of every tag, a flat prior
    joint = evidence + np.log(tags / tags.sum())
    likely = np.exp(joint - joint.max(axis=1, keepdims=True))
    posterior: Floats = likely / likely.sum(axis=1, keepdims=True)
    return posterior
