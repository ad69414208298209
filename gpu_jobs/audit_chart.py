"""The picture of an audit: how many labels are how suspicious, and what share of them is expected to be wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from gpu_jobs.chart import BAR, DPI, INK, MUTED, dress, shorten
from gpu_jobs.kernels.values import Floats

INCHES = (6.0, 5.2)
BINS = 20
MAX_TITLE = 60
Rate = tuple[float, float, float]
"""A share with its interval."""


def draw(path: Path, title: str, suspicion: Floats, confidence: Floats, rate: Rate) -> None:
    """Write the picture as a PNG: suspicion and the crowd's own confidence by label, and the error rate."""
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="white", layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=[3, 1])
    figure.suptitle(shorten(title or "Audit", MAX_TITLE), x=0.02, ha="left", color=INK, weight="bold", parse_math=False)
    edges = np.linspace(0, 1, BINS + 1).tolist()
    upper.hist(np.clip(suspicion, 0, 1), bins=edges, color=BAR, rwidth=0.9, label="crowd and text")
    upper.hist(np.clip(1 - confidence, 0, 1), bins=edges, color=MUTED, histtype="step", label="crowd alone")
    upper.set_yscale("symlog", linthresh=10)
    upper.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    upper.legend(frameon=False, fontsize=9)
    dress(upper, "Labels by the chance that they are wrong")
    mean, low, high = rate
    lower.errorbar([mean], [0], xerr=[[mean - low], [high - mean]], fmt="o", color=BAR, capsize=5)
    lower.annotate(f"{mean:.1%} ({low:.1%} to {high:.1%})", (mean, 0), (0, 8), textcoords="offset points", ha="center")
    lower.set_xlim(0, max(0.05, high * 1.6))
    lower.set_ylim(-1, 1)
    lower.yaxis.set_visible(False)
    lower.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    dress(lower, "Share of labels expected to be wrong")
    figure.savefig(path, format="png")
