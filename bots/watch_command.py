"""`tapcrowd watch`: a model at work on a stream of texts, with alerts in a chat."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from bots.watching import Voice

LEAST_WINDOW = 20


def watch(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model folder, as finetune writes it.")],
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="CSV, TSV, JSONL, plain lines, or an http address that answers with a JSON list or JSON lines.",
        ),
    ],
    column: Annotated[str, typer.Option(help="The column or field that holds the text.")] = "text",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more at the end of the file.")] = False,
    window: Annotated[int, typer.Option(min=LEAST_WINDOW, help="Texts in a window.")] = 200,
    every: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How often the shares are told; alerts come at once.")
    ] = 3600.0,
    pause: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Between looks at a followed file or an address.")
    ] = 5.0,
    quiet_windows: Annotated[
        float, typer.Option(min=10, help="Quiet windows between false alarms, in the mean at least.")
    ] = 10_000.0,
    to: Annotated[str, typer.Option(metavar="CHAT", help="Where to post: telegram:-100123 or slack:C1.")] = "",
    config: Annotated[
        Path | None, typer.Option("--config", "-c", metavar="FILE", help="The config file, for the tokens.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep a PNG of the shares there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a window.")] = False,
) -> None:
    """Apply a model to a stream of texts: class shares over time, alerts on a surge of a class and on drift.

    A surge is a class that comes up far more often than it used to; drift is a surge of texts on which the model is
    unsure, and calls for new labels. The first 8 windows only teach what is usual. Ctrl-C ends with a summary.
    """
    from bots.cli import plain_errors, read_settings
    from bots.watch_chat import open_chat
    from bots.watching import Chat, JsonLines, Picture, Terminal
    from bots.watching import follow as pursue
    from gpu_jobs.watch.session import Session, load_model
    from gpu_jobs.watch.stream import texts_of

    with plain_errors(), contextlib.ExitStack() as exits:
        session = Session.of(load_model(model), window, quiet_windows)
        batches = texts_of(source, column, follow=follow, pause=pause)
        name = source if "://" in source else Path(source).name
        voices: list[Voice] = [JsonLines()] if as_json else []
        if not (as_json or to):
            voices.append(Terminal(Console(highlight=False)))
        if plot is not None:
            voices.append(Picture(plot, name))
        if to:
            settings, _ = read_settings(config)
            folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="tapcrowd-watch-")))
            voices.append(Chat(exits.enter_context(open_chat(settings, to)), folder, name, model.name))
        exits.enter_context(_terminable())
        pursue(session, batches, voices, every)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends as Ctrl-C does, and so does SIGINT where a shell started the command with it ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set a handler
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
