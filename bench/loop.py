"""The learning loop against none: the same job, texts and simulated crowd in the Telegram sandbox, twice.

    python -m bench.loop FOLDER [--items 1000] [--speed 6] [--seed 1] [--out DIR]

FOLDER holds items.csv and gold.csv (task, label) with real texts. A crowd of simulated people answers them in the chat;
overlap is dynamic (1 to 5 answers, until 95 % sure). One run with `learn: true`: every few minutes the labels are
aggregated and audited, and what the items' text says becomes the prior under which the next answers are judged. The
other run without. Prints answers per task, accuracy of the final labels, and what the loop saved; the charts of the run
lie in --out as they were posted in the chats. Bar: at least 30 % fewer answers at the same accuracy.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import html
import io
import json
import math
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from bots.demo import script
from bots.demo.cast import Cast, Half, Player
from bots.demo.facts import facts_of_job
from bots.demo.script import Posted
from bots.demo.stage import ADMIN_GROUP, GROUP, TELEGRAM_REQUESTER, Stage
from bots.sandbox.crowd import Crowd, Person
from bots.sandbox.minds import Habits, Skilled, Truth, key_of
from bots.sandbox.seats import TelegramSeat
from config.settings import Settings
from core.service.views import item_text

PEOPLE = 30
SKILLS = (0.45, 0.85)  # of two classes: right in 72 to 92 per cent
CONTROL_SHARE = 0.1
PRICE, FEE = 0.01, 0.2
SCHEDULE = {"tick": 10.0, "refit": 60.0, "beliefs": 30.0}
LIMIT_SECONDS = 1500.0
AUDIT_SECONDS = 300
JOB = """\
title: {title}
question: Which label fits?
options: {options}
price: {price} USD
budget: {budget:.2f} USD
overlap: {{policy: dynamic, min: 1, max: 5, confidence: 0.95}}
gold_share: {share}
deadline: 2 days
learn: {learn}
"""


def read(folder: Path, count: int, seed: int) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Items with different texts, and their labels."""
    gold = {row["task"]: row["label"] for row in _rows(folder / "gold.csv")}
    rows, seen = [], set()
    for row in _rows(folder / "items.csv"):
        shown = {name: html.unescape(text) for name, text in row.items() if name != "task"}
        key = key_of(item_text(shown))
        if row["task"] in gold and key and key not in seen:
            seen.add(key)
            rows.append({"id": row["task"], **shown})
    random.Random(seed).shuffle(rows)
    return rows[:count], gold


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: text or "" for name, text in row.items()} for row in csv.DictReader(file)]


def cast_of(rows: list[dict[str, str]], gold: dict[str, str], *, learn: bool, seed: int) -> Cast:
    """One job and a crowd; control tasks carry their label into the upload."""
    labels = sorted(set(gold.values()))
    controls = {row["id"] for row in rows[: round(CONTROL_SHARE * len(rows))]}
    file = io.StringIO()
    writer = csv.DictWriter(file, [*rows[0], "gold"])
    writer.writeheader()
    writer.writerows({**row, "gold": gold[row["id"]] if row["id"] in controls else ""} for row in rows)
    job = JOB.format(
        title="Learning loop" if learn else "No loop",
        options=json.dumps(labels),
        price=PRICE,
        budget=math.ceil(len(rows) * 7 * PRICE * (1 + FEE)),
        share=CONTROL_SHARE,
        learn=str(learn).lower(),
    )
    rng = random.Random(seed)
    truths = {key_of(item_text(_shown(row))): Truth(gold[row["id"]]) for row in rows}
    minds = [Skilled(truths, rng.uniform(*SKILLS)) for _ in range(PEOPLE)]
    people = [
        Player(Person(f"simulated {n}", mind, Habits(seconds=6.0)), f"telegram:{2000 + n}")
        for n, mind in enumerate(minds)
    ]
    truth = {row["id"]: gold[row["id"]] for row in rows if row["id"] not in controls}
    half = Half(file.getvalue().encode(), job)
    return Cast("loop", True, half, half, truth, tuple(people), len(labels))


