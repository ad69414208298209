"""Draws a replay: accuracy by answers per task, the policy beside fixed and dynamic overlap."""

from __future__ import annotations

from pathlib import Path

from core.errors import BadUpload
from gpu_jobs.replay.report import Report

FORMATS = (".png", ".svg", ".pdf")
SIZE = (7.0, 4.4)
COLOURS = {"fixed": "#999999", "dynamic": "#d95f02"}
OURS = "#1b6ca8"


def draw(report: Report, path: Path) -> None:
    """Write the figure; BadUpload for a format that cannot be written."""
    if path.suffix.lower() not in FORMATS:
        raise BadUpload([f"{path.name}: a plot ends in {', '.join(FORMATS)}"])
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, spots in report.rivals.items():
        costs, accuracies = zip(*spots, strict=True)
        axes.plot(costs, accuracies, "o--", color=COLOURS[name], markersize=3, linewidth=1, label=f"{name} overlap")
    axes.errorbar(
        [point.answers_per_task for point in report.points],
        [point.accuracy for point in report.points],
        yerr=[1.96 * point.accuracy_sd / report.seeds**0.5 for point in report.points],
        fmt="o-",
        color=OURS,
        capsize=2,
        markersize=4,
        label=f"{report.policy}, {report.arrivals}",
    )
    axes.set_xlabel("answers per task")
    axes.set_ylabel("accuracy")
    axes.set_title(f"{report.dataset}: {report.seeds} replays, 95 % intervals")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
