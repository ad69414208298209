"""The cast of a replay: every worker of a folder of real answers as a chat user who gives their recorded answers."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from bots.demo.cast import BAD_NAME, BAD_WORKER, CONTROL_SHARE, Cast, Half, Player
from bots.sandbox.crowd import Person
from bots.sandbox.minds import Habits, Recorded, Spammer, Thought, key_of
from bots.sandbox.replay import BadRecording, Recording, on_telegram, read_recording
from core.intake.jobform import MAX_OPTIONS
from core.intake.rows import OURS
from core.service.views import item_text

PRICE, FEE = 0.02, 0.2
OVERLAP_MIN, OVERLAP_MAX, CONFIDENCE = 3, 10, 0.97
"""One setting for all data sets: four to seven answers per task, fewer where fewer were recorded."""
CELL = 3000  # characters of a cell that both platforms still show whole
MOST_HANDLES = 49  # of an item's 50, one is the bad worker's
SECONDS = (3.0, 6.0)
"""Simulated median thinking times, from the quickest to the slowest worker, where none were recorded ..."""
LONG_DAY, QUICKEST = 1500.0, 2.0
"""... but whoever answered hundreds of tasks was quick enough for this many seconds in all. A chat takes one call a
second (both platforms), and an answer needs two of them."""
PATIENCE = 12
"""Vain looks in a row before a recorded worker leaves for good: a task of theirs may be reopened late."""
JOB = """\
title: {title}
question: Which label fits?
instructions: A replay. Every worker gives the answer that a real worker gave to this item.
options: {options}
price: {price} USD
budget: {budget:.2f} USD
overlap: {{policy: dynamic, min: {least}, max: {most}, confidence: {confidence}}}
gold_share: {share}
deadline: 2 days
"""


def recorded_cast(folder: Path, seed: int) -> Cast:
    """The cast; BadRecording when the folder cannot be replayed."""
    recording = read_recording(folder)
    labels = recording.labels
    if not 2 <= len(labels) <= MAX_OPTIONS:
        raise BadRecording(f"{folder}: {len(labels)} different labels, a job has 2 to {MAX_OPTIONS}")
    rng = random.Random(seed)
    handles = _handles(list(recording.answers))
    columns = _distinct(recording.tasks)
    order = rng.sample(sorted(columns), len(columns))
    controls = set(order[: round(CONTROL_SHARE * len(order))])
    rng.shuffle(order)
    half = len(order) // 2
    parts = [_part(recording, columns, order[:half], controls), _part(recording, columns, order[half:], controls)]
    files = [_upload(rows, recording, handles) for rows in parts]
    name = folder.resolve().name
    return Cast(
        data=name,
        simulated=False,
        telegram=Half(files[0], _job(f"{name}, recorded answers, first half", recording, len(parts[0]))),
        slack=Half(files[1], _job(f"{name}, recorded answers, second half", recording, len(parts[1]))),
        truth={task: label for task, label in recording.gold.items() if task not in controls},
        players=tuple(_players(recording, columns, handles, rng)),
        classes=len(labels),
    )


def _handles(workers: Sequence[str]) -> dict[str, str]:
    """Half of the workers on each platform, always the same half."""
    return {
        worker: f"telegram:{2000 + number}" if on_telegram(worker) else f"slack:U{2000 + number}"
        for number, worker in enumerate(sorted(workers))
    }


def _distinct(tasks: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """What workers see of each task: no column of ours, nothing cut, and the id too where two cards are alike."""
    shown = {
        task: {name: text[:CELL] for name, text in columns.items() if name.casefold() not in OURS}
        for task, columns in tasks.items()
    }
    keys = {key_of(item_text(columns)) if any(columns.values()) else "" for columns in shown.values()}
    if len(keys) == len(shown) and "" not in keys:
        return shown
    return {task: {"item": task, **columns} for task, columns in shown.items()}


def _part(
    recording: Recording, columns: Mapping[str, Mapping[str, str]], tasks: Sequence[str], controls: set[str]
) -> list[dict[str, str]]:
    """Rows of an upload, without the people they are reserved for."""
    return [{"id": task, **columns[task], "gold": recording.gold[task] if task in controls else ""} for task in tasks]


def _upload(rows: list[dict[str, str]], recording: Recording, handles: Mapping[str, str]) -> bytes:
    """The items file: each task is for those who have a recorded answer, and for the bad worker."""
    fields = dict.fromkeys(["id", *(name for row in rows for name in row), "reserved_for"])
    file = io.StringIO()
    writer = csv.DictWriter(file, list(fields), restval="")
    writer.writeheader()
    for row in rows:
        able = [handles[worker] for worker in recording.workers_of(row["id"])[:MOST_HANDLES]]
        writer.writerow({**row, "reserved_for": " ".join([*able, BAD_WORKER])})
    return file.getvalue().encode()


def _job(title: str, recording: Recording, tasks: int) -> str:
    answers = sum(map(len, recording.answers.values())) / len(recording.tasks)
    most = max(1, min(OVERLAP_MAX, round(answers)))
    return JOB.format(
        title=json.dumps(title[:120], ensure_ascii=False),
        options=json.dumps(recording.labels, ensure_ascii=False),
        price=PRICE,
        budget=math.ceil(tasks * (most + 1) * PRICE * (1 + FEE) * (1 + CONTROL_SHARE)),
        least=min(OVERLAP_MIN, most),
        most=most,
        confidence=CONFIDENCE,
        share=CONTROL_SHARE,
    )


def _players(
    recording: Recording, columns: Mapping[str, dict[str, str]], handles: Mapping[str, str], rng: random.Random
) -> list[Player]:
    """The simulated bad worker first, then the recorded workers, the busiest before those who only looked in."""
    keys = {task: key_of(item_text(shown)) for task, shown in columns.items()}
    players = [Player(Person(BAD_NAME, Spammer(), Habits(seconds=SECONDS[0])), BAD_WORKER)]
    for worker, answers in sorted(recording.answers.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        mine: dict[str, Thought] = {keys[task]: said for task, said in answers.items() if task in keys}
        seconds = max(QUICKEST, min(rng.uniform(*SECONDS), LONG_DAY / len(answers)))
        habits = Habits(seconds=seconds, returns=PATIENCE)
        players.append(Player(Person(f"recorded {worker}", Recorded(mine), habits), handles[worker]))
    return players
