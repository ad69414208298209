"""How alike the two texts of a pair are, as features that need no more than the pair once they are fitted."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.text_features import WORD, likeness, rareness
from gpu_jobs.kernels.values import Floats

BINS = 8  # a line through a likeness would miss that only its top counts
MOST_WORDS = 50_000  # whose rareness is kept: the most frequent ones


@dataclass(frozen=True, slots=True)
class PairLikeness:
    """Fitted on training pairs: how rare words are, and where each likeness has its mean, spread and quantiles."""

    rare: dict[str, float]
    unknown: float  # rareness of a word that no training text has
    mean: list[float]
    spread: list[float]
    cuts: list[list[float]]  # [quantile][likeness]

    @classmethod
    def fit(cls, first: Sequence[str], second: Sequence[str]) -> PairLikeness:
        """From the pairs that are there to learn from."""
        ours, theirs = _clean(first), _clean(second)
        rare = rareness([set(WORD.findall(text)) for text in (*ours, *theirs)])
        values = likeness(ours, theirs, rare)
        kept = dict(sorted(rare.items(), key=lambda pair: (pair[1], pair[0]))[:MOST_WORDS])
        cuts = np.quantile(values, np.arange(1, BINS) / BINS, axis=0)
        unknown = float(np.log(2 * max(1, len(first))))
        return cls(kept, unknown, values.mean(axis=0).tolist(), values.std(axis=0).tolist(), cuts.tolist())

    def features(self, first: Sequence[str], second: Sequence[str]) -> Floats:
        """[pair, feature]: standardised likenesses, and for each whether it lies above each quantile."""
        rare: dict[str, float] = defaultdict(lambda: self.unknown, self.rare)
        values = likeness(_clean(first), _clean(second), rare).reshape(len(first), len(self.mean))
        plain = (values - np.array(self.mean)) / np.maximum(np.array(self.spread), 1e-9)
        above = [(values > np.array(cut)).astype(np.float64) for cut in self.cuts]
        found: Floats = np.hstack([np.clip(plain, -5, 5), *above]) / np.sqrt(len(self.mean))
        return found


def _clean(texts: Sequence[str]) -> list[str]:
    return [html.unescape(text).lower() for text in texts]
