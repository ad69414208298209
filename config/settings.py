"""Every setting as one frozen value: default.toml, the operator's file, then TAPCROWD_<SECTION>_<FIELD> variables."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from importlib import resources
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from core.detection import Levels
from core.errors import SettingsError
from core.hours import Quiet, Weekly, parse_quiet, parse_weekly
from core.intake.ruleform import RuleForm, rules_of
from core.invitations import InviteRules
from core.model import Handle, Place, parse_handle
from core.rules.values import Rule

PREFIX = "TAPCROWD_"
MANY = {("people", "admins"), ("people", "admin_chats"), ("alerts", "urgent")}
"""Fields that hold lists."""

WHOLE = ("action",)
"""Tables that are replaced as a whole: a rule's alert becomes a restriction without a trace of the alert."""


class Section(BaseModel):
    """A frozen table of the settings; unknown fields are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def time_zone(name: str) -> tzinfo:
    """The time zone of that name, such as Europe/Berlin; ValueError when there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone such as UTC or Europe/Berlin") from error


def _read_by(parse: Callable[[str], object]) -> AfterValidator:
    """Keeps a text as it is, once `parse` has understood it."""

    def check(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(check)


Zone = Annotated[str, _read_by(time_zone)]
QuietHours = Annotated[str, _read_by(parse_quiet)]
WeeklyHour = Annotated[str, _read_by(parse_weekly)]


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
    agreement_version: int = Field(default=2, ge=1)

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
    """What rules.toml does not hold: when an answer is fast, when a job stalls, how long undo works."""

    fast_factor: float = Field(default=0.2, ge=0, lt=1)
    stalled_minutes: float = Field(default=30, gt=0)
    budget_low: float = Field(default=0.1, ge=0, lt=1)
    chance_error: float = Field(default=0.005, ge=0, le=0.1)
    chance_run: float = Field(default=10_000, ge=100)
    undo_seconds: float = Field(default=60, ge=0)
    undo_answers: int = Field(default=3, ge=0)


class WorkSettings(Section):
    """For everybody's sake: tasks a day, minutes to a pause advised, days until an exam is asked again; 0: off."""

    day_tasks: int = Field(default=600, ge=0)
    pause_minutes: int = Field(default=90, ge=0)
    retest_days: int = Field(default=60, ge=0)


class InvitationSettings(Section):
    """When workers who asked for it are called: a job's wait, calls a day, share to new ones, hours without calls."""

    wait_minutes: float = Field(default=20, gt=0)
    per_day: int = Field(default=3, ge=0)
    explore: float = Field(default=0.1, ge=0, le=1)
    quiet: QuietHours = "21:00-08:00"
    zone: Zone = "UTC"

    def rules(self) -> InviteRules:
        """As the core wants them."""
        quiet = parse_quiet(self.quiet, time_zone(self.zone))
        return InviteRules(round(self.wait_minutes * 60_000), self.per_day, self.explore, quiet)


class ControlSettings(Section):
    """How far a control task is used before it retires, and how sure a leak must be; see core.controls.ControlRules."""

    retire_views: int = Field(default=400, ge=1)
    max_share: float = Field(default=0.6, gt=0, le=1)
    few_views: int = Field(default=20, ge=1)
    leak_views: int = Field(default=12, ge=5)
    leak_p: float = Field(default=0.01, gt=0, lt=0.5)


class AlertSettings(Section):
    """When admins are alerted: quiet hours and the weekly digest in a time zone, and how sure detection must be."""

    quiet: QuietHours = ""
    zone: Zone = "UTC"
    urgent: tuple[str, ...] = ("batch", "poison", "schedule")
    digest: WeeklyHour = "mon 09:00"
    worker_level: float = Field(default=1e-3, gt=0, lt=0.5)
    pair_rate: float = Field(default=0.01, gt=0, lt=0.5)
    burst_level: float = Field(default=1e-3, gt=0, lt=0.5)

    def hours(self) -> Quiet | None:
        """The quiet hours."""
        return parse_quiet(self.quiet, time_zone(self.zone))

    def weekly(self) -> Weekly | None:
        """When the digest is due."""
        return parse_weekly(self.digest, time_zone(self.zone))

    def levels(self) -> Levels:
        """How sure detection must be."""
        return Levels(self.worker_level, self.pair_rate, self.burst_level)


class BatchSettings(Section):
    """Limits of a batch run's subprocess."""

    threads: int = Field(default=2, ge=1)
    wall_seconds: float = Field(default=3600, gt=0)
    heartbeat_seconds: float = Field(default=60, gt=0)


class LearningSettings(Section):
    """The encoder's folder for models (empty: what is installed), and whether labels may stand without people."""

    encoder: str = ""
    auto_accept: bool = False
    precision: float = Field(default=0.95, ge=0.5, lt=1)
    people_share: float = Field(default=0.05, ge=0, le=1)


class Settings(Section):
    """The whole tree."""

    telegram: TelegramSettings = TelegramSettings()
    slack: SlackSettings = SlackSettings()
    http: HttpSettings = HttpSettings()
    store: StoreSettings = StoreSettings()
    people: PeopleSettings = PeopleSettings()
    money: MoneySettings = MoneySettings()
    quality: QualitySettings = QualitySettings()
    work: WorkSettings = WorkSettings()
    controls: ControlSettings = ControlSettings()
    invitations: InvitationSettings = InvitationSettings()
    alerts: AlertSettings = AlertSettings()
    batch: BatchSettings = BatchSettings()
    learning: LearningSettings = LearningSettings()
    rules: dict[str, RuleForm] = Field(default_factory=dict)
    """The quality rules of every job, by name; rules.toml holds those that come with tapcrowd."""
    schedule: dict[str, float] = Field(default_factory=dict)
    """Seconds between runs of each scheduled job; 0 switches one off."""


def load(text: str, environ: Mapping[str, str]) -> Settings:
    """Settings from a config file's text and an environment. SettingsError names every field that is wrong."""
    tree = {**_shipped("default.toml"), **_shipped("rules.toml")}
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


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("config").joinpath(name).read_text(encoding="utf-8"))


def default_rules() -> tuple[Rule, ...]:
    """The quality rules that come with tapcrowd."""
    return rules_of(Settings.model_validate(_shipped("rules.toml")).rules)


def load_file(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Settings from a file (None: only defaults and environment)."""
    return load(path.read_text(encoding="utf-8") if path else "", environ)


def _merge(tree: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict) and key not in WHOLE:
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
        many = (section, field) in MANY
        found.setdefault(section, {})[field] = tuple(value.replace(",", " ").split()) if many else value
    return found
