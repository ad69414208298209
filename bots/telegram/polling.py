"""Polls Telegram for updates and confirms them only when they are committed.

Telegram forgets an update when the next getUpdates names a higher offset. The library's own Updater asks for the next
batch as soon as it has queued the last one, so a crash loses what its handlers had not finished. This loop asks again
when every update of the batch is committed: after a crash they all come again, and the core obeys each key once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from telegram import Update
from telegram.error import Conflict, TelegramError

from bots.telegram.client import TelegramChat
from bots.telegram.delivery import Delivery, parse, user_of
from bots.telegram.failures import translate
from core.errors import RetryAfter, StoreError

GET_UPDATES = "get_Updates"  # spelled like this for the reason told in bots.telegram.client
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
READ_MARGIN = 10.0  # seconds that an answer may take after the poll's own time
LONGEST_PAUSE = 30.0  # seconds; a pause doubles up to this

log = logging.getLogger(__name__)

Batch = list[dict[str, Any]]


class Poller:
    """A loop that runs until stop(); `seconds` is a long poll, `pause` the first wait after a failure."""

    def __init__(self, chat: TelegramChat, delivery: Delivery, *, seconds: int, pause: float) -> None:
        self._chat, self._delivery = chat, delivery
        self._seconds, self._pause = seconds, pause
        self._failures = 0
        self._conflict = False
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End the loop when the batch in hand is settled."""
        self._stop.set()

    async def run(self) -> None:
        """Poll until stopped; what was settled is confirmed at the end."""
        offset = 0
        while not self._stop.is_set():
            batch = await self._unless_stopped(self._ask(offset))
            if batch and await self._settle(batch):
                offset = max(raw["update_id"] for raw in batch) + 1
        if offset:
            with suppress(TelegramError):  # else they come again, which is harmless
                await self._call(offset, 0, limit=1)

    async def _ask(self, offset: int) -> Batch:
        """The next updates; none, after a pause, when Telegram does not answer as it should."""
        try:
            batch = await self._call(offset, self._seconds)
        except Conflict as error:
            if not self._conflict:
                log.error("another program reads this bot's updates, or a webhook is set: %s", error.message)
            self._conflict = True
            await self._rest(self._next_pause())
            return []
        except TelegramError as error:
            failure = translate(error)
            log.warning("no updates from Telegram: %s", failure)
            await self._rest(failure.seconds if isinstance(failure, RetryAfter) else self._next_pause())
            return []
        self._failures, self._conflict = 0, False
        return batch

    async def _call(self, offset: int, seconds: int, limit: int = 100) -> Batch:
        arguments = {"offset": offset, "limit": limit, "timeout": seconds, "allowed_updates": ALLOWED_UPDATES}
        batch: Batch = await self._chat.bot.do_api_request(GET_UPDATES, arguments, read_timeout=seconds + READ_MARGIN)
        return batch

    async def _settle(self, batch: Batch) -> bool:
        """Deliver all updates; False when stopped before the store could take each of them."""
        lanes: dict[int, list[Update]] = {}
        for raw in batch:
            update = parse(raw, self._chat)
            if update is not None:
                lanes.setdefault(user_of(update), []).append(update)
        return all(await asyncio.gather(*map(self._settle_lane, lanes.values())))

    async def _settle_lane(self, lane: list[Update]) -> bool:
        for update in lane:
            pause = self._pause
            while not await self._delivered(update):
                if self._stop.is_set():
                    return False
                await self._rest(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        return True

    async def _delivered(self, update: Update) -> bool:
        try:
            await self._delivery.deliver(update)
        except StoreError as error:
            log.warning("update %s has to wait: %s", update.update_id, error)
            return False
        return True

    def _next_pause(self) -> float:
        self._failures += 1
        return float(min(self._pause * 2 ** min(self._failures - 1, 16), LONGEST_PAUSE))

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    async def _unless_stopped(self, call: Coroutine[Any, Any, Batch]) -> Batch:
        task, stopped = asyncio.create_task(call), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else []
        finally:
            task.cancel()
            stopped.cancel()
            await asyncio.gather(task, stopped, return_exceptions=True)
