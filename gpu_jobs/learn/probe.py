"""A linear model on fixed features: the cheapest learner, and the one whose out-of-sample opinions an audit needs.

Multinomial logistic regression for soft labels with item weights, in numpy and scipy: no torch, no chance, seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logsumexp, softmax

from gpu_jobs.kernels.values import Floats, Ints

Features: TypeAlias = Floats | sparse.csr_array  # [item, feature]; rows of about unit length
PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1)  # of squared weights, strongest first: each fit starts from the one before
ENOUGH_ROWS = 2000  # left-out rows that choose the penalty
STEPS = 100
TEMPERATURES = (0.05, 20.0)
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Probe:
    """A fitted linear model: softmax((features @ weights[:-1] + weights[-1]) / temperature)."""

    weights: Floats  # [feature + 1, class]; the last row is the bias
    penalty: float
    temperature: float = 1.0

    def scores(self, features: Features) -> Floats:
        """Logits [item, class] before the temperature."""
        return np.asarray(features @ self.weights[:-1] + self.weights[-1], dtype=np.float64)

    def probabilities(self, features: Features) -> Floats:
        """Calibrated class probabilities [item, class]."""
        return np.asarray(softmax(self.scores(features) / self.temperature, axis=1), dtype=np.float64)


def out_of_sample(features: Features, soft_labels: Floats, weights: Floats, folds: int, seed: int) -> Floats:
    """Class probabilities [item, class] of every row by models and temperatures that never saw its fold.

    Rows of weight zero teach nothing and are judged all the same. Equal arguments give equal bits.
    """
    fold = assign_folds(len(soft_labels), folds, seed)
    penalty = best_penalty(features, soft_labels, weights, fold)
    scores = np.empty(soft_labels.shape)
    for left_out in range(folds):
        inside = fold != left_out
        model = fit(_rows(features, inside), soft_labels[inside], weights[inside], penalty)
        scores[~inside] = model.scores(_rows(features, ~inside))
    found = np.empty_like(scores)
    for left_out in range(folds):
        inside = fold != left_out
        heat = temperature(scores[inside], soft_labels[inside], weights[inside])
        found[~inside] = softmax(scores[~inside] / heat, axis=1)
    return found


def assign_folds(size: int, folds: int, seed: int) -> Ints:
    """The fold of every row: sizes differ by one at most."""
    return np.asarray(np.random.default_rng(seed).permutation(size) % folds, dtype=np.int64)


def best_penalty(features: Features, soft_labels: Floats, weights: Floats, fold: Ints) -> float:
    """The penalty with the least cross entropy on left-out rows, of as many folds as give `ENOUGH_ROWS`."""
    losses = np.zeros(len(PENALTIES))
    seen = 0
    for left_out in range(int(fold.max(initial=0)) + 1):
        inside = fold != left_out
        losses += _path_losses(features, soft_labels, weights, inside)
        seen += int((~inside).sum())
        if seen >= ENOUGH_ROWS:
            break
    return PENALTIES[int(np.argmin(losses))]


def _path_losses(
    features: Features, soft_labels: Floats, weights: Floats, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Floats:
    taught, asked = _rows(features, inside), _rows(features, ~inside)
    losses, model = [], None
    for penalty in PENALTIES:
        model = fit(taught, soft_labels[inside], weights[inside], penalty, start=model)
        losses.append(cross_entropy(model.scores(asked), soft_labels[~inside], weights[~inside]))
    return np.array(losses)


def fit(
    features: Features, soft_labels: Floats, weights: Floats, penalty: float, *, start: Probe | None = None
) -> Probe:
    """The model with the least weighted cross entropy plus penalty / 2 x squared weights (the bias is free)."""
    used = _used_columns(features)
    inputs = features if used is None else sparse.csr_array(features[:, used])
    shape = (inputs.shape[1] + 1, soft_labels.shape[1])
    first = np.zeros(shape)
    if start is not None:
        first[:-1] = start.weights[:-1] if used is None else start.weights[used]
        first[-1] = start.weights[-1]
    back = inputs.T if used is None else sparse.csr_array(inputs.T)

    def loss(flat: Floats) -> tuple[float, Floats]:
        now = flat.reshape(shape)
        scores = inputs @ now[:-1] + now[-1]
        total = logsumexp(scores, axis=1)
        off = weights[:, None] * (np.exp(scores - total[:, None]) - soft_labels)
        slope = np.vstack([back @ off + penalty * now[:-1], off.sum(axis=0)])
        value = weights @ (total - (scores * soft_labels).sum(axis=1)) + penalty / 2 * (now[:-1] ** 2).sum()
        return float(value), slope.ravel()

    options = {"maxiter": STEPS, "ftol": 1e-7}
    found: Floats = minimize(loss, first.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(shape)
    if used is None:
        return Probe(found, penalty)
    full = np.zeros((features.shape[1] + 1, shape[1]))
    full[used], full[-1] = found[:-1], found[-1]
    return Probe(full, penalty)


def fit_calibrated(features: Features, soft_labels: Floats, weights: Floats, folds: int, seed: int) -> Probe:
    """A model of all rows, its penalty and temperature chosen out of sample."""
    fold = assign_folds(len(soft_labels), folds, seed)
    penalty = best_penalty(features, soft_labels, weights, fold)
    inside = fold != 0
    half = fit(_rows(features, inside), soft_labels[inside], weights[inside], penalty)
    left = _rows(features, ~inside)
    heat = temperature(half.scores(left), soft_labels[~inside], weights[~inside])
    return Probe(fit(features, soft_labels, weights, penalty).weights, penalty, heat)


def temperature(scores: Floats, soft_labels: Floats, weights: Floats) -> float:
    """The temperature that minimises the weighted cross entropy; 1 where nothing weighs."""
    if not weights.sum() > 0:
        return 1.0
    bounds = tuple(np.log(TEMPERATURES))
    found = minimize_scalar(
        lambda log: cross_entropy(scores / np.exp(log), soft_labels, weights), bounds=bounds, method="bounded"
    )
    return float(np.exp(found.x))


def cross_entropy(scores: Floats, soft_labels: Floats, weights: Floats) -> float:
    """Weighted sum over rows of the cross entropy of logits against soft labels."""
    return float(weights @ (logsumexp(scores, axis=1) - (scores * soft_labels).sum(axis=1)))


def _rows(features: Features, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Features:
    return features[chosen]


def _used_columns(features: Features) -> Ints | None:
    """Columns of a sparse table that two rows share; None for a dense one. The others tell nothing of new rows."""
    if not sparse.issparse(features):
        return None
    table = cast("sparse.csr_array", features)
    return np.flatnonzero(np.bincount(table.indices, minlength=table.shape[1]) > 1)
