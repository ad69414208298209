"""The doctor names what is wrong and what to do, over the platforms' sandboxes and real files."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from builders import Town

from bots import doctor
from bots.findings import Finding, Level
from bots.probes import clock_finding, probe
from bots.sandbox.slack import SlackSandbox
from bots.sandbox.telegram import TelegramSandbox
from config.settings import Settings, load
from core.store.health import Health
from core.texts import Texts


class Platforms:
    """Both sandboxes, and settings that lead to them."""

    def __init__(self) -> None:
        self.telegram = TelegramSandbox()
        self.slack = SlackSandbox()

    def settings(self, **changes: str) -> Settings:
        environ = {
            "TELEGRAM_TOKEN": self.telegram.token,
            "TELEGRAM_BASE_URL": f"http://127.0.0.1:{self.telegram.port}",
            "SLACK_BOT_TOKEN": "xoxb-sandbox",
            "SLACK_APP_TOKEN": "xapp-sandbox",
            "SLACK_BASE_URL": self.slack.base_url,
            **changes,
        }
        return load("", {f"TAPCROWD_{name}": value for name, value in environ.items()})


@pytest.fixture
async def platforms() -> AsyncIterator[Platforms]:
    platforms = Platforms()
    async with platforms.telegram:
        await platforms.slack.start()
        yield platforms
        await platforms.slack.stop()


def find(findings: list[Finding], subject: str) -> Finding:
    return next(finding for finding in findings if finding.subject == subject)


async def test_good_tokens_are_told_with_their_owner(platforms: Platforms) -> None:
    findings = await probe(platforms.settings())
    assert {finding.level for finding in findings} == {Level.OK}, f"nothing is wrong here: {findings}"
    assert "@tapcrowd_bot" in find(findings, "telegram").text, "the bot is named, so that a mix-up is seen"
    assert find(findings, "slack events").text == "come by Socket Mode", "the app token was tried as well"


@pytest.mark.parametrize(
    ("change", "subject", "text"),
    [
        ({"TELEGRAM_TOKEN": "99:WRONG-TOKEN"}, "telegram", "refuses the token"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "slack", "invalid_auth"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "slack events", "refuses the app token"),
        ({"SLACK_APP_TOKEN": ""}, "slack events", "neither an app token nor a signing secret"),
        ({"TELEGRAM_WEBHOOK_URL": "https://bot.example.org/telegram"}, "telegram webhook", "no secret"),
        ({"TELEGRAM_BASE_URL": "http://127.0.0.1:9"}, "telegram", "cannot be reached"),
        ({"SLACK_BASE_URL": "http://127.0.0.1:9"}, "slack", "cannot be reached"),
    ],
)
async def test_a_wrong_setting_is_a_problem_with_a_remedy(
    platforms: Platforms, change: dict[str, str], subject: str, text: str
) -> None:
    finding = find(await probe(platforms.settings(**change)), subject)
    assert finding.level == Level.PROBLEM and text in finding.text, f"{change} must be found, not {finding}"
    assert finding.remedy, "a problem comes with what to do"
    assert not any(value and value in finding.text for name, value in change.items() if "TOKEN" in name), "no token"


async def test_no_token_is_a_problem_only_when_no_platform_has_one(platforms: Platforms) -> None:
    one = await probe(platforms.settings(SLACK_BOT_TOKEN=""))
    none = await probe(platforms.settings(SLACK_BOT_TOKEN="", TELEGRAM_TOKEN=""))
    assert find(one, "slack").level == Level.OK, "one platform is enough"
    assert find(none, "slack").level == find(none, "telegram").level == Level.PROBLEM, "without any there is no bot"
    assert "BotFather" in find(none, "telegram").remedy, "where a token comes from is told"


async def test_signed_http_is_said_to_be_unchecked(platforms: Platforms) -> None:
    settings = platforms.settings(SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET="sandbox-secret")
    assert "signed HTTP" in find(await probe(settings), "slack events").text, "Slack's way to us is told"


async def test_a_server_error_is_no_word_about_the_token(platforms: Platforms) -> None:
    platforms.telegram.faults.add("getMe", "server_error")
    finding = find(await probe(platforms.settings()), "telegram")
    assert "cannot be reached (HTTP 5" in finding.text, f"the token may be good: {finding}"


@pytest.mark.parametrize(
    ("skews", "level"),
    [([], "warning"), ([0.4, -1.0], "ok"), ([45.0], "warning"), ([2.0, -301.0], "problem"), ([400.0], "problem")],
)
def test_the_clock_is_judged_by_the_largest_difference(skews: list[float], level: str) -> None:
    assert clock_finding(skews).level == level, f"differences of {skews} seconds"


def test_missing_people_are_told() -> None:
    manual = doctor.people_findings(load("", {}))
    points = doctor.people_findings(load("[money]\nrail = 'points'", {}))
    assert find(manual, "admins").level == Level.PROBLEM, "without an admin no payment can be booked"
    assert find(points, "admins").level == Level.WARNING, "points need no admin"
    assert find(points, "admin chats").level == find(points, "contact").level == Level.WARNING, "alerts reach nobody"


def test_set_people_are_fine() -> None:
    text = "[people]\nadmins = ['telegram:1']\nadmin_chats = ['slack:C1']\ncontact = 'help@example.org'"
    levels = {finding.level for finding in doctor.people_findings(load(text, {}))}
    assert levels == {Level.OK}, "everybody who is needed is named"


def test_a_config_file_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "tapcrowd.toml"
    path.touch(0o644)
    assert doctor.config_findings(path)[0].remedy == f"run: chmod 600 {path}", "the remedy can be pasted"
    path.chmod(0o600)
    assert doctor.config_findings(path)[0].level == Level.OK, "a private file is fine"


def test_the_folder_may_not_exist_yet_but_must_be_possible(tmp_path: Path) -> None:
    assert "made at the first start" in doctor.folder_finding(tmp_path / "a/b").text, "the bot makes it"
    (tmp_path / "file").touch()
    assert doctor.folder_finding(tmp_path / "file" / "b").level == Level.PROBLEM, "a file cannot hold a folder"


async def test_a_database_in_use_is_sound(town: Town) -> None:
    finding = doctor.database_finding(town.database.path)
    assert finding.level == Level.OK and "open in process" in finding.text, f"the holder is told: {finding}"


@pytest.mark.parametrize(
    ("health", "level", "text"),
    [
        (Health(0, 1, ("row 3 is missing",), ""), "problem", "row 3 is missing"),
        (Health(9, 1, (), ""), "problem", "newer than this program"),
        (Health(1, 2, (), ""), "ok", "at the next start"),
    ],
)
def test_a_database_is_judged_by_its_health(health: Health, level: str, text: str) -> None:
    finding = doctor.health_finding(Path("x.db"), health)
    assert (finding.level, text in finding.text) == (level, True), f"{health} gives {finding}"


def test_an_old_sqlite_is_explained_and_no_problem() -> None:
    assert "one" in doctor.sqlite_finding((3, 40, 1)).text and doctor.sqlite_finding((3, 40, 1)).level == Level.OK, (
        "the WAL-reset bug needs two writers"
    )
    assert doctor.sqlite_finding((3, 51, 3)).text == "3.51.3", "a mended library needs no word"


async def test_torch_is_asked_in_another_process() -> None:
    before = "torch" in sys.modules  # a test that ran before may have imported it
    finding = await doctor.torch_finding()
    assert finding.level == Level.OK and "batch runs use" in finding.text, f"version and device are told: {finding}"
    assert ("torch" in sys.modules) == before, "asking does not import it here"


async def test_missing_torch_is_a_problem(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho \"ModuleNotFoundError: No module named 'torch'\" >&2\nexit 1\n")
    python.chmod(0o755)
    finding = await doctor.torch_finding(str(python))
    assert finding.level == Level.PROBLEM and "No module named" in finding.text, f"the reason is passed on: {finding}"


def test_a_language_with_gaps_is_a_warning() -> None:
    texts = Texts({"en": {"task.gone": "gone", "admin.only": "no"}, "xx": {}})
    finding = doctor.locales_finding(texts)
    assert (finding.level, "xx lacks 1 texts (task.gone" in finding.text) == (Level.WARNING, True), f"{finding}"


async def test_a_whole_diagnosis_covers_every_matter(platforms: Platforms, tmp_path: Path) -> None:
    findings = await doctor.diagnose(platforms.settings(STORE_FOLDER=str(tmp_path)), None, tmp_path / "x.db")
    wanted = {"settings", "telegram", "slack", "clock", "admins", "data folder", "database", "sqlite", "torch"}
    assert wanted <= {finding.subject for finding in findings}, f"something was not looked at: {findings}"
