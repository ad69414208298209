"""How far a model's confidence may be trusted: intervals of shares, calibration error, and when to accept unseen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax
from scipy.stats import beta

from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn.probe import assign_folds, temperature
from gpu_jobs.learn.values import Bools

Z95 = 1.959964  # normal quantile of a two-sided 95 % interval
LEVEL = 0.95  # one-sided confidence of the promised precision
STEPS = 20  # candidate thresholds: shares 5 %, 10 %, ... of the held-out items, most confident first
STARTS = (4, 10)  # of STEPS: where a walk towards more coverage may begin
BINS = 15


@dataclass(frozen=True, slots=True)
class Acceptance:
    """From which confidence on a model's label stands without people; `threshold` above 1 means never."""

    threshold: float
    target: float  # promised precision
    lower: float  # confidence bound of the precision at the threshold
    covered: float  # share of held-out items at or above it
    tried: int  # held-out items


def wilson(hits: float, total: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) of nothing."""
    if total <= 0:
        return 0.0, 1.0
    share, extra = hits / total, z * z / total
    middle = (share + extra / 2) / (1 + extra)
    reach = z / (1 + extra) * math.sqrt(share * (1 - share) / total + extra / (4 * total))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def clopper_pearson_lower(hits: int, total: int, level: float = LEVEL) -> float:
    """The exact one-sided lower bound of a share."""
    return float(beta.ppf(1 - level, hits, total - hits + 1)) if hits else 0.0


def acceptance(confidence: Floats, right: Bools, target: float, level: float = LEVEL) -> Acceptance:
    """The smallest threshold at which the precision's lower bound on held-out items still reaches `target`.

    Looking at many thresholds and taking the luckiest would break the promise. So candidates are fixed shares of the
    items, and from each of a few starts a walk goes to larger shares until the bound fails: tests in a fixed order
    share one error rate (Angelopoulos et al., "Learn then test", 2021), which the starts split evenly.
    """
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(right[order])
    best = Acceptance(math.inf, target, 0.0, 0.0, len(order))
    if not len(order):
        return best
    for start in STARTS:
        for step in range(start, STEPS + 1):
            size = _through_ties(confidence[order], round(len(order) * step / STEPS))
            bound = clopper_pearson_lower(int(hits[size - 1]), size, 1 - (1 - level) / len(STARTS)) if size else 0.0
            if bound < target:
                break
            if size / len(order) > best.covered:
                edge = float(confidence[order][size - 1])
                best = Acceptance(edge, target, bound, size / len(order), len(order))
    return best


def _through_ties(descending: Floats, size: int) -> int:
    """`size`, enlarged so that it does not part equals."""
    while 0 < size < len(descending) and descending[size] == descending[size - 1]:
        size += 1
    return size


def calibration_error(confidence: Floats, right: Bools) -> float:
    """Expected calibration error over bins of equal width."""
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    size = np.bincount(place, minlength=BINS)
    gap = np.bincount(place, confidence - right, minlength=BINS)
    return float(np.abs(gap).sum() / max(1, size.sum()))


def audited(items: Ints, share: float, seed: int) -> Bools:
    """Which items go to people whatever the model says: a fixed random share, the same at every run."""
    mixed = items.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed & 0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53 < share


def cross_fitted(blocks: list[Floats], gold: list[Ints], seed: int) -> tuple[list[Floats], float]:
    """Probabilities of held-out items by a temperature of the other half, and the temperature of all of them."""
    half = assign_folds(len(blocks), 2, seed)
    found: list[Floats] = [np.empty((0, 0))] * len(blocks)
    for fold in (0, 1):
        heat = gold_temperature(blocks, gold, np.flatnonzero(half != fold))
        for place in np.flatnonzero(half == fold):
            found[place] = np.asarray(softmax(blocks[place] / heat, axis=1), dtype=np.float64)
    return found, gold_temperature(blocks, gold, np.arange(len(blocks)))


def gold_temperature(blocks: list[Floats], gold: list[Ints], chosen: Ints) -> float:
    """The temperature that fits the gold of the chosen items best; 1 where there are none."""
    if not len(chosen):
        return 1.0
    scores = np.concatenate([blocks[place] for place in chosen])
    truth = np.concatenate([gold[place] for place in chosen])
    return temperature(scores, np.eye(scores.shape[1])[truth], np.ones(len(truth)))


def item_confidence(found: list[Floats]) -> Floats:
    """An item's confidence: that of its least certain row."""
    return np.array([block.max(axis=1).min(initial=1.0) for block in found])
