"""What requesters and the admin do in the demo, by the same commands, files and buttons that a person would use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bots.demo.cast import BAD_WORKER, Half
from bots.demo.stage import ADMIN, ADMIN_GROUP, CHANNEL, GROUP, SLACK_REQUESTER, TELEGRAM_REQUESTER, Stage
from bots.sandbox.seats import Seen, seen_on_slack, seen_on_telegram
from bots.slack.forms import INPUT_LENGTH
from core.errors import TapcrowdError
from core.intake.jobfile import read_jobfile
from core.model import MICRO

ANSWER_SECONDS = 30.0
"""Real seconds that a requester waits for the bot."""
READ_SECONDS = 6.0
"""Seconds of the clock to read a preview or an alert."""
FAILURES = ("could not use this upload", "could not be aggregated")
PUBLISH, RESTRICT, IGNORE = "Publish", "Restrict 1 day", "Ignore"
ALERT, DECIDED, BAD_CONTROLS = "⚠ Alert", "Alert, decided", "control tasks right"


class DemoFailed(TapcrowdError):
    """The demo did not go as planned."""


async def credit(stage: Stage, cast_jobs: dict[str, str]) -> None:
    """The admin books what both requesters have paid in: exactly the budgets, by handle of the requester."""
    for handle, job in cast_jobs.items():
        spec = read_jobfile(job, 0)
        amount = (spec.budget or 0) / MICRO
        await stage.telegram.say(ADMIN, f"/credit {handle} {amount:.2f} {spec.asset}", ADMIN_GROUP)
        booked = f"booked for {handle}"
        await stage.telegram.wait_for(ADMIN_GROUP, partial(_says, booked), ANSWER_SECONDS)


async def post_on_telegram(stage: Stage, half: Half) -> None:
    """Items with the caption /newjob, the job file as a second message (a caption is too short for it), Publish."""
    chat = stage.telegram
    await chat.upload(TELEGRAM_REQUESTER, "items.csv", half.items, caption="/newjob", chat_id=GROUP)
    _fine(await chat.wait_for(GROUP, _or_failure(partial(_says, "Got the items")), ANSWER_SECONDS))
    await chat.upload(TELEGRAM_REQUESTER, "job.yaml", half.job.encode(), caption="/newjob", chat_id=GROUP)
    preview = await chat.wait_for(
        GROUP, _or_failure(lambda message: PUBLISH in seen_on_telegram(message).buttons), ANSWER_SECONDS
    )
    _fine(preview)
    await stage.clock.sleep(READ_SECONDS)
    await chat.press(TELEGRAM_REQUESTER, preview, PUBLISH)
    await chat.wait_for(GROUP, partial(_says, " is open."), ANSWER_SECONDS)


async def post_on_slack(stage: Stage, half: Half) -> None:
    """The form behind /newjob with the items as a file and the job as text, then Publish."""
    chat = stage.slack
    await chat.command(SLACK_REQUESTER, "/newjob", "", CHANNEL)
    view = await chat.wait_view(SLACK_REQUESTER, timeout=ANSWER_SECONDS)
    files = {"items": [("items.csv", half.items)]}
    if len(half.job) > INPUT_LENGTH:
        files["job_file"] = [("job.yaml", half.job.encode())]
    values = {"job": half.job} if "job_file" not in files else {}
    ack = await chat.submit(SLACK_REQUESTER, view, values, files=files)
    if ack.payload and ack.payload.get("errors"):
        raise DemoFailed(f"the Slack form was refused: {ack.payload['errors']}")
    preview = await chat.wait_for(
        CHANNEL, _or_failure(lambda message: PUBLISH in seen_on_slack(message).buttons), ANSWER_SECONDS
    )
    _fine(preview)
    await stage.clock.sleep(READ_SECONDS)
    await chat.press(SLACK_REQUESTER, preview, PUBLISH)
    await chat.wait_for(CHANNEL, partial(_says, " is open."), ANSWER_SECONDS)


async def cancel(stage: Stage, job: int, *, on_telegram: bool) -> None:
    """The requester ends a job that nobody can go on with."""
    if on_telegram:
        await stage.telegram.say(TELEGRAM_REQUESTER, f"/canceljob #{job}", GROUP)
    else:
        await stage.slack.command(SLACK_REQUESTER, "/tapcrowd", f"canceljob #{job}", CHANNEL)


async def mind_alerts(stage: Stage) -> None:
    """The admin restricts the bad worker when the control tasks give them away, and lets all other alerts pass."""
    news: asyncio.Queue[Seen] = asyncio.Queue()

    def look(message: Any) -> None:
        seen = seen_on_telegram(message)
        if seen.text.startswith(ALERT) and IGNORE in seen.buttons:
            news.put_nowait(seen)

    end = stage.telegram.subscribe(ADMIN_GROUP, look)
    try:
        while True:
            alert = await news.get()
            await stage.clock.sleep(READ_SECONDS)
            guilty = BAD_WORKER in alert.text and BAD_CONTROLS in alert.text
            await stage.telegram.press(ADMIN, alert.raw, RESTRICT if guilty else IGNORE)
    finally:
        end()


@dataclass(frozen=True, slots=True)
class Posted:
    """What a job's result message brought: the summary and the files by name."""

    text: str
    files: dict[str, bytes]


async def results_on_telegram(stage: Stage, timeout: float) -> Posted:
    """Wait for the chart with its caption and the files after it, and download them."""
    chat = stage.telegram
    _fine(await chat.wait_for(GROUP, _or_failure(lambda message: _document(message).endswith(".jsonl")), timeout))
    files, text = {}, ""
    for message in chat.messages(GROUP):
        if "photo" in message and not text:
            text = _text(message)
            files["chart.png"] = chat.files[message["photo"][-1]["file_id"]].data
        elif _document(message).startswith("job-") and message["from"]["is_bot"]:
            files[_document(message)] = chat.files[message["document"]["file_id"]].data
    return Posted(text, files)


async def results_on_slack(stage: Stage, timeout: float) -> Posted:
    """Wait for the message that shares the files, and download them."""
    message = await stage.slack.wait_for(CHANNEL, _or_failure(lambda message: bool(message.get("files"))), timeout)
    _fine(message)
    stored = [stage.slack.files[info["id"]] for info in message["files"]]
    return Posted(_text(message), {str(file.info["name"]): file.data or b"" for file in stored})


def alerts_seen(stage: Stage) -> int:
    """How many alerts lie in the admin chat."""
    return sum(_text(message).startswith((ALERT, DECIDED)) for message in stage.telegram.messages(ADMIN_GROUP))


def _says(words: str, message: Any) -> bool:
    return words in _text(message)


def _text(message: Any) -> str:
    return str(message.get("text") or message.get("caption") or "")


def _or_failure(wanted: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """What is waited for, or word that it will not come."""
    return lambda message: wanted(message) or any(words in _text(message) for words in FAILURES)


def _fine(message: Any) -> None:
    """DemoFailed when the bot told of a failure instead."""
    text = _text(message)
    if any(words in text for words in FAILURES):
        raise DemoFailed(text)


def _document(message: Any) -> str:
    return str(message.get("document", {}).get("file_name", ""))
