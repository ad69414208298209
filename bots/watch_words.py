"""What a watch says: cards with shares over time, surges with example texts, drift with a job for new labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.intake.cells import guarded
from core.messages import Card

if TYPE_CHECKING:
    from gpu_jobs.watch.session import Session, Told
    from gpu_jobs.watch.surge import Surge

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 16  # windows in a row of bars
MOST_CLASSES = 10  # in one card; with the picture's 1,024 characters for a caption on Telegram in mind
MOST_LETTERS = 120  # of an example text
MOST_NAME = 30
JOB_FILE, ITEMS_FILE = "job.yaml", "unsure.csv"
WITH_FILES = (
    f"{ITEMS_FILE} holds the least sure ones. Post it with {JOB_FILE} and /newjob in the channel of your jobs; check "
    "question and price first. Its line `learn: true` lets the next model learn from the new labels."
)
WITHOUT_FILES = (
    "Post a job with such texts and the line `learn: true`. In a chat (--to) the alert brings the least sure texts and "
    "the job file; --json prints the texts."
)


def bars(values: Sequence[float]) -> str:
    """The last values as one row of bars, from nothing to the highest of them."""
    shown = values[-WIDTH:]
    top = max(shown, default=0.0)
    return "".join(BARS[min(7, int(8 * value / top))] if top else BARS[0] for value in shown)


def percent(share: float) -> str:
    """A share for people: 31 %, 2.5 %."""
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def shares(session: Session) -> str:
    """A line for each class, the largest first: its shares over time, the last one and the usual one."""
    last, usual = session.past[-1], session.watcher.usual()
    names = sorted(usual, key=lambda name: -max(last.shares[name], usual[name]))
    lines = [
        f"{bars([window.shares[name] for window in session.past])} {percent(last.shares[name])} "
        f"{cut(name, MOST_NAME)} (usually {percent(usual[name])})"
        for name in names[:MOST_CLASSES]
    ]
    if len(names) > MOST_CLASSES:
        lines.append(f"and {len(names) - MOST_CLASSES} other classes")
    unsure = [window.unsure for window in session.past if window.unsure is not None]
    if unsure:
        lines.append(f"{bars(unsure)} {percent(unsure[-1])} unsure")
    return "\n".join(lines)


def start_card(session: Session, source: str, model: str) -> Card:
    """The first words, which also show that the chat can be reached."""
    watcher = session.watcher
    text = (
        f"The model {model} judges the texts of {source}, {watcher.size} in a window. After {watcher.learn} windows it "
        f"is known what is usual; from then on surges and drift are told at once."
    )
    return Card(title="Watching", text=text)


def shares_card(session: Session) -> Card:
    """The shares as they stand."""
    return Card(
        title=f"Class shares, {session.texts:,} texts in {session.past[-1].number:,} windows", text=shares(session)
    )


def surge_card(told: Told, surge: Surge, session: Session) -> Card:
    """A class that surges: how much, against what, since when, with example texts."""
    windows = f"{surge.windows} windows" if surge.windows > 1 else "this window"
    text = (
        f"{percent(surge.share)} of the last {told.window.texts} texts, usually {percent(surge.usual)}: "
        f"{surge.times:.1f} times as many, building up since {windows}.\n\n{shares(session)}"
    )
    quote = "\n".join(f"• {cut(example, MOST_LETTERS)}" for example in told.examples[surge.name])
    return Card(title=f"⚠ Surge: {cut(surge.name, MOST_NAME)}", text=text, quote=quote)


def drift_card(told: Told, drift: Surge, *, files: bool) -> Card:
    """The model meets texts unlike those it learnt from; the `files` with this card make the job for new labels."""
    text = (
        f"The model is unsure of {percent(drift.share)} of the last {told.window.texts} texts, usually "
        f"{percent(drift.usual)}: they are unlike those it learnt from, and new labels are needed. "
    )
    text += WITH_FILES if files else WITHOUT_FILES
    quote = "\n".join(f"• {cut(example, MOST_LETTERS)}" for example in told.unsure[:3])
    return Card(title="⚠ Drift: new labels are needed", text=text, quote=quote)


def end_card(session: Session, *, stopped: bool) -> Card:
    """The last words."""
    how = "stopped" if stopped else "the texts are at their end"
    alerts = f"{session.alerts} alerts" if session.alerts != 1 else "1 alert"
    text = f"{session.texts:,} texts, {len(session.past):,} windows, {alerts}."
    return Card(title=f"Watch ended: {how}", text=f"{text}\n\n{shares(session)}" if session.past else text)


def job_file(classes: Sequence[str]) -> str:
    """A job file that asks for the class of a text."""
    options = "\n".join(f"  c{place}: {json.dumps(name, ensure_ascii=False)}" for place, name in enumerate(classes, 1))
    return (
        "title: Texts of which the model is unsure\nquestion: Which class does this text belong to?\n"
        f"options:\n{options}\nprice: 0.02 USD\noverlap: {{policy: dynamic, min: 2, max: 5, confidence: 0.9}}\n"
        "learn: true\n"
    )


def write_job(folder: Path, told: Told, classes: Sequence[str]) -> list[Path]:
    """Items and job file for new labels, as /newjob takes them."""
    items, job = folder / ITEMS_FILE, folder / JOB_FILE
    with items.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows((f"w{told.window.number}-{place}", guarded(text)) for place, text in enumerate(told.unsure, 1))
    job.write_text(job_file(classes), encoding="utf-8")
    return [items, job]


def cut(text: str, most: int) -> str:
    """The text on one line of at most that many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
