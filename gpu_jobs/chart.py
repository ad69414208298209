"""The picture that a requester gets with the labels: what came out, how sure it is, how much work went in."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter

from gpu_jobs.kernels.values import Floats, Ints

INCHES = (6.0, 7.6)  # portrait, for a phone
DPI = 130
LEFT = 0.035
BAR, INK, MUTED, GRID = "#2f6fde", "#1d2433", "#6b7385", "#e6e9f0"
MAX_BARS = 10  # more classes than this share one last bar
MAX_NAME, MAX_TITLE, TITLE_LINE = 22, 84, 42  # characters; a title has at most two lines
CONFIDENCE_BINS = 20
# tried in turn for letters that matplotlib's own font lacks
FALLBACK_FONTS = ("Noto Sans CJK SC", "Noto Sans", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei")


@dataclass(frozen=True, slots=True)
class ChartData:
    """Labels as class indices (-1: nobody answered), with each task's confidence and number of answers."""

    title: str
    subtitle: str
    classes: Sequence[str]
    labels: Ints
    confidence: Floats
    answers: Ints


def draw(path: Path, data: ChartData) -> None:
    """Write the chart as a PNG."""
    installed = set(font_manager.get_font_names())
    rcParams["font.family"] = ["DejaVu Sans", *(name for name in FALLBACK_FONTS if name in installed)]
    title = textwrap.wrap(shorten(data.title or "Labels", MAX_TITLE), TITLE_LINE)[:2]
    top = 0.905 - 0.033 * len(title)
    layout = ConstrainedLayoutEngine(rect=(0.02, 0.01, 0.95, top), h_pad=0.09, hspace=0.04)
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="white", layout=layout)
    figure.text(LEFT, 0.977, "\n".join(title), size=16, color=INK, weight="bold", va="top", parse_math=False)
    figure.text(LEFT, top + 0.033, data.subtitle, size=11, color=MUTED)
    classes, confidence, answers = figure.subplots(3, 1, height_ratios=[_bars(data) + 1, 4.2, 3.4])
    _draw_classes(classes, data)
    _draw_confidence(confidence, data)
    _draw_answers(answers, data)
    figure.savefig(path, format="png")


def shorten(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _bars(data: ChartData) -> int:
    return min(max(len(data.classes), 2), MAX_BARS)


def _top_classes(data: ChartData) -> list[tuple[str, int]]:
    counts = np.bincount(data.labels[data.labels >= 0], minlength=len(data.classes))
    named = [(shorten(name, MAX_NAME), int(count)) for name, count in zip(data.classes, counts, strict=True)]
    if len(named) <= MAX_BARS:
        return named
    named.sort(key=lambda bar: -bar[1])
    rest = named[MAX_BARS - 1 :]
    return [*named[: MAX_BARS - 1], (f"{len(rest)} others", sum(count for _, count in rest))]


def _draw_classes(axes: Axes, data: ChartData) -> None:
    bars = _top_classes(data)
    total = max(sum(count for _, count in bars), 1)
    places = range(len(bars))
    drawn = axes.barh(places, [count for _, count in bars], color=BAR, height=0.68)
    captions = [f"{count:,}  ({count / total:.0%})" for _, count in bars]
    axes.bar_label(drawn, captions, padding=5, color=INK, fontsize=10)
    axes.set_yticks(places, [name for name, _ in bars], parse_math=False)
    axes.set_xlim(0, max(1, *(count for _, count in bars)) * 1.25)
    axes.invert_yaxis()
    dress(axes, "Tasks per label")
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _draw_confidence(axes: Axes, data: ChartData) -> None:
    known = data.confidence[data.labels >= 0]
    # rounding must not push a sure task off the last bin
    axes.hist(np.minimum(known, 1.0), bins=np.linspace(0, 1, CONFIDENCE_BINS + 1).tolist(), color=BAR, rwidth=0.9)
    left = np.floor(known.min(initial=0.5) * CONFIDENCE_BINS) / CONFIDENCE_BINS
    axes.set_xlim(max(0.0, left - 0.02), 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    dress(axes, "Tasks by confidence")
    _count_up(axes)


def _draw_answers(axes: Axes, data: ChartData) -> None:
    sizes, tasks = np.unique(data.answers, return_counts=True)
    axes.bar(sizes, tasks, color=BAR, width=0.72)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    centre = float(sizes.mean()) if len(sizes) else 0.0
    reach = max(2.5, float(np.ptp(sizes)) / 2 + 0.7 if len(sizes) else 0.0)
    axes.set_xlim(centre - reach, centre + reach)
    dress(axes, "Tasks by number of answers")
    _count_up(axes)


def _count_up(axes: Axes) -> None:
    """A vertical axis of whole tasks from zero, also when there is none."""
    axes.set_ylim(0, max(1.0, axes.get_ylim()[1]))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color=GRID)


def dress(axes: Axes, title: str) -> None:
    """The look that all our pictures share."""
    axes.set_title(title, loc="left", fontsize=12, color=INK, weight="bold", pad=8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=10, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
