"""The loop of a watch and its voices: the chat, the terminal, JSON lines and the picture."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bots import watch_words as words
from core.messages import Card

if TYPE_CHECKING:
    from bots.watch_chat import ChatPost
    from gpu_jobs.watch.session import Session, Told
    from gpu_jobs.watch.surge import Surge


class Voice(Protocol):
    """Somebody who is told what a watch sees."""

    def start(self, session: Session) -> None:
        """The watch begins."""

    def window(self, session: Session, told: Told) -> None:
        """A window is complete; it may hold alerts."""

    def shares(self, session: Session, *, first: bool) -> None:
        """It is time to tell the shares; the first time when it is known what is usual."""

    def end(self, session: Session, *, stopped: bool) -> None:
        """The texts are at their end, or somebody stopped the watch."""


def follow(session: Session, batches: Iterator[list[str]], voices: Sequence[Voice], every: float) -> None:
    """Watch until the texts end or an interrupt comes; shares are told every that many seconds."""
    for voice in voices:
        voice.start(session)
    stopped = False
    try:
        _pump(session, batches, voices, every)
    except KeyboardInterrupt:
        stopped = True
    _tell(session, session.finish(), voices)
    for voice in voices:
        voice.end(session, stopped=stopped)


def _pump(session: Session, batches: Iterator[list[str]], voices: Sequence[Voice], every: float) -> None:
    first, last = True, time.monotonic()
    for texts in batches:
        _tell(session, session.feed(texts), voices)
        due = not session.learning if first else time.monotonic() - last >= every
        if due:
            for voice in voices:
                voice.shares(session, first=first)
            first, last = False, time.monotonic()


def _tell(session: Session, found: list[Told], voices: Sequence[Voice]) -> None:
    for told in found:
        for voice in voices:
            voice.window(session, told)


@dataclass(slots=True)
class Chat:
    """Posts cards, with a picture at the first shares, at each alert and at the end."""

    post: ChatPost
    folder: Path  # for the files of posts, which may have to wait
    source: str
    model: str
    _pictures: int = field(default=0, init=False)

    def start(self, session: Session) -> None:
        """A word that also shows whether the chat can be reached."""
        self.post.say(words.start_card(session, self.source, self.model))

    def window(self, session: Session, told: Told) -> None:
        """Alerts, each on its own card."""
        window = told.window
        for surge in window.surges:
            self.post.say(words.surge_card(told, surge, session), [self._picture(session)])
        if window.drift is not None:
            place = self.folder / f"window{window.number}"
            place.mkdir(exist_ok=True)
            files = words.write_job(place, told, session.watcher.classes)
            self.post.say(words.drift_card(told, window.drift, files=True), [self._picture(session), *files])

    def shares(self, session: Session, *, first: bool) -> None:
        """The shares; with a picture for the first time."""
        self.post.say(words.shares_card(session), [self._picture(session)] if first else [])

    def end(self, session: Session, *, stopped: bool) -> None:
        """A summary."""
        files = [self._picture(session)] if session.past else []
        self.post.say(words.end_card(session, stopped=stopped), files)

    def _picture(self, session: Session) -> Path:
        self._pictures += 1
        path = self.folder / f"shares{self._pictures}.png"
        draw(path, self.source, session)
        return path


@dataclass(slots=True)
class Terminal:
    """Prints cards, and the shares as a table."""

    console: Console

    def start(self, session: Session) -> None:
        """Nothing: the prompt has said it."""

    def window(self, session: Session, told: Told) -> None:
        """Alerts."""
        for surge in told.window.surges:
            self._card(words.surge_card(told, surge, session))
        if told.window.drift is not None:
            self._card(words.drift_card(told, told.window.drift, files=False))

    def shares(self, session: Session, *, first: bool) -> None:
        """The table."""
        last, usual = session.past[-1], session.watcher.usual()
        table = Table(title=words.shares_card(session).title, box=None, title_justify="left", pad_edge=False)
        for name in ("class", "over time", "last", "usually"):
            table.add_column(name, justify="right" if name in ("last", "usually") else "left")
        for name, share in sorted(usual.items(), key=lambda pair: -pair[1]):
            bars = words.bars([window.shares[name] for window in session.past])
            table.add_row(escape(name), bars, words.percent(last.shares[name]), words.percent(share))
        self.console.print(table)

    def end(self, session: Session, *, stopped: bool) -> None:
        """The table and a summary."""
        if session.past:
            self.shares(session, first=False)
        card = words.end_card(session, stopped=stopped)
        self.console.print(f"{card.title}. {card.text.partition(chr(10))[0]}")

    def _card(self, card: Card) -> None:
        body = "\n".join(part for part in (card.text, card.quote) if part)
        self.console.print(f"[bold]{escape(card.title)}[/]\n{escape(body)}\n")


class JsonLines:
    """One JSON object a window, and one at the end."""

    def start(self, session: Session) -> None:
        """Nothing: a reader wants windows."""

    def window(self, session: Session, told: Told) -> None:
        """The window's figures and alerts."""
        window = told.window
        surges = [{**_surge(surge), "examples": told.examples[surge.name]} for surge in window.surges]
        drift = {**_surge(window.drift), "examples": told.unsure} if window.drift else None
        facts = {"window": window.number, "texts": window.texts, "shares": window.shares, "unsure": window.unsure}
        typer.echo(json.dumps({**facts, "surges": surges, "drift": drift}, ensure_ascii=False))

    def shares(self, session: Session, *, first: bool) -> None:
        """Nothing: every window has told its shares."""

    def end(self, session: Session, *, stopped: bool) -> None:
        """The counts."""
        facts = {"end": True, "stopped": stopped, "texts": session.texts, "alerts": session.alerts}
        typer.echo(json.dumps({**facts, "windows": session.past[-1].number if session.past else 0}))


@dataclass(slots=True)
class Picture:
    """Keeps a PNG up to date."""

    path: Path
    source: str

    def start(self, session: Session) -> None:
        """Nothing to draw."""

    def window(self, session: Session, told: Told) -> None:
        """Drawn again at an alert."""
        if not told.window.quiet:
            draw(self.path, self.source, session)

    def shares(self, session: Session, *, first: bool) -> None:
        """Drawn again."""
        draw(self.path, self.source, session)

    def end(self, session: Session, *, stopped: bool) -> None:
        """Drawn for the last time."""
        if session.past:
            draw(self.path, self.source, session)


def draw(path: Path, source: str, session: Session) -> None:
    """The picture of all windows that are kept."""
    from gpu_jobs.watch import plot  # matplotlib takes half a second, and most watches draw late

    plot.draw(path, f"Class shares in {source}", list(session.past), session.watcher.usual())


def _surge(surge: Surge) -> dict[str, float | int | str]:
    return {**asdict(surge), "times": surge.times}
