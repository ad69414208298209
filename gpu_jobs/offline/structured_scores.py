"""Scores of labels that are not single classes: rankings, texts, spans, boxes, numbers, levels and sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gpu_jobs.kernels.boxes import CORNERS
from gpu_jobs.kernels.spans.bio import spans_of, strict_f1
from gpu_jobs.kernels.texts.distance import edit_distances

PUNCTUATION = re.compile(r"[^\w\s]")
SAME_BOX = 0.5  # intersection over union from which two boxes are one (PASCAL VOC)
Figures = dict[str, float]
Known = Mapping[str, Any]
"""Gold by task."""


def pairs_ordered(found: pd.Series[float], gold: Known) -> Figures:
    """Share of gold pairs, tasks a|b with the winner as label, whose winner has the higher score; a tie is wrong."""
    right = [
        found.get(winner, -np.inf) > max(found.get(item, -np.inf) for item in task.split("|") if item != winner)
        for task, winner in gold.items()
    ]
    return {"ordered_right": float(np.mean(right))}


def word_error_rate(found: pd.Series[str], gold: Known) -> Figures:
    """Edit distance over the words of the gold, case and punctuation dropped; a missing text is all wrong."""
    sides = [found.get(task, "") for task in gold], list(gold.values())
    lines = [[PUNCTUATION.sub("", text.lower()).split() for text in texts] for texts in sides]
    words = {word: code for code, word in enumerate(sorted({word for text in lines[0] + lines[1] for word in text}))}
    coded = [[np.array([words[word] for word in text], dtype=np.int64) for text in texts] for texts in lines]
    return {"word_error_rate": float(edit_distances(*coded).sum() / max(1, sum(map(len, coded[1]))))}


def span_f1(found: pd.Series[str], gold: Known) -> Figures:
    """Precision, recall and F1 of spans right in bounds and type."""
    figures = strict_f1(
        (spans_of(found.get(task, "").split()) for task in gold), (spans_of(tags.split()) for tags in gold.values())
    )
    return dict(zip(("precision", "recall", "f1"), figures, strict=True))


def number_errors(found: pd.Series[Any], gold: Known) -> Figures:
    """Mean absolute and root mean squared error over the gold tasks that were answered."""
    told = [task for task in gold if task in found.index]
    apart = found[told].to_numpy(np.float64) - np.array([float(gold[task]) for task in told])
    return {
        "mean_absolute_error": float(np.abs(apart).mean()),
        "root_mean_squared_error": float((apart**2).mean() ** 0.5),
    }


def level_errors(found: pd.Series[Any], gold: Known) -> Figures:
    """Share of exact levels, and the mean distance where levels are numbers."""
    told = [task for task in gold if task in found.index]
    exact = float(np.mean([str(found[task]) == gold[task] for task in told]))
    try:
        return {
            "accuracy": exact,
            "mean_absolute_error": number_errors(found.astype(float), gold)["mean_absolute_error"],
        }
    except ValueError:
        return {"accuracy": exact}


def set_f1(found: pd.Series[Any], gold: Known) -> Figures:
    """Share of sets that are right as a whole, and F1 over all single labels."""
    pairs = [
        (set(found.get(task, [])), {part.strip() for part in text.split(",")} - {""}) for task, text in gold.items()
    ]
    shared = sum(len(ours & theirs) for ours, theirs in pairs)
    size = sum(len(ours) + len(theirs) for ours, theirs in pairs)
    return {"exact": float(np.mean([ours == theirs for ours, theirs in pairs])), "f1": 2 * shared / max(1, size)}


def box_f1(found: pd.DataFrame, gold: pd.DataFrame) -> Figures:
    """F1 of boxes matched one to one, best overlap first, from an intersection over union of one half on."""
    matched = sum(_matches(_boxes(found, task), _boxes(gold, task)) for task in gold.index.unique())
    drawn = int(found.index.isin(gold.index).sum())
    return {
        "precision": matched / max(1, drawn),
        "recall": matched / len(gold),
        "f1": 2 * matched / (drawn + len(gold)),
    }


def _boxes(frame: pd.DataFrame, task: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return frame.loc[frame.index == task, CORNERS].to_numpy(np.float64)


def _matches(ours: np.ndarray[Any, np.dtype[np.float64]], theirs: np.ndarray[Any, np.dtype[np.float64]]) -> int:
    low = np.maximum(ours[:, None, :2], theirs[None, :, :2])
    high = np.minimum(ours[:, None, 2:], theirs[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (ours, theirs)]
    overlap = shared / (areas[0][:, None] + areas[1][None, :] - shared)
    count = 0
    while overlap.size and overlap.max() >= SAME_BOX:
        row, column = np.unravel_index(overlap.argmax(), overlap.shape)
        overlap[row], overlap[:, column] = 0, 0
        count += 1
    return count
