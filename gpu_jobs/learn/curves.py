"""Draws how training went, and how far the new model's confidence can be trusted, for the chat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from gpu_jobs.kernels.values import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

mpl.use("Agg")

from matplotlib import pyplot as plt

SMOOTH = 20  # steps in a running mean
BINS = 10
INCHES, DPI = (9.0, 3.6), 120


def draw(
    path: Path, title: str, losses: list[float], held_out: list[float], reliability: tuple[Floats, Floats]
) -> None:
    """Write a PNG: loss by step and epoch where there was training, share right by confidence where there was gold."""
    figure, (left, right) = plt.subplots(1, 2, figsize=INCHES, dpi=DPI, layout="constrained")
    figure.suptitle(title)
    _losses(left, losses, held_out)
    _reliability(right, *reliability)
    figure.savefig(path)
    plt.close(figure)


def _losses(axes: Axes, losses: list[float], held_out: list[float]) -> None:
    axes.set(title="Loss", xlabel="step", ylabel="cross entropy")
    if not losses:
        axes.text(0.5, 0.5, "solved in closed steps: no curve", ha="center", transform=axes.transAxes)
        return
    steps = np.arange(1, len(losses) + 1)
    axes.plot(steps, losses, alpha=0.25, color="tab:blue")
    width = min(SMOOTH, len(losses))
    axes.plot(
        steps[width - 1 :], np.convolve(losses, np.full(width, 1 / width), "valid"), color="tab:blue", label="train"
    )
    if held_out:
        ends = len(losses) / len(held_out) * np.arange(1, len(held_out) + 1)
        axes.plot(ends, held_out, "o-", color="tab:orange", label="held out")
    axes.legend(frameon=False)


def _reliability(axes: Axes, confidence: Floats, right: Floats) -> None:
    axes.set(title="Held-out gold", xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    if not len(confidence):
        axes.text(0.5, 0.5, "no gold held out", ha="center", transform=axes.transAxes)
        return
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    size = np.bincount(place, minlength=BINS)
    seen = size > 0
    share = np.bincount(place, right, minlength=BINS)[seen] / size[seen]
    mean = np.bincount(place, confidence, minlength=BINS)[seen] / size[seen]
    axes.scatter(mean, share, s=10 + 90 * size[seen] / size.max(), color="tab:blue")
