"""How the demo looks in a terminal: a bar while people work, a table at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

Row = tuple[str, str]


def progress_bar(console: Console) -> Progress:
    """Tasks done of all tasks, with what happens just now."""
    words = TextColumn("{task.description}")
    return Progress(SpinnerColumn(), words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)


def closing_table(title: str, report: Mapping[str, object], asset: str) -> Table:
    """The report as a table."""
    table = Table(title=title, show_header=False, title_justify="left", title_style="bold")
    table.add_column(style="cyan")
    table.add_column(justify="right")
    for name, value in _rows(report, asset):
        table.add_row(name, value)
    return table


def _rows(report: Mapping[str, object], asset: str) -> list[Row]:
    def money(name: str) -> str:
        return f"{report[name]:,.2f} {asset}"

    def share(name: str) -> str:
        return f"{report[name]:.1%}"

    return [
        ("tasks", f"{report['tasks']:,}"),
        ("answers bought", f"{report['answers']:,}"),
        ("answers per task", f"{report['answers_per_task']:.2f}"),
        ("control answers", f"{report['control_answers']:,}"),
        (f"workers ({'simulated' if report['simulated'] else 'recorded, and one simulated'})", str(report["workers"])),
        ("accuracy against truth", share("accuracy")),
        ("majority vote at the same answers", share("majority_accuracy")),
        ("money in", money("deposited")),
        ("paid to workers", money("paid")),
        ("fee", money("fee")),
        ("refunded", money("refunded")),
        ("ledger check", "clean" if report["ledger_ok"] else "BROKEN"),
        ("alerts to the admin", str(report["alerts"])),
        ("jobs ended because", ", ".join(map(str, _list(report["ended"])))),
        ("seconds", f"{report['seconds']:.1f}"),
    ]


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def files_text(folder: Path, files: list[str]) -> str:
    """The files, one a line."""
    return f"Files in {folder}:\n" + "\n".join(f"  {Path(file).name}" for file in files)
