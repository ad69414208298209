"""HMM-crowd: token Dawid-Skene over a chain of tags, for sentences where a tag says much about the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.spans.bio import Bools, legal_starts, legal_steps
from gpu_jobs.kernels.spans.chain import smooth
from gpu_jobs.kernels.spans.sentences import Sentences
from gpu_jobs.kernels.spans.tagger import Expect, Tagger
from gpu_jobs.kernels.values import Floats


@dataclass(frozen=True)
class HMMCrowd(Tagger):
    """The tags of a sentence are a Markov chain, and worker w answers l for tag c with probability C[w, c, l].

    First tags and steps have Dirichlet(`chain_prior`) priors over the legal ones, in variational form like the
    workers' rows; tags by the best legal path over the smoothed posteriors. Words are not used, unlike in Nguyen,
    Wallace, Li, Nenkova and Lease, "Aggregating and predicting sequence labels from crowd annotations", ACL 2017.

    >>> import pandas as pd
    >>> rows = [("t", "a", "B-PER I-PER O"), ("t", "b", "B-PER I-PER O"), ("t", "c", "O I-PER O")]
    >>> HMMCrowd().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t': 'B-PER I-PER O'}
    """

    chain_prior: float = 1.0

    def _expectation(self, seen: Sentences) -> Expect:
        starts, steps = legal_starts(seen.tags), legal_steps(seen.tags)
        moved = np.zeros(steps.shape)
        opening = seen.start[:-1][np.diff(seen.start) > 0]

        def expect(evidence: Floats, before: Floats) -> Floats:
            first = _weights(before[opening].sum(axis=0) + self.chain_prior, starts)
            step = _weights(moved + self.chain_prior, steps)
            posterior, moved[:] = smooth(evidence, seen.start, first, step)
            return posterior

        return expect


def _weights(counts: Floats, legal: Bools) -> Floats:
    """exp E[log p] of Dirichlet(`counts`) over the legal entries of the last axis."""
    from scipy.special import digamma

    allowed = np.where(legal, counts, 0.0)
    weights: Floats = np.where(legal, np.exp(digamma(counts) - digamma(allowed.sum(axis=-1, keepdims=True))), 0.0)
    return weights
