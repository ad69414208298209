"""Takes updates by webhook: says 200 only when one is committed, so that Telegram keeps what we could not save."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from dataclasses import dataclass

from aiohttp import web

from bots.telegram.client import TelegramChat
from bots.telegram.delivery import Delivery, parse
from core.errors import SettingsError, StoreError

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # Bot API, setWebhook
BODY_BYTES = 1024 * 1024  # our choice: an update is a few kB, its files are fetched apart
CONNECTIONS = 100  # at most (Bot API, setWebhook): a waiting commit holds one

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram shall bring updates: the public https URL, and the path on our own server that it leads to."""

    url: str
    secret: str
    path: str = "/telegram"
    connections: int = CONNECTIONS

    def __post_init__(self) -> None:
        if not SECRET.fullmatch(self.secret):
            raise SettingsError("a Telegram webhook needs a secret of 1-256 letters, digits, _ and -")


class Hook:
    """The handler behind the webhook's path."""

    def __init__(self, chat: TelegramChat, delivery: Delivery, secret: str) -> None:
        self._chat, self._delivery, self._secret = chat, delivery, secret.encode()
        self._open = False
        self._working = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def open(self) -> None:
        """Take updates from now on; before this Telegram is told to come again."""
        self._open = True

    async def close(self) -> None:
        """Take no more, and wait until those in hand are settled."""
        self._open = False
        await self._idle.wait()

    async def handle(self, request: web.Request) -> web.Response:
        """200 committed, 403 not from Telegram, 413 too long, 400 not an update, 503 come again."""
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=403)
        if not self._open:
            return web.Response(status=503)
        self._working += 1
        self._idle.clear()
        try:
            return web.Response(status=await self._take(await _body(request)))
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()

    async def _take(self, body: bytes | None) -> int:
        if body is None:
            log.warning("a webhook call was longer than %d bytes", BODY_BYTES)
            return 413
        try:
            raw = json.loads(body)
        except ValueError:
            log.warning("a webhook call was not JSON")
            return 400
        update = parse(raw, self._chat)
        if update is None:
            return 400
        try:
            await self._delivery.deliver(update)
        except StoreError as error:
            log.warning("update %s has to come again: %s", update.update_id, error)
            return 503
        return 200


async def _body(request: web.Request) -> bytes | None:
    """The body; None when it is too long. The server's own limit is for Slack's calls as well."""
    if (request.content_length or 0) > BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_BYTES:
            return None
    return bytes(body)
