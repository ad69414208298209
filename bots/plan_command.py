"""`tapcrowd plan`: what would a job cost, how right would it be, how long would it take, before it is published?"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from core.errors import BadUpload, TapcrowdError
from core.planning import USUAL_CROWD, Advice, Choice, Crowd, Estimate, Work

if TYPE_CHECKING:
    from config.settings import Settings
    from core.model import JobUpload

UNUSABLE = 2
"""Exit code when the files cannot be planned."""
HEADINGS = ("policy", "answers", "cost", "accuracy", "95 of 100", "time")
CENT = 10_000
"""Micro-units: what a table shows of amounts above one."""
CONFIG_HELP = "The config file: its fee, and what its store knows of the workers."


def plan(
    jobfile: Annotated[Path, typer.Argument(metavar="JOBFILE", help="The job file: YAML or TOML.")],
    items: Annotated[Path, typer.Argument(metavar="ITEMS", help="The items: CSV, TSV or JSONL.")],
    crowd_accuracy: Annotated[
        float, typer.Option(min=0.05, max=0.99, help="How often a new worker is right, on average.")
    ] = USUAL_CROWD.accuracy,
    workers: Annotated[int, typer.Option(min=1, max=500, help="How many will work.")] = USUAL_CROWD.workers,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="Per answer; without it what the store has seen, else 6.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=2, max=1000, help="Simulated crowds.")] = 10,
    policy: Annotated[
        list[str] | None,
        typer.Option(help="Only fixed, dynamic, checkpoint, value or budget; may be given several times."),
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", "-c", metavar="FILE", help=CONFIG_HELP)] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw cost against accuracy: PNG, SVG, PDF.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Estimate cost, accuracy and time of a job under several overlap policies, before it is published."""
    from bots.cli import file_fault, plain_errors, read_settings

    with plain_errors():
        settings, path = read_settings(config)
    crowd = Crowd(crowd_accuracy, workers, seconds or USUAL_CROWD.seconds)
    try:
        upload = _read(jobfile, items)
        crowd = _known(crowd, settings, measured=seconds is None) if path else crowd
        work, tried = _choices(upload, settings, policy or ())
        advice, estimates = _estimate(work, crowd, tried, seeds)
        if plot is not None:
            from gpu_jobs.planning.plot import draw

            draw(estimates, advice, work.price.asset, plot)
    except (TapcrowdError, OSError) as error:
        errors = Console(stderr=True, highlight=False, soft_wrap=True)
        told = [file_fault(error)] if isinstance(error, OSError) else [str(error)]
        for problem in error.problems if isinstance(error, BadUpload) else told:
            errors.print(f"[red]✗[/] {escape(' '.join(problem.split()))}")
        raise typer.Exit(UNUSABLE) from None
    if as_json:
        typer.echo(json.dumps(facts(upload.spec.title, work, crowd, advice, estimates, seeds), ensure_ascii=False))
        return
    _show(upload.spec.title, work, crowd, advice, estimates)
    if plot is not None:
        typer.echo(f"written: {plot}")


def _read(jobfile: Path, items: Path) -> JobUpload:
    """Both files as an upload in a chat would be read."""
    from core.intake.courseform import enough_gold
    from core.intake.items import read_items
    from core.intake.jobfile import read_jobfile
    from core.model import TEXT, JobUpload

    try:
        text = jobfile.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadUpload([f"{jobfile.name}: byte {error.start} is not UTF-8; save the job file as UTF-8."]) from None
    spec = read_jobfile(text, int(time.time() * 1000), name=jobfile.name)
    if spec.kind == TEXT:
        raise BadUpload([f"{jobfile.name}: type: typed answers have no classes to be right about; nothing to plan"])
    rows = tuple(read_items(items.read_bytes(), items.name, spec))
    if faults := enough_gold(spec, rows):
        raise BadUpload(faults)
    return JobUpload(spec, rows)


def _known(crowd: Crowd, settings: Settings, *, measured: bool) -> Crowd:
    """The crowd with what the store has seen of its workers."""
    from bots.composition import DATABASE
    from core.store import connect_store
    from core.store.plans import house_record
    from core.store.tx import Tx

    path = settings.store.folder / DATABASE
    if not path.exists():
        return crowd
    with contextlib.closing(connect_store(path)) as connection:
        known, seen = house_record(Tx(connection))
    return replace(crowd, known=known, seconds=seen if measured and seen else crowd.seconds)


