"""The `tapcrowd` command: init, doctor, run, verify, demo; mistakes become one line that says what to do.

Parts are imported inside the commands, so that --help and a typing mistake are answered at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bots.aggregate_command import aggregate
from bots.plan_command import plan
from bots.replay_command import replay
from bots.watch_command import watch
from core.errors import ChatError, SettingsError, StoreLocked, TapcrowdError, Unavailable

if TYPE_CHECKING:
    from bots.findings import Finding
    from config.settings import Settings

log = logging.getLogger(__name__)
CONFIG = Path("tapcrowd.toml")
UNUSABLE = 2
"""Exit code when a command cannot do its work; 1 means that it did, and found a problem."""
MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}

app = typer.Typer(
    name="tapcrowd",
    help="Turns a chat into a labelling workforce: people answer small tasks by a tap in Telegram or Slack.",
    epilog="First steps: tapcrowd demo shows everything without any token; tapcrowd init sets up the real thing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, tokens among them
)
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help=f"The config file; without it {CONFIG}, if there is one."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


class LogFormat(StrEnum):
    """How log lines look."""

    TEXT = "text"
    JSON = "json"


def main() -> None:
    """Entry point of the `tapcrowd` command and of python -m bots."""
    app(prog_name="tapcrowd")


@app.command()
def init(
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="Where to write it.")] = CONFIG,
    force: Annotated[bool, typer.Option("--force", help="Replace a config file that exists.")] = False,
) -> None:
    """Write a commented config file and the Slack manifest, and tell how to get the tokens."""
    from bots.setup import write_config

    with plain_errors():
        written = write_config(config, force=force)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[green]✓[/] {escape(str(written.config))}: the settings, each with its explanation")
    console.print(f"[green]✓[/] {escape(str(written.manifest))}: the Slack app, ready to paste")
    console.print(f"\nWhat to do next\n\n{escape(written.steps())}")


@app.command()
def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check tokens, admins, database, disk, torch, clock and languages; say what to do about each finding.

    Exit code 1 when something keeps tapcrowd from working.
    """
    from bots.composition import DATABASE
    from bots.doctor import diagnose

    with plain_errors():
        settings, path = read_settings(config)
    findings = asyncio.run(diagnose(settings, path, settings.store.folder / DATABASE))
    sick = any(finding.level == "problem" for finding in findings)
    if as_json:
        typer.echo(
            json.dumps(
                {"ok": not sick, "findings": [asdict(finding) for finding in findings]}, indent=1, ensure_ascii=False
            )
        )
    else:
        _show(findings)
    raise typer.Exit(int(sick))


def _show(findings: list[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        remedy = f"\n[dim]→ {escape(finding.remedy)}[/]" if finding.remedy else ""
        table.add_row(MARKS[finding.level], f"[bold]{finding.subject}[/]", escape(finding.text) + remedy)
    Console(highlight=False).print(table)


@app.command()
def run(
    config: ConfigOption = None,
    log_format: Annotated[LogFormat, typer.Option(help="Log lines for people or for machines.")] = LogFormat.TEXT,
    debug: Annotated[bool, typer.Option("--debug", help="Log more.")] = False,
) -> None:
    """Start the bot on every platform that has a token. Ctrl-C or SIGTERM stops it cleanly."""
    from bots.logs import secrets_of, start_logging
    from bots.serving import serve

    with plain_errors():
        settings, _ = read_settings(config)
        start_logging(secrets_of(settings), as_json=log_format is LogFormat.JSON, debug=debug)
        try:
            asyncio.run(serve(settings))
        except TapcrowdError:
            raise
        except Exception:  # the end of the process: the log has it, without the secrets in it
            log.critical("tapcrowd stopped on an error", exc_info=True)
            raise typer.Exit(1) from None


@app.command()
def verify(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Recompute every balance and count from the records and tell each that is wrong; also beside a running bot.

    Exit code 1 when something is wrong.
    """
    from bots.composition import DATABASE
    from core.store import connect_store
    from core.store.verify import verify as find_problems

    with plain_errors():
        settings, _ = read_settings(config)
        path = settings.store.folder / DATABASE
        if not path.exists():
            raise SettingsError(f"there is no database at {path}: start the bot first, or name its config file")
        with contextlib.closing(connect_store(path)) as connection:
            problems = find_problems(connection)
    if as_json:
        typer.echo(json.dumps({"ok": not problems, "problems": problems}, indent=1, ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(f"✗ {problem}")
        typer.echo(f"{len(problems)} problems in {path}" if problems else f"✓ {path}: books and counts are sound")
    raise typer.Exit(int(bool(problems)))


@app.command()
def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Replay recorded answers: a folder with answers.csv (task,worker,label), gold.csv (task,label) and "
            "perhaps items.csv. Without it, a simulated crowd labels the texts that come along.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number, another course of events.")] = 1,
    as_json: JsonOption = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results and transcripts are written.")] = Path(
        "demo-out"
    ),
) -> None:
    """Show the whole service without any token: both platforms are played on this machine, by the real libraries."""
    from bots.demo.main import demo as play

    with plain_errors():
        code = play(data, seed, out, as_json)
    raise typer.Exit(code)


app.command()(aggregate)
app.command()(replay)
app.command()(watch)
app.command()(plan)


def read_settings(config: Path | None) -> tuple[Settings, Path | None]:
    """The settings and the file they came from; SettingsError in one line when they cannot be used."""
    from config.settings import load_file

    path = config or (CONFIG if CONFIG.exists() else None)
    try:
        return load_file(path, os.environ), path
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); `tapcrowd init` writes one") from None


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what tapcrowd refuses on purpose into one line and exit code 2."""
    try:
        yield
    except StoreLocked as error:
        _fail(str(error), "stop the other tapcrowd first, or set another [store] folder")
    except SettingsError as error:
        _fail(str(error), "")
    except Unavailable as error:
        _fail(str(error), "check the network, then start again; `tapcrowd doctor` looks closer")
    except ChatError as error:
        _fail(str(error), "`tapcrowd doctor` says which token is meant")
    except TapcrowdError as error:
        _fail(str(error), "")
    except OSError as error:
        if error.filename is None:
            raise
        _fail(file_fault(error), "")


def file_fault(error: OSError) -> str:
    """What is wrong with a file, in words that name it."""
    return f"{error.filename}: {str(error.strerror).lower()}" if error.filename is not None else str(error)


def _fail(what: str, remedy: str) -> NoReturn:
    from bots.logs import redact

    text = redact(" ".join(what.split())).rstrip(".")
    more = f"; {escape(remedy)}" if remedy else ""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]✗[/] {escape(text)}{more}")
    raise typer.Exit(UNUSABLE)
