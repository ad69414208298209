"""Draws a plan: cost against expected accuracy, one point a policy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import BadUpload
from core.model import MICRO
from core.planning import Advice, Estimate

FORMATS = (".png", ".svg", ".pdf")
SIZE = (7.0, 4.4)
OURS, OTHERS = "#1b6ca8", "#999999"


def check_format(path: Path) -> None:
    """BadUpload for a file name whose format cannot be written."""
    if path.suffix.lower() not in FORMATS:
        raise BadUpload([f"{path.name}: a plot ends in {', '.join(FORMATS)}"])


def draw(estimates: Sequence[Estimate], advice: Advice, asset: str, path: Path) -> None:
    """Write the figure."""
    check_format(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    paid = any(one.cost for one in estimates)
    for one in estimates:
        cost = one.cost / MICRO if paid else one.answers_per_task
        spread = [[one.accuracy - one.low], [one.high - one.accuracy]]
        colour = OURS if one is advice.best else OTHERS
        axes.errorbar([cost], [one.accuracy], yerr=spread, fmt="o", color=colour, capsize=3)
        axes.annotate(one.choice.name, (cost, one.accuracy), xytext=(6, 4), textcoords="offset points", fontsize=8)
    axes.set_xlabel(f"cost, {asset}" if paid else "answers per task")
    axes.set_ylabel("accuracy, with the range of 95 of 100 crowds")
    axes.set_title(f"advised: {advice.best.choice.name}")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
