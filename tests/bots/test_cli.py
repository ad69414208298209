"""The command line: what a stranger types, what they read, and the exit code.

Through the command: bots.__main__, bots.cli, bots.setup and bots.serving.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from builders import make_items, open_town
from typer.testing import CliRunner, Result

from bots.cli import app
from bots.sandbox.telegram import TelegramSandbox
from config.settings import load

COMMANDS = ("init", "doctor", "run", "verify", "demo")
SECRET = "1234567:AAsecretsecretsecret"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("TAPCROWD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = call(command, "--help")
    assert result.exit_code == 0 and len(result.stdout.split()) > 30, f"{command} --help is for a stranger"


def test_without_a_command_all_are_listed() -> None:
    listed = call().output
    assert all(command in listed for command in COMMANDS), "whoever types tapcrowd alone sees what there is"


# ---- init ---------------------------------------------------------------------------------------------------------


def test_init_writes_a_private_config_that_loads() -> None:
    result = call("init")
    path = Path("tapcrowd.toml")
    assert path.stat().st_mode & 0o777 == 0o600, "the file will hold tokens"
    assert load(path.read_text(encoding="utf-8"), {}) == load("", {}), "as shipped it says what the defaults say"
    assert "BotFather" in result.stdout and "From a manifest" in result.stdout, "the way to both tokens is told"
    assert Path("slack_manifest.yaml").read_text(encoding="utf-8").startswith("# The Slack app"), "ready to paste"


def test_init_never_overwrites_unless_forced() -> None:
    Path("tapcrowd.toml").write_text("[slack]\n", encoding="utf-8")
    refused = call("init")
    assert (refused.exit_code, Path("tapcrowd.toml").read_text(encoding="utf-8")) == (2, "[slack]\n"), "kept as it was"
    assert "--force" in refused.stderr, "the way around is named"
    assert call("init", "--force").exit_code == 0, "with --force it is replaced"
    assert "[telegram]" in Path("tapcrowd.toml").read_text(encoding="utf-8"), "by the shipped one"


def test_init_where_nothing_can_be_written_says_so() -> None:
    Path("file").touch()
    result = call("init", "--config", "file/tapcrowd.toml")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), "one line instead of a traceback"


# ---- settings that cannot be used ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "doctor", "verify"])
@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[telegram", "not TOML"),
        (f"[telegram]\ntoken = 3\n[slack]\nbot_token = '{SECRET}'\nhue = 1", "slack.hue"),
        ("[people]\nadmins = ['bob']", "not a handle"),
        (b"\xff\xfe", "not UTF-8"),
        (None, "`tapcrowd init` writes one"),
    ],
)
def test_a_bad_config_file_is_one_line(command: str, text: str | bytes | None, part: str) -> None:
    if text is not None:
        Path("my.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    result = call(command, "--config", "my.toml")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), f"one line, not {result.stderr}"
    assert part in result.stderr and SECRET not in result.stderr, "it names the fault and no secret"


def test_run_without_any_token_tells_what_to_do() -> None:
    result = call("run")
    assert (result.exit_code, "tapcrowd init" in result.stderr) == (2, True), "a newcomer is led to init"


# ---- verify -------------------------------------------------------------------------------------------------------


async def make_books(folder: Path) -> None:
    town = await open_town(folder)
    await town.publish(make_items(2))
    await town.database.close()
    (folder / "town.db").rename(folder / "tapcrowd.db")


def test_verify_finds_sound_books_sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asyncio.run(make_books(tmp_path))
    monkeypatch.setenv("TAPCROWD_STORE_FOLDER", str(tmp_path))
    assert call("verify").exit_code == 0, "nothing is wrong"
    assert json.loads(call("verify", "--json").stdout) == {"ok": True, "problems": []}, "the same for machines"


def test_verify_tells_every_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asyncio.run(make_books(tmp_path))
    with sqlite3.connect(tmp_path / "tapcrowd.db") as connection:
        connection.execute("UPDATE account SET balance = balance + 1 WHERE code LIKE 'job:%'")
        connection.execute("UPDATE task SET active = 1 WHERE id = 2")
    monkeypatch.setenv("TAPCROWD_STORE_FOLDER", str(tmp_path))
    result = call("verify")
    assert result.exit_code == 1, "a script sees that something is wrong"
    assert "balance is" in result.stdout and "task 2: active is 1" in result.stdout, "both problems are told"


def test_verify_without_a_database_says_where_it_looked() -> None:
    result = call("verify")
    assert (result.exit_code, "var/tapcrowd.db" in result.stderr) == (2, True), "the path is named"


# ---- doctor -------------------------------------------------------------------------------------------------------


def test_doctor_tells_problems_with_remedies_for_people_and_machines() -> None:
    shown, told = call("doctor"), json.loads(call("doctor", "--json").stdout)
    assert shown.exit_code == 1 and "BotFather" in shown.stdout, "no token is a problem, with the way to one"
    assert told["ok"] is False, "the same for machines"
    assert set(told["findings"][0]) == {"subject", "level", "text", "remedy"}, "each finding is whole"


# ---- run ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox() as sandbox:
        yield sandbox


def environ(sandbox: TelegramSandbox, **more: str) -> dict[str, str]:
    base = f"http://127.0.0.1:{sandbox.port}"
    own = {"TAPCROWD_TELEGRAM_TOKEN": sandbox.token, "TAPCROWD_TELEGRAM_BASE_URL": base}
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **own, **more}


async def start(env: dict[str, str], *words: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "bots", "run", *words)
    return await asyncio.create_subprocess_exec(*command, env=env, stderr=asyncio.subprocess.PIPE)


async def read_until(process: asyncio.subprocess.Process, part: str) -> str:
    assert process.stderr is not None, "stderr is a pipe"
    heard = ""
    while part not in heard:
        line = await asyncio.wait_for(process.stderr.readline(), 30)
        assert line, f"the process ended before it said {part!r}: {heard}"
        heard += line.decode()
    return heard


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_run_serves_until_a_signal_and_stops_cleanly(telegram: TelegramSandbox, number: signal.Signals) -> None:
    process = await start(environ(telegram))
    heard = await read_until(process, "tapcrowd is up")
    process.send_signal(number)
    heard += await read_until(process, "stopped")
    assert await asyncio.wait_for(process.wait(), 10) == 0, f"a wanted stop is no failure: {heard}"
    assert telegram.token not in heard, "no log line holds the token"


async def test_a_second_run_on_the_same_data_is_refused(telegram: TelegramSandbox) -> None:
    first = await start(environ(telegram))
    await read_until(first, "tapcrowd is up")
    second = await start(environ(telegram))
    _, said = await second.communicate()
    first.terminate()
    await first.communicate()
    assert (second.returncode, len(said.decode().splitlines())) == (2, 1), f"one clear line, not {said.decode()}"
    assert "stop the other tapcrowd first" in said.decode(), "with what to do"


async def test_a_wrong_token_is_one_line_without_the_token(telegram: TelegramSandbox) -> None:
    process = await start(environ(telegram, TAPCROWD_TELEGRAM_TOKEN=SECRET))
    _, said = await process.communicate()
    assert process.returncode == 2 and "token" in said.decode(), f"the token is the matter: {said.decode()}"
    assert SECRET not in said.decode() and "Traceback" not in said.decode(), "neither the token nor a traceback"


async def test_logs_can_be_json(telegram: TelegramSandbox) -> None:
    process = await start(environ(telegram), "--log-format", "json")
    heard = await read_until(process, "tapcrowd is up")
    process.terminate()
    await process.communicate()
    lines = [json.loads(line) for line in heard.splitlines()]
    assert {"at", "level", "logger", "message"} <= set(lines[-1]), "every line is an object"
