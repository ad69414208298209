"""Posts to one chat from a command that is no bot: nothing is stored, nothing is locked, nothing is received."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from bots.slack.client import SlackChat
from bots.telegram.client import connect
from config.settings import Settings
from core.errors import RetryAfter, SettingsError, Unavailable
from core.messages import Card
from core.model import parse_handle

TRIES = 4
LONGEST_WAIT = 60.0  # seconds before a try; a platform that asks for more is left alone until the next post
KEPT = 100  # posts that wait for a platform that cannot be reached

log = logging.getLogger(__name__)


class Speaker(Protocol):
    """What the platforms' clients have in common."""

    async def send(self, chat: str, card: Card) -> str:
        """Send a card."""

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        """Send files with the card as their caption."""


class ChatPost:
    """One chat; posts that cannot be delivered wait for the next one, in their order."""

    def __init__(self, runner: asyncio.Runner, speaker: Speaker, chat: str) -> None:
        self._runner, self._speaker, self._chat = runner, speaker, chat
        self._waiting: deque[tuple[Card, list[tuple[Path, str]]]] = deque(maxlen=KEPT)
        self._reached = False

    def say(self, card: Card, files: Sequence[Path] = ()) -> None:
        """Post; ChatError if the chat refuses it, or if the very first post does not reach the platform."""
        self._waiting.append((card, [(path, path.name) for path in files]))
        self._runner.run(self._flush())

    async def _flush(self) -> None:
        try:
            while self._waiting:
                await self._deliver(*self._waiting[0])
                self._waiting.popleft()
                self._reached = True
        except (Unavailable, RetryAfter) as error:
            if not self._reached:
                raise
            log.warning("%d posts wait: %s", len(self._waiting), error)

    async def _deliver(self, card: Card, files: list[tuple[Path, str]]) -> None:
        for attempt in range(TRIES):
            try:
                if files:
                    await self._speaker.send_files(self._chat, card, files)
                else:
                    await self._speaker.send(self._chat, card)
            except (Unavailable, RetryAfter) as error:
                wait = error.seconds if isinstance(error, RetryAfter) else 2.0**attempt
                if attempt == TRIES - 1 or wait > LONGEST_WAIT:
                    raise
                await asyncio.sleep(wait)
            else:
                return


@contextlib.contextmanager
def open_chat(settings: Settings, to: str) -> Iterator[ChatPost]:
    """The chat named as telegram:ID or slack:ID; SettingsError without a token for its platform."""
    try:
        platform, chat = parse_handle(to)
    except ValueError as error:
        raise SettingsError(f"--to: {error}") from None
    opened = _telegram if platform == "telegram" else _slack
    with asyncio.Runner() as runner, opened(runner, settings) as speaker:
        yield ChatPost(runner, speaker, chat)


@contextlib.contextmanager
def _telegram(runner: asyncio.Runner, settings: Settings) -> Iterator[Speaker]:
    token = settings.telegram.token.get_secret_value()
    if not token:
        raise SettingsError("--to names a Telegram chat, and [telegram] token is not set")

    chat = connect(token, settings.telegram.base_url.rstrip("/"))
    try:
        runner.run(chat.open())
        yield chat
    finally:
        runner.run(chat.close())


@contextlib.contextmanager
def _slack(runner: asyncio.Runner, settings: Settings) -> Iterator[Speaker]:
    token = settings.slack.bot_token.get_secret_value()
    if not token:
        raise SettingsError("--to names a Slack channel, and [slack] bot_token is not set")
    chat = SlackChat(token, base_url=settings.slack.base_url)
    try:
        runner.run(chat.start())
        yield chat
    finally:
        runner.run(chat.stop())
