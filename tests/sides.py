"""The two platforms under the same verbs, so that a test is written once; and the ways in which updates come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chats import Chats, open_chats
from side_slack import SlackSide
from side_telegram import TelegramSide

Side = TelegramSide | SlackSide
SIDES: dict[str, Callable[[Chats], Side]] = {"telegram": TelegramSide, "slack": SlackSide}
MODES = {
    "telegram-polling": ("telegram", False),
    "telegram-webhook": ("telegram", True),
    "slack-sockets": ("slack", False),
    "slack-http": ("slack", True),
}
"""Each platform by each of its two ways of delivery."""


@asynccontextmanager
async def open_side(mode: str, folder: Path, **quality: Any) -> AsyncIterator[Side]:
    """A running service, seen from one platform in one way of delivery."""
    name, webhooks = MODES[mode]
    async with open_chats(folder, webhooks=webhooks, **quality) as chats:
        yield SIDES[name](chats)
