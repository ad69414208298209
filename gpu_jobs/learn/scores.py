"""How good a model is on held-out gold, with intervals: what its card says and what decides whether it goes live."""

from __future__ import annotations

import numpy as np

from gpu_jobs.kernels.spans.bio import Span, spans_of
from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn.calibration import calibration_error, wilson
from gpu_jobs.learn.model import as_array, decide
from gpu_jobs.learn.params import Task

Metrics = dict[str, float | int]
REDRAWS = 1000  # of the held-out sentences, for an interval of F1
DIGITS = 4
LEAST = 1e-12


def measure(task: Task, classes: tuple[str, ...], found: list[Floats], gold: list[Ints]) -> Metrics:
    """The figures that fit the task; empty where no gold is held out."""
    if not gold:
        return {}
    labels = decide(task, classes, found)
    right = np.concatenate([one == other for one, other in zip(labels, gold, strict=True)])
    rows = np.concatenate(found)
    truth = np.concatenate(gold)
    lower, upper = wilson(int(right.sum()), len(right))
    metrics: Metrics = {
        "held_out": len(gold),
        "accuracy": float(right.mean()),
        "accuracy_lower": lower,
        "accuracy_upper": upper,
        "cross_entropy": float(-np.log(np.maximum(rows[np.arange(len(truth)), truth], LEAST)).mean()),
        "calibration_error": calibration_error(rows.max(axis=1), rows.argmax(axis=1) == truth),
    }
    if task == "token":
        metrics |= _entities(classes, labels, gold)
    else:
        metrics["macro_f1"] = macro_f1(np.concatenate(labels), truth)
    if task == "rating":
        metrics |= _ratings(as_array(found), truth)
    return {name: round(value, DIGITS) for name, value in metrics.items()}


def macro_f1(labels: Ints, gold: Ints) -> float:
    """Mean F1 of the classes that gold has."""
    return float(np.mean([f1(labels == kind, gold == kind) for kind in np.unique(gold)]))


def f1(claimed: np.ndarray[tuple[int], np.dtype[np.bool_]], there: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Harmonic mean of precision and recall of one class."""
    return float(2 * (claimed & there).sum() / max(1, claimed.sum() + there.sum()))


def _ratings(rows: Floats, truth: Ints) -> Metrics:
    """Of the expected value, in steps of the scale."""
    off = rows @ np.arange(rows.shape[1]) - truth
    return {"mean_absolute_error": float(np.abs(off).mean()), "root_mean_square": float(np.sqrt((off**2).mean()))}


def _entities(classes: tuple[str, ...], labels: list[Ints], gold: list[Ints]) -> Metrics:
    """Strict entity precision, recall and F1, and F1's bootstrap interval over sentences."""
    counts = entity_counts(
        [spans_of([classes[tag] for tag in one]) for one in labels],
        [spans_of([classes[tag] for tag in one]) for one in gold],
    )
    right, claimed, there = (float(one) for one in counts.sum(axis=0))
    lower, upper = f1_interval(counts)
    return {
        "entity_precision": right / max(1.0, claimed),
        "entity_recall": right / max(1.0, there),
        "entity_f1": 2 * right / max(1.0, claimed + there),
        "entity_f1_lower": lower,
        "entity_f1_upper": upper,
    }


def entity_counts(found: list[set[Span]], truth: list[set[Span]]) -> Ints:
    """Right, claimed and true entities of every sentence, [sentence, 3]."""
    rows = [(len(one & other), len(one), len(other)) for one, other in zip(found, truth, strict=True)]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def f1_interval(counts: Ints, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of F1 when sentences are drawn anew."""
    drawn = np.random.default_rng(seed).integers(len(counts), size=(REDRAWS, len(counts)))
    sums = counts[drawn].sum(axis=1)
    values = 2 * sums[:, 0] / np.maximum(1, sums[:, 1] + sums[:, 2])
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))
