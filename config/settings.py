"""Every setting as one frozen value: default.toml, the operator's file, then TAPCROWD_<SECTION>_<FIELD> variables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from core.errors import SettingsError
from core.model import Handle, Place, parse_handle

PREFIX = "TAPCROWD_"


class Section(BaseModel):
    """A frozen table of the settings; unknown fields are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TelegramSettings(Section):
    """How to reach Telegram; off without a token. A webhook is used when webhook_url is set, else long polling."""

    token: SecretStr = SecretStr("")
    base_url: str = "https://api.telegram.org"
    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    poll_seconds: int = Field(default=30, ge=0, le=50)


class SlackSettings(Section):
    """How to reach Slack; off without a bot token. Socket Mode with an app token, else signed HTTP."""

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    base_url: str = "https://slack.com/api/"


class HttpSettings(Section):
    """Where webhooks and signed events come in; put a TLS proxy in front."""

    host: str = "127.0.0.1"
    port: int = Field(default=8443, ge=0, le=65535)


class StoreSettings(Section):
    """The data folder: database, secret key, batch runs and result files."""

    folder: Path = Path("var")


class PeopleSettings(Section):
    """Who decides: admins as telegram:ID or slack:ID, the chats that get alerts, and whom workers can write to."""

    admins: tuple[str, ...] = ()
    admin_chats: tuple[str, ...] = ()
    contact: str = ""
    agreement_version: int = Field(default=1, ge=1)

    @field_validator("admins", "admin_chats")
    @classmethod
    def _handles(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            parse_handle(value)
        return values

    def handles(self) -> frozenset[Handle]:
        """The admins."""
        return frozenset(parse_handle(text) for text in self.admins)

    def places(self) -> tuple[Place, ...]:
        """The chats that get alerts."""
        return tuple(Place(*parse_handle(text)) for text in self.admin_chats)


class MoneySettings(Section):
    """The platform's fee on top of pay, and how requesters pay in: "manual" (an admin's /credit) or "points"."""

    fee_percent: float = Field(default=20.0, ge=0, le=100)
    rail: str = Field(default="manual", pattern="^(manual|points)$")


class QualitySettings(Section):
    """Thresholds of the built-in quality rules; see core.quality.Rules."""

    control_min: int = Field(default=5, ge=1)
    control_accuracy: float = Field(default=0.65, gt=0, lt=1)
    fast_min: int = Field(default=10, ge=1)
    fast_share: float = Field(default=0.5, gt=0, le=1)
    fast_factor: float = Field(default=0.2, ge=0, lt=1)
    skip_min: int = Field(default=10, ge=1)
    skip_share: float = Field(default=0.5, gt=0, le=1)
    skips_in_row: int = Field(default=8, ge=2)
    stalled_minutes: float = Field(default=30, gt=0)
    budget_low: float = Field(default=0.1, ge=0, lt=1)
    undo_seconds: float = Field(default=60, ge=0)
    undo_answers: int = Field(default=3, ge=0)


class BatchSettings(Section):
    """Limits of a batch run's subprocess."""

    threads: int = Field(default=2, ge=1)
    wall_seconds: float = Field(default=3600, gt=0)
    heartbeat_seconds: float = Field(default=60, gt=0)


class Settings(Section):
    """The whole tree."""

    telegram: TelegramSettings = TelegramSettings()
    slack: SlackSettings = SlackSettings()
    http: HttpSettings = HttpSettings()
    store: StoreSettings = StoreSettings()
    people: PeopleSettings = PeopleSettings()
    money: MoneySettings = MoneySettings()
    quality: QualitySettings = QualitySettings()
    batch: BatchSettings = BatchSettings()
    schedule: dict[str, float] = Field(default_factory=dict)
    """Seconds between runs of each scheduled job; 0 switches one off."""


def load(text: str, environ: Mapping[str, str]) -> Settings:
    """Settings from a config file's text and an environment. SettingsError names every field that is wrong."""
    tree = tomllib.loads(resources.files("config").joinpath("default.toml").read_text(encoding="utf-8"))
    try:
        _merge(tree, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the config file is not TOML: {error}") from None
    _merge(tree, _from_environment(environ))
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        faults = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
        raise SettingsError("; ".join(faults)) from None


def load_file(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Settings from a file (None: only defaults and environment)."""
    return load(path.read_text(encoding="utf-8") if path else "", environ)


def _merge(tree: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            _merge(tree[key], value)
        else:
            tree[key] = value


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """TAPCROWD_SLACK_BASE_URL=x becomes {"slack": {"base_url": "x"}}; lists are separated by spaces or commas."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX):
            continue
        section, _, field = name.removeprefix(PREFIX).lower().partition("_")
        annotation = Settings.model_fields.get(section)
        if annotation is None or not field:
            continue
        many = section == "people" and field in ("admins", "admin_chats")
        found.setdefault(section, {})[field] = tuple(value.replace(",", " ").split()) if many else value
    return found
