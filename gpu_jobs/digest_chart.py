"""Draws a digest page's week for a phone: answers, control accuracy, confidence, workers and spending by day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from core.digest import Page
from gpu_jobs.chart import BAR, DPI, FALLBACK_FONTS, GRID, INK, MUTED, shorten

INCHES = (6.4, 8.2)
MICRO = 1_000_000
MAX_TITLE = 60


def draw(path: Path, page: Page) -> None:
    """Write the page's plots as a PNG."""
    installed = set(font_manager.get_font_names())
    rcParams["font.family"] = ["DejaVu Sans", *(name for name in FALLBACK_FONTS if name in installed)]
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="white", layout="constrained")
    figure.suptitle(shorten(page.title or "All jobs", MAX_TITLE), size=13, color=INK, weight="bold", parse_math=False)
    days = page.days
    accuracy = [day.right / day.controls if day.controls else None for day in days]
    panels = figure.subplots(5, 1, sharex=True)
    _bars(panels[0], "Answers", page.captions, [day.answers for day in days])
    _line(panels[1], "Control tasks right", page.captions, accuracy)
    _line(panels[2], "Mean confidence of the labels", page.captions, [day.confidence for day in days])
    _bars(panels[3], "Workers", page.captions, [day.workers for day in days])
    spent = [day.spent / MICRO for day in days]
    _bars(panels[4], f"Spent, {page.asset}" if page.asset else "Spent", page.captions, spent, whole=False)
    figure.savefig(path, format="png")


def _bars(axes: Axes, title: str, captions: Sequence[str], values: Sequence[float], *, whole: bool = True) -> None:
    axes.bar(range(len(values)), values, color=BAR, width=0.7)
    axes.set_ylim(0, max(1.0 if whole else 0.01, *values) * 1.15)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=whole))
    _dress(axes, title, captions)


def _line(axes: Axes, title: str, captions: Sequence[str], values: Sequence[float | None]) -> None:
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    axes.plot([at for at, _ in known], [value for _, value in known], color=BAR, marker="o", linewidth=2)
    axes.set_ylim(min([0.5, *(value for _, value in known)]) - 0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    _dress(axes, title, captions)


def _dress(axes: Axes, title: str, captions: Sequence[str]) -> None:
    axes.set_title(title, loc="left", fontsize=10, color=INK, weight="bold")
    axes.set_xticks(range(len(captions)), captions, parse_math=False)
    axes.set_xlim(-0.6, len(captions) - 0.4)
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
