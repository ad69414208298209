"""The whole main job in one go: two jobs out of two chats, a crowd that labels them, results back in the channels."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from bots import logs
from bots.demo import script, show
from bots.demo.cast import Cast
from bots.demo.facts import Facts, facts_of
from bots.demo.own import own_cast
from bots.demo.play import Outcome, Play
from bots.demo.recorded import recorded_cast
from core.errors import TapcrowdError

log = logging.getLogger(__name__)
OUT = Path("demo-out")
LOG = "demo.log"
BROKEN = "broken-store.db"
"""The store is kept for a look when its check finds a fault."""
SPEED, REPLAY_SPEED = 20.0, 30.0
"""How many times faster than life the demo's clock runs; a replay takes longer, so it may run faster."""


def demo(data: Path | None, seed: int, folder: Path | None, as_json: bool) -> int:
    """Play the demo on a folder of recorded answers (None: the demo's own data and a simulated crowd); the exit code.

    Files are kept in `folder` (None: ./demo-out); prints a table, or with `as_json` one JSON object and nothing else.
    """
    console = Console(stderr=as_json, quiet=as_json)
    out = folder or OUT
    out.mkdir(parents=True, exist_ok=True)
    try:
        cast = own_cast(seed) if data is None else recorded_cast(data, seed)
    except TapcrowdError as error:
        Console(stderr=True).print(f"The demo cannot be played: {error}", style="red", markup=False, soft_wrap=True)
        return 2
    try:
        report = run_demo(cast, out, console, seed, speed=SPEED if cast.simulated else REPLAY_SPEED)
    except TapcrowdError as error:
        Console(stderr=True).print(f"The demo failed: {error}", style="red", markup=False, soft_wrap=True)
        return 1
    if as_json:
        sys.stdout.write(json.dumps({name: value for name, value in report.items() if name != "asset"}) + "\n")
        return 0
    title = f"tapcrowd demo: {cast.data}, {cast.crowd}"
    console.print(show.closing_table(title, report, str(report["asset"])))
    console.print(show.files_text(out, report["files"]), markup=False, highlight=False)
    return 0


def run_demo(cast: Cast, out: Path, console: Console, seed: int, *, speed: float) -> dict[str, Any]:
    """Play, keep the files in `out`, and report every fact by its name."""
    began = time.monotonic()
    with _logged(out / LOG), tempfile.TemporaryDirectory(prefix="tapcrowd-demo-") as folder:
        with show.progress_bar(console) as bar:
            line = bar.add_task("the curtain rises", total=None)

            def tell(words: str, done: int, total: int) -> None:
                bar.update(line, description=words, completed=done, total=total or None)

            play = Play(cast, Path(folder), speed=speed, seed=seed)
            outcome = asyncio.run(play.perform(tell))
            log.info("what the crowd did: %s", dict(outcome.tally))
        posted = [_csv_of(outcome.telegram), _csv_of(outcome.slack)]
        facts = facts_of(play.stage.database, posted, cast.truth)
        if not facts.ledger_ok:
            shutil.copyfile(play.stage.database, out / BROKEN)
    files = _keep(outcome, out)
    return {
        **_report(facts),
        "alerts": outcome.alerts,
        "seconds": round(time.monotonic() - began, 1),
        "files": [*files, str(out / LOG)],
        "simulated": cast.simulated,
        "data": cast.data,
    }


def _report(facts: Facts) -> dict[str, Any]:
    return {name: value for name, value in asdict(facts).items() if name != "ledger_faults" or value}


def _csv_of(posted: script.Posted) -> bytes:
    return next(data for name, data in posted.files.items() if name.endswith(".csv"))


def _keep(outcome: Outcome, out: Path) -> list[str]:
    """Write down what came out of the chats; the paths."""
    contents: dict[str, bytes] = {}
    for platform, posted in (("telegram", outcome.telegram), ("slack", outcome.slack)):
        for name, data in posted.files.items():
            kept = f"{platform}-chart.png" if name.endswith(".png") else f"{platform}-{name}"
            contents[kept] = data
    contents |= {f"transcript-{name}.txt": text.encode() for name, text in outcome.transcripts.items()}
    for name, data in contents.items():
        (out / name).write_bytes(data)
    return [str(out / name) for name in contents]


@contextlib.contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Send the log to a file while the demo plays, and restore what was there."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    with path.open("w", encoding="utf-8") as file:
        logs.start_logging((), to=file)
        try:
            yield
        finally:
            root.setLevel(before[0])
            root.handlers[:] = before[1]
