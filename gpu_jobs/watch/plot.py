"""The picture of a watch: each class's share by window, what the model is unsure of, and where alerts were raised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from gpu_jobs.chart import DPI, FALLBACK_FONTS, GRID, INK, MUTED, shorten
from gpu_jobs.watch.watcher import UNSURE, Window

INCHES = (6.4, 4.6)
MOST_CLASSES = 8  # lines that can be told apart; the others share one
MAX_TITLE, MAX_NAME = 60, 22
COLOURS = ("#2f6fde", "#d1495b", "#2a9d8f", "#e9a03b", "#7b5ea7", "#5f6b7a", "#8c564b", "#17becf", "#b0b7c3")
ALARM = "#d1495b"


def draw(path: Path, title: str, windows: Sequence[Window], usual: dict[str, float]) -> None:
    """Write the picture as a PNG."""
    installed = set(font_manager.get_font_names())
    rcParams["font.family"] = ["DejaVu Sans", *(name for name in FALLBACK_FONTS if name in installed)]
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="white", layout="constrained")
    figure.suptitle(shorten(title, MAX_TITLE), x=0.02, ha="left", color=INK, weight="bold", parse_math=False)
    axes = figure.subplots()
    numbers = [window.number for window in windows]
    for place, (name, shares) in enumerate(_lines(windows, usual)):
        axes.plot(numbers, shares, color=COLOURS[place], marker="o", markersize=2.5, linewidth=1.6, label=name)
    if any(window.unsure is not None for window in windows):
        unsure = [float("nan") if window.unsure is None else window.unsure for window in windows]
        axes.plot(numbers, unsure, color=MUTED, linestyle=":", linewidth=1.6, label=UNSURE)
    _mark(axes, windows)
    _dress(axes)
    figure.savefig(path, format="png")


def _lines(windows: Sequence[Window], usual: dict[str, float]) -> list[tuple[str, list[float]]]:
    """The largest classes and those that surged by name, the rest together."""
    surged = {surge.name for window in windows for surge in window.surges}
    ordered = sorted(usual, key=lambda name: (name not in surged, -usual[name]))
    single = ordered if len(ordered) <= MOST_CLASSES + 1 else ordered[:MOST_CLASSES]
    lines = [(shorten(name, MAX_NAME), [window.shares[name] for window in windows]) for name in single]
    if rest := ordered[len(single) :]:
        lines.append((f"{len(rest)} others", [sum(window.shares[name] for name in rest) for window in windows]))
    return lines


def _mark(axes: Axes, windows: Sequence[Window]) -> None:
    """A line at each alert, with what it says."""
    for window in windows:
        names = [surge.name for surge in window.surges] + ([UNSURE] if window.drift else [])
        if not names:
            continue
        axes.axvline(window.number, color=ALARM, linewidth=1, alpha=0.6)
        said = shorten(", ".join(names), MAX_NAME)
        where = (window.number, 1.0)
        axes.annotate(
            said, where, xycoords=("data", "axes fraction"), xytext=(-2, -3), textcoords="offset points", rotation=90,
            ha="right", va="top", size=8, color=ALARM, parse_math=False,
        )  # fmt: skip


def _dress(axes: Axes) -> None:
    axes.set_ylim(0, None)
    axes.set_xlabel("window", color=MUTED)
    axes.set_ylabel("share of the texts", color=MUTED)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    legend = axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8)
    for text in legend.get_texts():
        text.set_parse_math(False)
