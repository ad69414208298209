"""What the core needs from outside, as protocols: a clock, a chat, a store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from core.messages import Attachment, Card

T = TypeVar("T")


class Clock(Protocol):
    """Time for everything that people see; `speed` > 1 runs it faster (demo and tests)."""

    speed: float

    def now(self) -> int:
        """Milliseconds since the epoch."""

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of this clock."""


class SystemClock:
    """The real clock, or one that runs `speed` times faster from the moment it was made."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._wall = time.time()
        self._start = time.monotonic()

    def now(self) -> int:
        """Milliseconds since the epoch; never goes back while the process lives."""
        return int((self._wall + (time.monotonic() - self._start) * self.speed) * 1000)

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of this clock."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)


class Chat(Protocol):
    """One platform to speak on. Errors are core.errors.ChatError and its leaves; "not modified" is success."""

    platform: str

    async def send(self, chat: str, card: Card) -> str:
        """Send a card; the reference of the new message, to edit it by."""

    async def edit(self, message: str, card: Card) -> None:
        """Replace the message's text and buttons by this card."""

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        """Send files (path, shown name) with the card as caption; pictures are shown as pictures."""

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        """Fetch a person's file; BadUpload when it is larger than `limit` bytes, whatever size it claimed."""


class Store(Protocol):
    """The database: runs whole units of work, each in one transaction; see core.store."""

    async def run(self, unit: Callable[..., T], *args: object) -> T:
        """Run unit(tx, *args); durable when this returns."""
