"""The demo's own cast: short messages with truth that come with tapcrowd, and a simulated crowd of every kind."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import resources

from bots.demo.cast import BAD_NAME, BAD_WORKER, Cast, Half, Player
from bots.sandbox.crowd import Person
from bots.sandbox.minds import Confused, Habits, Mind, Skilled, Spammer, Truth, key_of
from core.intake.jobfile import read_jobfile
from core.model import Option

DATA = resources.files("bots.demo") / "data"
PEOPLE = 25
SKILLS = (0.72, 1.0)
SPREAD_OF_SPEED = (3.5, 8.0)
"""Median seconds per task of the quickest and the slowest person."""
KINDS: tuple[tuple[str, Habits], ...] = (
    ("sleeper", Habits(sleeps_over=4, sleeps_for=240.0)),
    ("double-tapper", Habits(double_taps=0.3)),
    ("undoer", Habits(undoes=0.2)),
    ("skipper", Habits(skips=0.15)),
    ("scroller", Habits(old_presses=0.15)),
    ("worker", Habits()),
    ("worker", Habits()),
    ("worker", Habits()),
)


def own_cast(seed: int, *, tasks: int | None = None) -> Cast:
    """The cast; with `tasks`, only the first so many messages."""
    rows = _rows("items.csv")[:tasks]
    truths = {row["task"]: row for row in _rows("truth.csv")}
    job = _text("job_telegram.yaml")
    options = read_jobfile(job, 0).options
    known = _known(rows, truths, options)
    return Cast(
        data="demo",
        simulated=True,
        telegram=Half(_csv(rows[::2]), job),
        slack=Half(_csv(rows[1::2]), _text("job_slack.yaml")),
        truth={row["id"]: truths[row["id"]]["label"] for row in rows if not row["gold"]},
        players=tuple(_players(known, options, random.Random(seed))),
        classes=len(options),
    )


def _known(
    rows: Sequence[Mapping[str, str]], truths: Mapping[str, Mapping[str, str]], options: Sequence[Option]
) -> dict[str, Truth]:
    """The right button by what stands on the card."""
    texts = {option.id: option.text for option in options}
    return {
        key_of(row["text"]): Truth(texts[truths[row["id"]]["label"]], float(truths[row["id"]]["difficulty"]))
        for row in rows
    }


def _players(known: Mapping[str, Truth], options: Sequence[Option], rng: random.Random) -> Iterable[Player]:
    """The bad worker first, then people of every kind, on both platforms in turn."""
    yield Player(Person(BAD_NAME, Spammer(), Habits(seconds=4.0)), BAD_WORKER)
    for number in range(1, PEOPLE + 1):
        kind, habits = KINDS[number % len(KINDS)]
        mind: Mind = Skilled(known, rng.uniform(*SKILLS), {options[0].text: 1.5})
        if number % 11 == 0:
            kind, mind = "confused worker", Confused(known, _confusion(options))
        handle = f"telegram:{1000 + number}" if number % 2 else f"slack:U{1000 + number}"
        named = Person(f"simulated {kind} {number}", mind, replace(habits, seconds=rng.uniform(*SPREAD_OF_SPEED)))
        yield Player(named, handle)


def _confusion(options: Sequence[Option]) -> dict[str, dict[str, float]]:
    """Somebody who takes every other class for its neighbour now and then."""
    texts = [option.text for option in options]
    rows = {}
    for place, text in enumerate(texts):
        row = dict.fromkeys(texts, 0.04)
        row[texts[(place + 1) % len(texts)]] = 0.2 if place % 2 else 0.04
        row[text] = 1 - (sum(row.values()) - row[text])
        rows[text] = row
    return rows


def _text(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_text(name))))


def _csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()
