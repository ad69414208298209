"""Hidden chains of tags, for all sentences at once: the best legal path and the posterior of every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.spans.bio import Bools
from gpu_jobs.kernels.values import Floats, Ints

LEAST = 1e-9  # keeps the logarithm of a posterior finite, so that a legal path always exists
SMALLEST = 1e-100  # least likelihood beside the best tag's, so that a chain survives a token without a likely legal tag


@dataclass(frozen=True, slots=True)
class Steps:
    """The tokens at place 0, 1, ... of all sentences that are long enough, longest sentences first."""

    at: list[Ints]

    @classmethod
    def of(cls, start: Ints) -> Steps:
        """The steps of sentences that lie one after the other, sentence t from start[t] to start[t + 1]."""
        lengths = np.diff(start)
        order = np.argsort(-lengths, kind="stable")
        first, lengths = start[:-1][order], lengths[order]
        return cls([first[: int((lengths > place).sum())] + place for place in range(int(lengths.max(initial=0)))])


def best_path(posterior: Floats, start: Ints, starts: Bools, steps: Bools) -> Ints:
    """The legal tag path of each sentence with the greatest product of token posteriors, the first among equals."""
    score = np.log(posterior + LEAST)
    allowed = np.where(steps, 0.0, -np.inf)
    back = np.zeros(posterior.shape, dtype=np.int64)
    places = Steps.of(start).at
    best = score + np.where(starts, 0.0, -np.inf)  # right at the first place, replaced at the others
    for here, before in zip(places[1:], places, strict=False):
        ways = best[before[: len(here)], :, None] + allowed
        back[here] = ways.argmax(axis=1)
        best[here] = ways.max(axis=1) + score[here]
    path = best.argmax(axis=1)
    for here, before in reversed(list(zip(places[1:], places, strict=False))):
        path[before[: len(here)]] = back[here, path[here]]
    return np.asarray(path, dtype=np.int64)


def smooth(evidence: Floats, start: Ints, first: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Posterior of every token [token, tag] and expected steps [tag, next tag] of a hidden Markov chain.

    `evidence` is the log likelihood of a token's answers per tag, `first` the probabilities of the first tag and
    `step` those of the next tag; illegal ones are zero. Forward-backward, scaled at each token.
    """
    places = Steps.of(start).at
    likely = np.maximum(np.exp(evidence - evidence.max(axis=1, keepdims=True)), SMALLEST)
    forward = likely.copy()
    for here in places[:1]:
        forward[here] *= first
        forward[here] /= forward[here].sum(axis=1, keepdims=True)
    backward = np.ones_like(likely)
    scale = np.ones((len(likely), 1))
    for here, before in zip(places[1:], places, strict=False):
        entry = (forward[before[: len(here)]] @ step) * likely[here]
        scale[here] = entry.sum(axis=1, keepdims=True)
        forward[here] = entry / scale[here]
    moved = np.zeros_like(step)
    for here, before in reversed(list(zip(places[1:], places, strict=False))):
        ahead = likely[here] * backward[here] / scale[here]
        backward[before[: len(here)]] = ahead @ step.T
        moved += forward[before[: len(here)]].T @ ahead
    posterior = forward * backward
    return posterior / posterior.sum(axis=1, keepdims=True), moved * step
