"""Logs that people and machines can read, and from which no token can leak."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TextIO

from pydantic import BaseModel, SecretStr

HIDDEN = "[hidden]"
TELEGRAM_TOKEN = re.compile(r"\d{5,20}(?::|%3A)[A-Za-z0-9_-]{7,}", re.IGNORECASE)
"""A bot token, also inside a URL such as …/bot123456:ABC/getMe."""
SLACK_TOKEN = re.compile(r"(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[A-Za-z0-9-]+")
SHORTEST_SECRET = 6
"""A configured secret that is shorter would black out ordinary words."""
QUIET = ("aiohttp", "apscheduler", "matplotlib", "slack_bolt", "slack_sdk", "telegram")
"""Libraries that tell every step at INFO, some on loggers that set their own level; heard from WARNING on."""


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every token and every one of these secrets blacked out."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return SLACK_TOKEN.sub(HIDDEN, TELEGRAM_TOKEN.sub(HIDDEN, text))


def secrets_of(settings: BaseModel) -> tuple[str, ...]:
    """Every SecretStr in a tree of settings, the longest first; those too short to be one are left out."""
    return tuple(sorted({text for text in _walk(settings) if len(text) >= SHORTEST_SECRET}, key=len, reverse=True))


def _walk(settings: BaseModel) -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _walk(value)


class Redactor(logging.Filter):
    """Put on a handler: blacks out tokens in the message, the traceback and the stack of every record."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, cleaned."""
        record.msg, record.args = redact(record.getMessage(), self._secrets), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text, self._secrets)
        if record.stack_info:
            record.stack_info = redact(record.stack_info, self._secrets)
        return True


def _worth_hearing(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in QUIET


class Readable(logging.Formatter):
    """One line a record for people: time in UTC, level, who speaks, what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """ISO 8601 in UTC, to the millisecond."""
        return _moment(record)


class Machine(logging.Formatter):
    """One JSON object a record: at, level, logger, message, and error with the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        fields = {"at": _moment(record), "level": record.levelname, "logger": record.name}
        fields["message"] = record.getMessage()
        if record.exc_text:
            fields["error"] = record.exc_text
        return json.dumps(fields, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def start_logging(
    secrets: Iterable[str], *, as_json: bool = False, debug: bool = False, to: TextIO = sys.stderr
) -> None:
    """Send every log record of this process to `to`, cleaned of these secrets and of whatever looks like a token."""
    handler = logging.StreamHandler(to)
    if not debug:
        handler.addFilter(_worth_hearing)
    handler.addFilter(Redactor(secrets))
    handler.setFormatter(Machine() if as_json else Readable())
    logging.basicConfig(level=logging.DEBUG if debug else logging.INFO, handlers=[handler], force=True)
