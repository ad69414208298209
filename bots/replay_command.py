"""`tapcrowd replay`: what would each routing policy have bought of recorded answers, and how right would it be?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from core.errors import BadUpload

if TYPE_CHECKING:
    from gpu_jobs.replay.report import Report

WIDTH = 100
"""Columns that the table needs; in a file or a pipe nothing would say how wide it may be."""
UNUSABLE = 2
"""Exit code when the folder cannot be replayed."""
POINT = ("target", "answers_per_task", "accuracy", "accuracy_sd", "ece")
POLICIES = "router, fixed, dynamic, checkpoint, value or budget"


def replay(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with answers.csv and gold.csv.")],
    policy: Annotated[str, typer.Option(help=f"Who decides that a task has enough answers: {POLICIES}.")] = "router",
    arrivals: Annotated[str, typer.Option(help="How workers come: sessions, named or any.")] = "sessions",
    load_cap: Annotated[
        float, typer.Option(min=1.0, help="With named arrivals: most answers of a worker, in mean loads.")
    ] = 2.0,
    target: Annotated[
        list[float] | None,
        typer.Option(help="Confidence, answers per task or worth of a label, by policy; may be given several times."),
    ] = None,
    controls: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of the tasks whose known class may be used; not scored.")
    ] = 0.1,
    even_controls: Annotated[
        bool, typer.Option(help="As many of them of each class, as many requesters choose them, instead of by lot.")
    ] = False,
    items: Annotated[
        bool, typer.Option(help="Let the text of items.csv speak, where there is one, as in a job that learns.")
    ] = True,
    seeds: Annotated[int, typer.Option(min=1, help="Replays per target.")] = 20,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the curves as PNG, SVG or PDF.")] = None,
    rivals: Annotated[bool, typer.Option(help="Replay fixed and dynamic overlap beside it.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Replay recorded answers through the router: answers per task, accuracy, calibration and what it saves."""
    from bots.cli import file_fault
    from gpu_jobs.replay.desk import Controls
    from gpu_jobs.replay.report import make_report, make_request

    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        if plot is not None:
            plot.parent.stat()  # before the work, not after it
        known = Controls(controls, even_controls)
        request = make_request(
            folder, policy, arrivals, target or (), load_cap=load_cap, seeds=seeds, controls=known, items=items
        )
        with _bar() as told:
            report = make_report(request, told, rivals=plot is not None or (rivals and not as_json))
        if plot is not None:
            from gpu_jobs.replay.plot import draw

            draw(report, plot)
    except (BadUpload, OSError) as error:
        said = file_fault(error) if isinstance(error, OSError) else str(error)
        errors.print(f"[red]✗[/] {escape(' '.join(said.split()))}")
        raise typer.Exit(UNUSABLE) from None
    if as_json:
        typer.echo(json.dumps(_facts(report)))
        return
    _show(report)
    if plot is not None:
        typer.echo(f"written: {plot}")


def _facts(report: Report) -> dict[str, object]:
    points = [{name: round(asdict(point)[name], 6) for name in POINT} for point in report.points]
    return {"dataset": report.dataset, "policy": report.policy, "seeds": report.seeds, "points": points}


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, where that is a terminal; gone when the work is done."""
    console = Console(stderr=True)
    parts = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("replaying", total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _show(report: Report) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, WIDTH)
    console.print(
        f"{escape(report.dataset)}: {report.tasks:,} tasks, {report.workers:,} workers, {report.classes} classes; "
        f"policy {report.policy}, arrivals {report.arrivals}, mean of {report.seeds} replays"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("target", "answers", "accuracy", "± sd", "95 % of mean", "ECE", "raw", "one run", "load"):
        table.add_column(heading, justify="right")
    for spread in ("fixed", "dynamic"):
        if report.rivals:
            table.add_column(spread, justify="right")
    for point in report.points:
        half = 1.96 * point.accuracy_sd / report.seeds**0.5
        cells = [f"{point.target:g}", f"{point.answers_per_task:.2f}"]
        cells += [f"{point.accuracy:.4f}", f"{point.accuracy_sd:.4f}"]
        cells += [f"{point.accuracy - half:.3f}-{point.accuracy + half:.3f}", f"{point.ece:.3f}"]
        cells += [f"{point.raw_ece:.3f}", f"{point.single_ece:.3f}", f"{point.load:.1f}"]
        cells += [_saved(report.saved(point, name)) for name in report.rivals]
        table.add_row(*cells)
    console.print(table)
    for line in report.remarks():
        console.print(f"[dim]{escape(line)}[/]")


def _saved(share: float | None) -> str:
    """Share of answers saved at this accuracy; a dash where the rival never gets there, or always does."""
    return "-" if share is None else f"{share:+.0%}"
