"""`tapcrowd aggregate`: labels from a file of answers, without any bot."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from core.errors import BadUpload

if TYPE_CHECKING:
    from gpu_jobs.offline.aggregate import Facts, Outcome, Runner

UNUSABLE = 2
"""Exit code when the files cannot be used."""
SHOWN = {
    "method": "method",
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "log_loss": "log-loss",
    "ece": "ECE",
    "iterations": "iterations",
    "seconds": "seconds",
}
"""Columns of the comparison: a fact and its heading."""

RULES = """What happens to unusual input:

- The same worker answers a task twice: the later row replaces the earlier one.

- An empty cell or missing value: refused, with the row.

- Labels are text as written: 1, 01 and 1.0 are three labels.

- A control label that nobody gave becomes a class; a gold label that nobody gave counts as missed.

- One worker or one class only: allowed, with a note. Control tasks without answers are left out, with a note.

- Answers that are not single classes have methods of their own, which read the columns task, worker and label, but
for pairs (worker, left, right, label) and boxes (task, worker, x_min, y_min, x_max, y_max):
pairs bradley-terry, noisy-bradley-terry, win-share; texts medoid, rover, rasa, hrrasa; spans token-dawid-skene,
hmm-crowd, bsc-seq; box-clusters; robust-mean for numbers; ordinal for ratings; binary-relevance, joint-multi-label.

- Ten million rows are fine; labels.csv is written up to a spreadsheet's 1,048,576 rows, labels.parquet always.
"""


def aggregate(
    answers: Annotated[
        Path, typer.Argument(metavar="ANSWERS", help="CSV, TSV, JSONL or Parquet with task, worker, label.")
    ],
    controls: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Known labels (task, label) that the fit may use.")
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Known labels that only score the result; control tasks are left out."),
    ] = None,
    items: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Items by task; all other columns are text that the labels may lean on."),
    ] = None,
    method: Annotated[str, typer.Option(help="A method's name, or all for a comparison.")] = "auto",
    columns: Annotated[str, typer.Option(help="Other column names, as in task=item,worker=who,label=tag.")] = "",
    iterations: Annotated[int, typer.Option(min=1, help="Most iterations of methods that iterate.")] = 100,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write labels, workers, agreement and a report there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per method, one a line.")] = False,
) -> None:
    """Infer labels from a file of answers, with posteriors, worker quality and agreement."""
    from gpu_jobs.offline import aggregate as offline
    from gpu_jobs.offline import structured

    try:
        if method in structured.METHODS:
            _structured(method, answers, gold, columns, out, as_json=as_json)
            return
        names = offline.chosen_methods(method)
        inputs = offline.Inputs(answers, offline.parse_columns(columns), controls, gold, items)
        table = offline.load(inputs)
        runner = offline.Runner(table, offline.truth_of(table, inputs), iterations, out)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
        outcomes = list(_outcomes(runner, names))
    except (BadUpload, OSError) as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]✗[/] {escape(' '.join(str(error).split()))}")
        raise typer.Exit(UNUSABLE) from None
    if int(os.environ.get("RANK", "0")):
        return  # of several ranks the first one speaks
    if as_json:
        for outcome in outcomes:
            typer.echo(json.dumps(outcome.facts, ensure_ascii=False))
    else:
        _show(offline.best_first(outcomes), table.notes)
    if out is not None:
        _write(runner, names, outcomes, out, quiet=as_json)


def _structured(
    method: str, answers: Path, gold: Path | None, columns: str, out: Path | None, *, as_json: bool
) -> None:
    """One method for answers that are not single classes."""
    from gpu_jobs.offline import structured
    from gpu_jobs.offline.aggregate import parse_columns

    with Console(stderr=True).status(f"{method} …"):
        found = structured.aggregate(method, answers, gold, parse_columns(columns))
    if as_json:
        typer.echo(json.dumps(found.facts, ensure_ascii=False))
    else:
        for name, value in found.facts.items():
            typer.echo(f"{name.replace('_', ' ')}: {value}")
    if out is not None:
        paths = structured.write(out, found)
        if not as_json:
            typer.echo(f"written: {out}/ {', '.join(path.name for path in paths)}")


aggregate.__doc__ = f"{aggregate.__doc__}\n\n{RULES}"


def _outcomes(runner: Runner, names: list[str]) -> Iterator[Outcome]:
    with _bar(runner.iterations, len(names)) as tell:
        for name in names:
            tell(name, 0, 0.0)
            yield runner.run(name, tell)


@contextmanager
def _bar(iterations: int, methods: int) -> Iterator[Callable[[str, int, float], None]]:
    """A progress bar on stderr, where that is a terminal; gone when the work is done."""
    console = Console(stderr=True)
    parts = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("reading", total=iterations)
        done: list[str] = []

        def tell(name: str, step: int, change: float) -> None:
            if name not in done:
                done.append(name)
            place = f" ({len(done)} of {methods})" if methods > 1 else ""
            moved = f", change {change:.1e}" if change else ""
            progress.update(bar, description=f"{name}{place}{moved}", completed=step)

        yield tell


def _show(outcomes: list[Outcome], notes: tuple[str, ...]) -> None:
    console = Console(highlight=False)
    first = outcomes[0].facts
    alpha = "-" if first["alpha"] is None else f"{first['alpha']:.3f}"
    console.print(
        f"{first['tasks']:,} tasks, {first['workers']:,} workers, {first['answers']:,} answers, "
        f"{first['classes']} classes, Krippendorff's alpha {alpha}"
    )
    table = Table(box=None, pad_edge=False)
    shown = [name for name in SHOWN if name in first]
    for name in shown:
        table.add_column(SHOWN[name], justify="left" if name == "method" else "right")
    for outcome in outcomes:
        table.add_row(*(_cell(outcome.facts, name) for name in shown))
    console.print(table)
    for outcome in outcomes:
        if outcome.facts["reason"]:
            console.print(f"{outcome.facts['method']}: {escape(outcome.facts['chosen'])}. {outcome.facts['reason']}")
    for note in notes:
        console.print(f"[dim]note: {escape(note)}[/]")


def _cell(facts: Facts, name: str) -> str:
    value = facts.get(name)
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) and name != "seconds" else str(value)


def _write(runner: Runner, names: list[str], outcomes: list[Outcome], out: Path, *, quiet: bool) -> None:
    from gpu_jobs.offline.outputs import write_outputs

    for name, outcome in zip(names, outcomes, strict=True):
        folder = out / name if len(names) > 1 else out
        paths = write_outputs(folder, runner.table, outcome.fit, outcome.facts)
        if not quiet:
            typer.echo(f"written: {folder}/ {', '.join(path.name for path in paths)}")
