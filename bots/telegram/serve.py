"""Runs the Telegram side: signs in, publishes the menu, takes updates by polling or webhook, and stops cleanly.

An update is confirmed to Telegram only when its command is committed (see polling and webhook). Whatever a crash
leaves unconfirmed comes again, and the core obeys each key once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from telegram import BotCommand, BotCommandScope, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats
from telegram.error import TelegramError

from bots.telegram.client import TelegramChat
from bots.telegram.delivery import Delivery, Dispatch
from bots.telegram.failures import translate
from bots.telegram.polling import ALLOWED_UPDATES, Poller
from bots.telegram.webhook import Hook, Webhook

POLL_SECONDS = 30
PAUSE = 1.0  # seconds before a failed poll or delivery is tried again, doubled each time
TOAST_SECONDS = 5.0  # what a stop grants to answers under way

SCOPES: dict[str, BotCommandScope] = {
    "private": BotCommandScopeAllPrivateChats(),
    "group": BotCommandScopeAllGroupChats(),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Menu:
    """Commands that Telegram offers to an audience, as (command, description); lang "" serves all other languages."""

    audience: Literal["private", "group"]
    commands: tuple[tuple[str, str], ...]
    lang: str = ""


class TelegramServer:
    """Feeds `dispatch` with the commands of all Telegram users; by polling unless a webhook is given."""

    def __init__(
        self,
        chat: TelegramChat,
        dispatch: Dispatch,
        *,
        webhook: Webhook | None = None,
        menus: Sequence[Menu] = (),
        poll_seconds: int = POLL_SECONDS,
        pause: float = PAUSE,
    ) -> None:
        self._chat, self._webhook, self._menus = chat, webhook, menus
        self._delivery = Delivery(chat, dispatch)
        self._poller = Poller(chat, self._delivery, seconds=poll_seconds, pause=pause)
        self._hook = Hook(chat, self._delivery, webhook.secret) if webhook is not None else None
        self._polling: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """What an aiohttp server has to serve for the webhook; nothing when polling."""
        if self._webhook is None or self._hook is None:
            return []
        return [web.post(self._webhook.path, self._hook.handle)]

    async def start(self) -> None:
        """Sign in and take updates from now on; ChatError when Telegram does not let us. The routes must be served."""
        await self._chat.open()
        await self._publish()
        if self._hook is not None:
            self._hook.open()
        try:
            await self._choose_way()
        except TelegramError as error:
            raise translate(error) from error
        if self._hook is None:
            self._polling = asyncio.create_task(self._poller.run(), name="telegram polling")

    async def wait(self) -> None:
        """Return when polling has ended, or raise what ended it; at once with a webhook."""
        if self._polling is not None:
            await asyncio.shield(self._polling)

    async def stop(self) -> None:
        """Take no more updates, settle those in hand, answer their presses; the chat stays open to speak."""
        if self._hook is not None:
            await self._hook.close()
        self._poller.stop()
        if self._polling is not None:
            await self._polling
        await self._delivery.drain(TOAST_SECONDS)

    async def _choose_way(self) -> None:
        hook = self._webhook
        if hook is None:
            await self._chat.bot.delete_webhook(drop_pending_updates=False)
            return
        await self._chat.bot.set_webhook(
            hook.url,
            secret_token=hook.secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=hook.connections,
            drop_pending_updates=False,
        )

    async def _publish(self) -> None:
        """Show the commands; Telegram may refuse it when restarted often, and the bot works without."""
        for menu in self._menus:
            commands = [BotCommand(name, text) for name, text in menu.commands]
            try:
                await self._chat.bot.set_my_commands(commands, SCOPES[menu.audience], menu.lang or None)
            except TelegramError as error:
                log.warning("the menu for %s %s was not published: %s", menu.audience, menu.lang, error.message)


async def listen(server: TelegramServer, host: str = "127.0.0.1", port: int = 0) -> web.AppRunner:
    """Serve the routes alone, without Slack beside them; clean the runner up after stop()."""
    app = web.Application()
    app.add_routes(server.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
