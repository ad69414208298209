"""Settings: layers in order, faults by name, and an example file that stays true."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from config.settings import Settings, load, load_file
from core.errors import SettingsError
from core.model import Handle, Place

EXAMPLE = resources.files("config").joinpath("example.toml").read_text(encoding="utf-8")


def test_defaults_file_environment_in_this_order() -> None:
    file = "[telegram]\npoll_seconds = 10\n[schedule]\ntick = 1"
    settings = load(file, {"TAPCROWD_TELEGRAM_POLL_SECONDS": "20"})
    assert settings.telegram.poll_seconds == 20, "the environment wins over the file"
    assert (settings.schedule["tick"], settings.schedule["refit"]) == (1, 600), "the file wins over the defaults"


def test_lists_come_from_the_environment_by_spaces_or_commas() -> None:
    settings = load("", {"TAPCROWD_PEOPLE_ADMINS": "telegram:1 slack:U2,telegram:3"})
    wanted = {Handle("telegram", "1"), Handle("slack", "U2"), Handle("telegram", "3")}
    assert settings.people.handles() == wanted, "three admins were named"


def test_admin_chats_are_places() -> None:
    settings = load("[people]\nadmin_chats = ['telegram:-100']", {})
    assert settings.people.places() == (Place("telegram", "-100"),), "an alert can be sent there"


def test_other_variables_are_none_of_our_business() -> None:
    environ = {"HOME": "/", "TAPCROWD_CONFIG": "x", "TAPCROWD_": "y", "TAPCROWD_STORE": "z"}
    assert load("", environ) == load("", {}), "only TAPCROWD_<section>_<field> is a setting"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[telegram]\ntokn = 'x'", "telegram.tokn"),
        ("[http]\nport = 70000", "http.port"),
        ("[people]\nadmins = ['1001']", "people.admins"),
        ("[money]\nrail = 'gold'", "money.rail"),
        ("[telegram", "not TOML"),
    ],
)
def test_a_fault_is_named_by_its_field(text: str, part: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(part)):
        load(text, {})


def test_every_fault_is_told_at_once_and_no_value_is_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load("[slack]\nbot_token = ['xoxb-secret']\n[http]\nport = -1", {})
    told = str(caught.value)
    assert "slack.bot_token" in told and "http.port" in told, "both faults are told"
    assert "xoxb-secret" not in told, "a value may be a token"


def test_secrets_do_not_show_when_printed() -> None:
    settings = load("[slack]\nbot_token = 'xoxb-secret'", {})
    assert "xoxb-secret" not in repr(settings) + str(settings), "settings may end up in a log"


def test_load_file_reads_a_file_or_none(tmp_path: Path) -> None:
    path = tmp_path / "tapcrowd.toml"
    path.write_text("[store]\nfolder = 'elsewhere'", encoding="utf-8")
    assert load_file(path, {}).store.folder == Path("elsewhere"), "the file is read"
    assert load_file(None, {}) == load("", {}), "without one the defaults hold"


def uncommented(text: str) -> str:
    """With every default shown; what follows the rules' heading are examples of other values."""
    return re.sub(r"^# (\w+ = )", r"\1", text.partition("# Quality rules:")[0], flags=re.MULTILINE)


def test_the_example_shows_every_setting_with_its_default() -> None:
    shown = tomllib.loads(uncommented(EXAMPLE))
    assert load(uncommented(EXAMPLE), {}) == load("", {}), "what the example shows is what holds without it"
    for name, section in Settings().model_dump().items():
        missing = set(section) - set(shown[name]) if name not in ("schedule", "rules") else set()
        assert not missing, f"the example lacks {missing} in [{name}]"


def test_quiet_hours_and_digest_are_read_in_their_time_zone() -> None:
    environ = {"TAPCROWD_ALERTS_URGENT": "stalled, burst"}
    alerts = load('[alerts]\nquiet = "22:00-07:00"\nzone = "Europe/Berlin"\ndigest = "0"', environ).alerts
    hours = alerts.hours()
    assert hours is not None and str(hours.zone) == "Europe/Berlin", "the hours are those of the operator's clock"
    assert alerts.weekly() is None and alerts.urgent == ("stalled", "burst"), "0 is never; lists come as variables too"


@pytest.mark.parametrize("line", ['quiet = "at night"', 'digest = "sometimes"', 'zone = "Mars/Olympus"'])
def test_hours_that_cannot_be_read_are_told(line: str) -> None:
    with pytest.raises(SettingsError, match=f"alerts.{line.partition(' ')[0]}"):
        load(f"[alerts]\n{line}", {})
