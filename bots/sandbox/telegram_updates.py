"""Brings updates to the bot, by long poll or by webhook, and keeps each until the bot has confirmed it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from bots.sandbox import telegram_limits as limits
from bots.sandbox.faults import Faults
from bots.sandbox.telegram_errors import conflict

RETRY_SECONDS, RETRY_CAP = 0.2, 5.0  # webhook back-off, doubled each time; our choice, shorter than Telegram's
HOOK_TIMEOUT = 60.0  # real seconds for the bot to answer a webhook call; our choice
UNASKED = frozenset(
    {"chat_member", "message_reaction", "message_reaction_count"}
)  # only on demand (Bot API, getUpdates)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(slots=True)
class Pending:
    """An update on its way; a late one (by fault) is handed out once whatever the offset says."""

    id: int
    lane: int
    body: str
    late: bool = False


@dataclass(slots=True)
class Hook:
    """Where the bot wants its updates, and how the last deliveries went."""

    url: str
    secret: str
    connections: int
    http: ClientSession
    workers: list[asyncio.Task[None]] = field(default_factory=list)
    last_error: str = ""
    last_error_at: int = 0


class Updates:
    """The queue of one bot; a lane is a chat, or the person who pressed: a webhook gets each lane in order."""

    def __init__(self, faults: Faults, *, speed: float) -> None:
        self.faults, self.speed = faults, speed
        self.hook: Hook | None = None
        self.statuses: Counter[int] = Counter()
        self._allowed: frozenset[str] | None = None
        self._serial = 0
        self._queue: deque[Pending] = deque()
        self._unsorted = False
        self._lanes: dict[int, deque[Pending]] = {}
        self._ready: asyncio.Queue[int] = asyncio.Queue()
        self._poller: asyncio.Future[bool] | None = None

    @property
    def pending(self) -> int:
        """Updates that the bot has not confirmed."""
        return len(self._queue) + sum(map(len, self._lanes.values()))

    def push(self, kind: str, lane: int, body: dict[str, Any]) -> None:
        """A new update of a kind: "message", "callback_query" or "my_chat_member"."""
        if (kind in UNASKED) if self._allowed is None else (kind not in self._allowed):
            return
        self._serial += 1
        text = json.dumps({"update_id": self._serial, kind: body}, separators=(",", ":"))
        for seconds in self.faults.deliveries(kind):
            pending = Pending(self._serial, lane, text, late=seconds > 0)
            if pending.late:
                asyncio.get_running_loop().call_later(seconds, self._enqueue, pending)
            else:
                self._enqueue(pending)

    def allow(self, kinds: list[str] | None) -> None:
        """Limit the kinds of updates from now on; an empty list restores the default, None keeps the setting."""
        if kinds is not None:
            self._allowed = frozenset(kinds) or None

    async def close(self) -> None:
        """Stop delivering and let an open long poll go."""
        await self.clear_hook()
        self._wake(superseded=False)

    def _enqueue(self, pending: Pending) -> None:
        if self.hook is None:
            self._unsorted |= pending.late
            self._queue.append(pending)
            self._wake(superseded=False)
            return
        lane = self._lanes.get(pending.lane)
        if lane is None:
            self._lanes[pending.lane] = lane = deque()
            self._ready.put_nowait(pending.lane)
        lane.append(pending)

    # -- long poll ---------------------------------------------------------------------------------------------------
    async def poll(self, offset: int, limit: int, timeout: float) -> str:
        """The JSON list of waiting updates; waits up to `timeout` real seconds for the first one."""
        if self.hook is not None:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        self._wake(superseded=True)
        self._confirm(offset)
        if not self._queue and timeout > 0:
            self._poller = poller = asyncio.get_running_loop().create_future()
            await asyncio.wait([poller], timeout=timeout)
            if poller.done() and poller.result():
                raise conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
        batch = list(islice(self._queue, max(1, min(limit, limits.UPDATES_PER_POLL))))
        for pending in batch:
            pending.late = False
        return f"[{','.join(pending.body for pending in batch)}]"

    def _wake(self, *, superseded: bool) -> None:
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(superseded)

    def _confirm(self, offset: int) -> None:
        queue = self._queue
        if offset < 0:
            offset = queue[offset].id if len(queue) >= -offset else 0
        if self._unsorted:
            self._queue = deque(pending for pending in queue if pending.late or pending.id >= offset)
            self._unsorted = bool(self._queue)
            return
        while queue and queue[0].id < offset:
            queue.popleft()

    # -- webhook -----------------------------------------------------------------------------------------------------
    def set_hook(self, url: str, secret: str, connections: int) -> None:
        """Deliver to this address from now on, what is waiting first; not while another address is set."""
        self._wake(superseded=True)
        http = ClientSession(connector=TCPConnector(limit=connections), timeout=ClientTimeout(total=HOOK_TIMEOUT))
        self.hook = hook = Hook(url, secret, connections, http)
        waiting, self._queue = self._queue, deque()
        for pending in waiting:
            self._enqueue(pending)
        hook.workers = [asyncio.create_task(self._work(hook)) for _ in range(connections)]

    async def clear_hook(self, *, drop: bool = False) -> None:
        """Back to polling; what no one has confirmed waits in the queue again, unless it is to be dropped."""
        hook, self.hook = self.hook, None
        if hook is not None:
            await self._stop(hook)
        if drop:
            self._queue.clear()

    async def _stop(self, hook: Hook) -> None:
        for worker in hook.workers:
            worker.cancel()
        for worker in hook.workers:
            with suppress(asyncio.CancelledError):
                await worker
        await hook.http.close()
        self._queue.extend(sorted((p for lane in self._lanes.values() for p in lane), key=lambda p: p.id))
        self._lanes.clear()
        self._ready = asyncio.Queue()

    async def _work(self, hook: Hook) -> None:
        while True:
            key = await self._ready.get()
            lane = self._lanes.get(key)
            if not lane:
                continue
            await self._deliver(hook, lane[0].body)
            lane.popleft()
            if lane:
                self._ready.put_nowait(key)
            else:
                self._lanes.pop(key, None)

    async def _deliver(self, hook: Hook, body: str) -> None:
        """Again and again until the bot answers 2xx, as Telegram does (tdlib/telegram-bot-api #147)."""
        wait = RETRY_SECONDS
        while not await self._attempt(hook, body):
            await asyncio.sleep(wait / self.speed)
            wait = min(2 * wait, RETRY_CAP)

    async def _attempt(self, hook: Hook, body: str) -> bool:
        headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: hook.secret} if hook.secret else {})
        try:
            async with hook.http.post(hook.url, data=body.encode(), headers=headers) as response:
                self.statuses[response.status] += 1
                if response.status // 100 == 2:
                    return True
                hook.last_error = f"Wrong response from the webhook: {response.status} {response.reason}"
        except (ClientError, TimeoutError, OSError) as error:
            self.statuses[0] += 1
            hook.last_error = f"Connection error: {error}"
        hook.last_error_at = int(time.time())
        return False