def _shown(row: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in row.items() if name != "id"}


class Loop(Stage):
    """The demo's stage with a schedule that a benchmark can wait for."""

    def settings(self) -> Settings:
        """As on the stage, but aggregate and refit often."""
        settings = super().settings()
        return settings.model_copy(update={"schedule": {**settings.schedule, **SCHEDULE}})


async def play(cast: Cast, folder: Path, speed: float, seed: int) -> tuple[Posted, dict[str, bytes]]:
    """Post the job, let the crowd work, wait for the results; and every picture that was posted."""
    async with Loop(folder, speed, cast.classes) as stage:
        crowd = Crowd(stage.clock, seed=seed)
        for person, handle in cast.players:
            user = int(handle.partition(":")[2])
            stage.telegram.add_user(user, person.name)
            stage.telegram.join(GROUP, user)
            crowd.add(person, TelegramSeat(stage.telegram, user, GROUP))
        await stage.telegram.press_start(TELEGRAM_REQUESTER)  # whose private chat gets the audits
        await script.credit(stage, {f"telegram:{TELEGRAM_REQUESTER}": cast.telegram.job})
        await script.post_on_telegram(stage, cast.telegram)
        people = asyncio.create_task(crowd.run())
        try:
            posted = await script.results_on_telegram(stage, LIMIT_SECONDS)
            await asyncio.wait_for(stage.service.outbox.drained(), 30)
            if "learn: true" in cast.telegram.job:
                await _audit_posted(stage)
        finally:
            people.cancel()
            await asyncio.gather(people, return_exceptions=True)
        return posted, pictures(stage)


async def _audit_posted(stage: Stage) -> None:
    """The final audit's picture comes after the results, to the requester alone: it names suspected labels."""
    await stage.telegram.wait_for(
        TELEGRAM_REQUESTER, lambda message: "Audit of job" in str(message.get("caption")), AUDIT_SECONDS
    )


def pictures(stage: Stage) -> dict[str, bytes]:
    """Photos by the chat that they were posted in and their order."""
    found = {}
    for name, chat in (("group", GROUP), ("requester", TELEGRAM_REQUESTER), ("admins", ADMIN_GROUP)):
        photos = [message["photo"][-1]["file_id"] for message in stage.telegram.messages(chat) if "photo" in message]
        found |= {f"{name}-{n}.png": stage.telegram.files[photo].data for n, photo in enumerate(photos, 1)}
    return found


def run(folder: Path, items: int, speed: float, seed: int, out: Path, *, learn: bool) -> dict[str, Any]:
    """One run's figures."""
    rows, gold = read(folder, items, seed)
    cast = cast_of(rows, gold, learn=learn, seed=seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tapcrowd-loop-") as place:
        posted, charts = asyncio.run(play(cast, Path(place), speed, seed))
        csv_file = next(data for name, data in posted.files.items() if name.endswith(".csv"))
        facts = facts_of_job(Path(place) / "tapcrowd.db", 1, csv_file, cast.truth)
    out.mkdir(parents=True, exist_ok=True)
    for name, data in charts.items():
        (out / f"{'loop' if learn else 'plain'}-{name}").write_bytes(data)
    return {"loop": learn, **facts, "charts": len(charts), "seconds": round(time.monotonic() - began)}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--speed", type=float, default=6.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("var/loop"))
    given = parser.parse_args()
    found = []
    for learn in (False, True):
        found.append(run(given.folder, given.items, given.speed, given.seed, given.out, learn=learn))
        print(json.dumps(found[-1]), flush=True)
    plain, loop = found
    saved = 1 - (loop["answers"] + loop["control_answers"]) / (plain["answers"] + plain["control_answers"])
    gained = loop["accuracy"] - plain["accuracy"]
    print(f"the loop bought {saved:.1%} fewer answers (control answers among them), accuracy {gained:+.4f}")


if __name__ == "__main__":
    main()
