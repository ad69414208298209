"""How good labels are against known ones: accuracy, macro-F1, log-loss and calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpu_jobs.kernels.values import Floats, Ints

BINS = 10
"""Equal-width bins of confidence (Guo et al. 2017, section 2)."""
LEAST = 1e-6
"""The least probability that log-loss knows, so that one certain mistake costs 13.8 and not infinity."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures over the scored tasks."""

    tasks: int
    accuracy: float
    macro_f1: float
    rare_f1: float  # F1 of the rarer of two classes, not a number unless the known labels have two
    log_loss: float
    ece: float


def score(labels: Ints, posterior: Floats, truth: Ints) -> Scores:
    """Compare with `truth` (class index, -1 where unknown or not to be scored)."""
    scored = truth >= 0
    labels, posterior, truth = labels[scored], posterior[scored], truth[scored]
    if not len(truth):
        return Scores(0, *(float("nan"),) * 5)
    right = labels == truth
    chance = np.maximum(posterior[np.arange(len(truth)), truth], LEAST)
    return Scores(
        len(truth),
        float(right.mean()),
        macro_f1(labels, truth, posterior.shape[1]),
        rare_f1(labels, truth),
        float(-np.log(chance).mean()),
        calibration_error(posterior.max(axis=1), right),
    )


def macro_f1(labels: Ints, truth: Ints, n_classes: int) -> float:
    """Mean F1 over the classes that occur among labels or truth."""
    both = np.bincount(truth[labels == truth], minlength=n_classes)
    found = np.bincount(labels[labels >= 0], minlength=n_classes)
    there = np.bincount(truth, minlength=n_classes)
    seen = (found + there) > 0
    return float((2 * both[seen] / (found + there)[seen]).mean())


def rare_f1(labels: Ints, truth: Ints) -> float:
    """F1 of the class that is rarer in `truth`, the later of equals; not a number unless there are two classes."""
    classes, sizes = np.unique(truth, return_counts=True)
    if len(classes) != 2:
        return float("nan")
    rare = classes[1] if sizes[1] <= sizes[0] else classes[0]
    found, there = labels == rare, truth == rare
    return float(2 * (found & there).sum() / (found.sum() + there.sum()))


def calibration_error(confidence: Floats, right: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Expected calibration error: |confidence - accuracy| per bin, weighted by how many fall into it."""
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    gaps = np.abs(np.bincount(bins, confidence, BINS) - np.bincount(bins, right.astype(float), BINS))
    return float(gaps.sum() / counts.sum())