def _choices(upload: JobUpload, settings: Settings, only: Sequence[str]) -> tuple[Work, list[Choice]]:
    from core.ledger import Price, fee_of
    from core.planning import choices, work_of

    fee = fee_of(upload.spec.price, round(settings.money.fee_percent * 10_000))
    work = work_of(upload.spec, Price(upload.spec.price, fee, upload.spec.asset), upload.items)
    if not work.tasks:
        raise BadUpload(["there is no task to plan: all items have a known answer"])
    tried = choices(work, only)
    known = sorted({choice.overlap.policy for choice in choices(work)})
    if wrong := sorted({*only} - {*known}):
        raise BadUpload([f"there is no policy {wrong[0]!r} to compare here; there are {', '.join(known)}"])
    return work, tried


def _estimate(work: Work, crowd: Crowd, tried: Sequence[Choice], seeds: int) -> tuple[Advice, list[Estimate]]:
    from core.planning import advise
    from gpu_jobs.planning.simulate import simulate

    with _bar() as told:
        estimates = simulate(work, crowd, tried, seeds, told)
    return advise(estimates, work.budget), estimates


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, where that is a terminal; gone when the work is done."""
    console = Console(stderr=True)
    parts = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("simulating", total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def facts(
    title: str, work: Work, crowd: Crowd, advice: Advice, estimates: Sequence[Estimate], seeds: int
) -> dict[str, object]:
    """The plan as JSON: money in the job's asset, times in seconds."""
    return {
        "job": title,
        "tasks": work.tasks,
        "classes": len(work.shares),
        "asset": work.price.asset,
        "seeds": seeds,
        "crowd": {
            "accuracy": crowd.accuracy,
            "workers": crowd.workers,
            "seconds": round(crowd.seconds, 2),
            "known": len(crowd.known),
        },
        "policies": [_row(one) for one in estimates],
        "advice": advice.best.choice.name,
        "reason": reason(advice),
    }


def _row(one: Estimate) -> dict[str, object]:
    return {
        "policy": one.choice.name,
        "yours": one.choice.mine,
        "answers_per_task": round(one.answers_per_task, 4),
        "cost": one.cost / 1_000_000,
        "accuracy": round(one.accuracy, 4),
        "low": round(one.low, 4),
        "high": round(one.high, 4),
        "seconds": round(one.seconds),
    }


def reason(advice: Advice) -> str:
    """Why this policy is advised, in a sentence; the same one as in a chat."""
    from config.texts import load_texts

    rival = advice.rival.choice.name if advice.rival else ""
    values = {"policy": advice.best.choice.name, "rival": rival}
    return load_texts().say("en", advice.key, **values, saved=f"{advice.saved:.0%}", lost=f"{advice.lost:.1%}")


def _show(title: str, work: Work, crowd: Crowd, advice: Advice, estimates: Sequence[Estimate]) -> None:
    from core.texts import money, span

    console = Console(highlight=False, soft_wrap=True)
    known = f", {len(crowd.known)} of them known to the house" if crowd.known else ""
    console.print(
        f"{escape(title)}: {work.tasks:,} tasks, {len(work.shares)} classes; {crowd.workers} workers{known}, right "
        f"{crowd.accuracy:.0%} of the time when new, {crowd.seconds:.1f} s an answer"
    )
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "policy" else "right")
    for one in estimates:
        mark = " (yours)" if one.choice.mine else ""
        cost = round(one.cost / CENT) * CENT if one.cost > 100 * CENT else one.cost
        cells = [f"{escape(one.choice.name)}{mark}", f"{one.answers_per_task:.2f}", money(cost, work.price.asset)]
        cells += [f"{one.accuracy:.1%}", f"{one.low:.0%} to {one.high:.0%}", span(1000 * one.seconds)]
        table.add_row(*cells, style="bold" if one is advice.best else None)
    console.print(table)
    console.print("[dim]answers per task; 95 of 100 such crowds end in the range; (yours): as in the job file[/]")
    console.print(f"[bold]→[/] {escape(reason(advice))}")
