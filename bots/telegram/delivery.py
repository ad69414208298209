"""Brings one update to the core and answers its press: the part that polling and webhook share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from weakref import WeakValueDictionary

from telegram import Update

from bots.telegram.client import TelegramChat
from bots.telegram.inbound import to_command
from core.errors import StoreError
from core.messages import Command, Reply

TOASTS = 500  # our choice: answers under way at once; more wait, so that a slow Telegram slows us and fills no memory

log = logging.getLogger(__name__)

Dispatch = Callable[[Command], Awaitable[Reply]]
"""Obeys a command; returns when it is durably committed, raises StoreError when nothing was saved."""


class Delivery:
    """Updates of one user one after the other, users side by side; presses are answered in the background."""

    def __init__(self, chat: TelegramChat, dispatch: Dispatch) -> None:
        self._chat = chat
        self._dispatch = dispatch
        self._lanes: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._toasts: set[asyncio.Task[None]] = set()

    async def deliver(self, update: Update) -> None:
        """Returns when the update is committed or means nothing; StoreError when it has to come again."""
        lane = self._lanes.setdefault(user_of(update), asyncio.Lock())
        async with lane:
            reply = await self._obey(update)
        query = update.callback_query
        if query is not None:
            await self._spawn(self._chat.toast(query.id, reply.toast, reply.alert))

    async def drain(self, seconds: float) -> None:
        """Wait for the answers under way, at most that long; the late ones are dropped."""
        if not self._toasts:
            return
        _, late = await asyncio.wait(self._toasts, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _obey(self, update: Update) -> Reply:
        """What the core replied; nothing for an update that it cannot bear, which must not come back for ever."""
        try:
            command = to_command(update, self._chat.username)
            return Reply() if command is None else await self._dispatch(command)
        except StoreError:
            raise
        except Exception:  # the process boundary: a bug met by one update must not stop all others
            log.exception("update %s was dropped", update.update_id)
            return Reply()

    async def _spawn(self, answer: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(answer)
        self._toasts.add(task)
        task.add_done_callback(self._toasts.discard)
        if len(self._toasts) >= TOASTS:
            await asyncio.wait(self._toasts, return_when=asyncio.FIRST_COMPLETED)


def user_of(update: Update) -> int:
    """Whose update it is; 0 when it is nobody's."""
    return update.effective_user.id if update.effective_user is not None else 0


def parse(raw: Any, chat: TelegramChat) -> Update | None:
    """The update in JSON data; None, logged without its content, when it is not one."""
    try:
        return Update.de_json(_slim(raw), chat.bot)
    except Exception as error:  # noqa: BLE001 - the library lets anything out on data that it does not expect
        log.warning("an update could not be read: %s", type(error).__name__)
        return None


def _slim(raw: dict[str, Any]) -> dict[str, Any]:
    """A press without the words and buttons of its message, which nobody reads and which are dear to parse.

    What stays is what Telegram itself writes for a message that a bot cannot access any more.
    """
    query = raw.get("callback_query")
    if not query or not query.get("message"):
        return raw
    message = query["message"]
    stub = {"chat": message["chat"], "message_id": message["message_id"], "date": 0}
    return {**raw, "callback_query": {**query, "message": stub}}
