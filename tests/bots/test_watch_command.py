"""`tapcrowd watch` as a user meets it, and what arrives in the chats.

Through the command: bots.watch_command, bots.watching, bots.watch_words, bots.watch_chat.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from watched import CLASSES, WINDOW, stream, write_model, write_stream

from bots import watch_words
from bots.cli import app
from bots.sandbox.slack import SlackSandbox
from bots.sandbox.telegram import TelegramSandbox
from bots.watch_chat import ChatPost
from core.errors import RetryAfter, Unavailable
from core.intake.items import read_items
from core.intake.jobfile import read_jobfile
from core.messages import Card
from gpu_jobs.watch.session import Told
from gpu_jobs.watch.watcher import Window

PNG = b"\x89PNG"
QUIET, LOUD = stream(20, 0.1), stream(5, 0.6, seed=1)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TAPCROWD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


def call(*words: str | Path, **variables: str) -> Result:
    environment = {"COLUMNS": "200", "TERM": "dumb", **variables}
    return CliRunner().invoke(app, ["watch", *map(str, words), "--window", str(WINDOW)], env=environment)


def told(model: Path, texts: list[str]) -> list[dict[str, Any]]:
    result = call(model, write_stream(Path("stream.csv"), texts), "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_planted_surge_is_told_with_examples(model: Path) -> None:
    *windows, end = told(model, QUIET + LOUD)
    surges = [(window["window"], surge) for window in windows for surge in window["surges"]]
    assert [(number in (21, 22), surge["name"]) for number, surge in surges] == [(True, "bad")], "once, within two"
    assert len(surges[0][1]["examples"]) == 3 and set(surges[0][1]["examples"]) <= set(LOUD), "texts of that window"
    assert end == {"end": True, "stopped": False, "texts": 1000, "alerts": 1, "windows": 25}, "and a summary"


def test_a_quiet_stream_raises_nothing(model: Path) -> None:
    *windows, end = told(model, stream(60, 0.1, seed=3))
    assert end["alerts"] == 0 and len(windows) == 60, "nothing happened"
    assert all(sum(window["shares"].values()) == pytest.approx(1) for window in windows), "every text has a class"


def test_drift_calls_for_labels_with_a_job_that_can_be_posted(model: Path, tmp_path: Path) -> None:
    windows = told(model, QUIET + stream(5, 0.1, seed=1, strange=True))
    drifts = [window["drift"] for window in windows[:-1] if window["drift"]]
    assert len(drifts) == 1 and drifts[0]["examples"][0].startswith("zq"), "the texts that nobody knows"
    spec = read_jobfile(watch_words.job_file(CLASSES), 0, name="job.yaml")
    assert [option.text for option in spec.options] == list(CLASSES) and spec.learn, "a whole job file"


def test_the_least_sure_texts_cannot_run_in_a_spreadsheet_and_are_read_back_as_they_were(tmp_path: Path) -> None:
    texts = ["=HYPERLINK(1)", "+1 for that", "-2 + 3", "@me", "'=quoted", '=a, "b"\nc', "'tis fine", "-5"]
    told = Told(Window(3, 8, {}, None, (), None), {}, texts)
    items, job = watch_words.write_job(tmp_path, told, CLASSES)
    with items.open(encoding="utf-8", newline="") as file:
        cells = [row["text"] for row in csv.DictReader(file)]
    assert not [cell for cell in cells if cell[0] in "=+@" or cell[:2] == "-2"], f"no cell is a formula: {cells}"
    spec = read_jobfile(job.read_text(encoding="utf-8"), 0, name=job.name)
    read = read_items(items.read_bytes(), items.name, spec)
    assert [item.columns["text"] for item in read] == texts, "/newjob shows workers the texts themselves"


def test_the_last_window_may_be_short(model: Path) -> None:
    *windows, end = told(model, QUIET[: WINDOW + 3])
    assert [window["texts"] for window in windows] == [WINDOW, 3] and end["texts"] == WINDOW + 3, "nothing is lost"


def test_the_terminal_shows_alerts_shares_and_a_summary(model: Path, tmp_path: Path) -> None:
    result = call(model, write_stream(Path("stream.csv"), QUIET + LOUD), "--plot", "shares.png")
    assert "Surge: bad" in result.stdout and "usually" in result.stdout, "the alert and the table"
    assert "Watch ended: the texts are at their end. 1,000 texts, 25 windows, 1 alert." in result.stdout, "the summary"
    assert (tmp_path / "shares.png").read_bytes().startswith(PNG), "the picture"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("none", "s.csv"), "none: there is no such model folder"),
        (("pairs", "s.csv"), "a model of the task 'pair'"),
        (("model", "none.csv"), "none.csv: there is no such file"),
        (("model", "s.csv", "--column", "body"), "no column 'body'; it has text"),
        (("model", "s.csv", "--to", "irc:#x"), "--to: 'irc:#x' is not a handle"),
        (("model", "s.csv", "--to", "slack:C1"), "[slack] bot_token is not set"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(words: tuple[str, ...], message: str) -> None:
    write_model(Path("model"))
    write_model(Path("pairs"), "pair")
    write_stream(Path("s.csv"), ["good"])
    result = call(*words)
    assert result.exit_code == 2 and message in result.stderr, f"it says {result.stderr!r}"
    assert result.stderr.count("\n") == 1, "one line says what is wrong"


def test_a_signal_ends_with_a_summary(model: Path, tmp_path: Path) -> None:
    path = write_stream(tmp_path / "stream.csv", QUIET)
    words = [
        sys.executable,
        "-m",
        "bots",
        "watch",
        str(model),
        str(path),
        "--follow",
        "--json",
        "--window",
        str(WINDOW),
    ]
    with subprocess.Popen(words, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "asked for"
        lines = [process.stdout.readline() for _ in range(20)]
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert len(lines) == 20 and process.returncode == 0, "a stop that was asked for is no failure"
    assert json.loads(rest)["stopped"] is True, "the summary says why"


async def test_telegram_gets_cards_and_pictures(model: Path, tmp_path: Path) -> None:
    path = write_stream(tmp_path / "stream.csv", QUIET + LOUD)
    async with TelegramSandbox(floods=False) as sandbox:
        sandbox.add_user(7, "Ann")
        await sandbox.press_start(7)
        known = len(sandbox.messages(7))
        url = f"http://127.0.0.1:{sandbox.port}"
        variables = {"TAPCROWD_TELEGRAM_TOKEN": sandbox.token, "TAPCROWD_TELEGRAM_BASE_URL": url}
        result = await asyncio.to_thread(call, model, path, "--to", "telegram:7", **variables)
        assert result.exit_code == 0, result.output
        start, *pictures = sandbox.messages(7)[known:]
        assert start["text"].startswith("Watching"), "the first words show that the chat can be reached"
        heads = [message["caption"].split("\n")[0] for message in pictures if message.get("photo")]
        wanted = ["⚠ Surge: bad", "Class shares, 512 texts in 12 windows", "Watch ended: the texts are at their end"]
        assert sorted(heads) == sorted(wanted), "an alert, the first shares and the end, each with its picture"
        assert sandbox.files[pictures[-1]["photo"][-1]["file_id"]].data.startswith(PNG), "a PNG"


async def test_slack_gets_cards_and_pictures(model: Path, tmp_path: Path) -> None:
    path = write_stream(tmp_path / "stream.csv", QUIET + stream(5, 0.1, seed=1, strange=True))
    async with SlackSandbox(floods=False) as sandbox:
        sandbox.add_user("U1", "Ann")
        sandbox.add_channel("C1", "jobs", ["U1"])
        variables = {"TAPCROWD_SLACK_BOT_TOKEN": sandbox.bot_token, "TAPCROWD_SLACK_BASE_URL": sandbox.base_url}
        result = await asyncio.to_thread(call, model, path, "--to", "slack:C1", **variables)
        assert result.exit_code == 0, result.output
        messages = sandbox.messages("C1")
        assert "Watching" in messages[0]["text"], "the first words show that the chat can be reached"
        drift = next(message for message in messages if "Drift: new labels are needed" in message["text"])
        names = [file["name"] for file in drift["files"]]
        assert names[0].endswith(".png") and names[1:] == ["unsure.csv", "job.yaml"], "picture, items and job file"
        assert "/newjob" in drift["text"], "what to do with them"


class Flaky:
    """A platform that fails at some calls."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures, self.heard = list(failures), list[str]()

    async def send(self, chat: str, card: Card) -> str:
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.heard.append(card.text)
        return "1"

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        return await self.send(chat, card)


def test_posts_wait_while_the_platform_is_away() -> None:
    speaker = Flaky(None, RetryAfter(3600), RetryAfter(0), None)
    with asyncio.Runner() as runner:
        post = ChatPost(runner, speaker, "7")
        for text in ("one", "two", "three"):
            post.say(Card(text=text))
    assert speaker.heard == ["one", "two", "three"], "what could not be said is said later, in its order"


def test_a_platform_that_is_never_reached_is_told() -> None:
    with asyncio.Runner() as runner, pytest.raises(RetryAfter):
        ChatPost(runner, Flaky(RetryAfter(3600)), "7").say(Card(text="one"))
    assert issubclass(RetryAfter, Exception) and issubclass(Unavailable, Exception), "both are told in one line"


@pytest.mark.parametrize(
    ("values", "shown"), [([], ""), ([0.0, 0.0], "▁▁"), ([0.0, 0.5, 1.0], "▁▅█"), ([0.1] * 40, "█" * watch_words.WIDTH)]
)
def test_bars_rise_to_the_highest_value(values: list[float], shown: str) -> None:
    assert watch_words.bars(values) == shown, "from nothing to the highest, the last ones only"
