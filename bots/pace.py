"""How fast a platform lets us speak: token buckets overall and per chat, with the urgent served first.

Buckets hold capacity + rate * time, so that no window of the platform's own limit is ever exceeded: a limit of n per
window is kept by a capacity c and a refill of n - c per window.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field

from core.ports import Clock

TICK = 0.001
"""Seconds in which a clock that counts ms moves at all; to sleep less would be to spin."""
ROUNDING = 1e-9
"""Part of a token that floating point may lack."""
BUCKETS = 20_000
"""Chats remembered before the quiet ones are forgotten, whose buckets are full anyway."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform allows: (capacity, refill per second) for all sends, a private chat and a group."""

    overall: tuple[float, float]
    private: tuple[float, float]
    group: tuple[float, float]


TELEGRAM = Limits(overall=(5, 25), private=(4, 1), group=(10, 10 / 60))
"""30 messages/s overall, about 1/s in a chat, 20/min in a group (python-telegram-bot constants.FloodLimit)."""
SLACK = Limits(overall=(20, 20), private=(4, 1), group=(4, 1))
"""About 1 message/s per channel with short bursts, several hundred a minute per workspace (Slack, "Rate limits")."""
UNLIMITED = Limits(overall=(1e9, 1e9), private=(1e9, 1e9), group=(1e9, 1e9))


@dataclass(slots=True)
class Bucket:
    """Tokens that fill up with time; `take` may go below zero, which is a debt to wait for."""

    capacity: float
    rate: float
    level: float = field(init=False)
    at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.level = self.capacity

    def wait(self, now: float) -> float:
        """Seconds until a token is there, at least a tick; 0 when one is."""
        self.level = min(self.capacity, self.level + (now - self.at) * self.rate)
        self.at = now
        missing = 1 - self.level
        return max(TICK, missing / self.rate) if missing > ROUNDING else 0.0

    def is_full(self, now: float) -> bool:
        """Whether nothing was taken for so long that a new bucket would be the same."""
        return self.wait(now) == 0 and self.level == self.capacity

    def take(self) -> None:
        """Use one token."""
        self.level -= 1


class Pace:
    """Waits until one more call fits into the limits of its chat and of the platform; smaller priority goes first."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._overall = Bucket(*limits.overall)
        self._chats: dict[str, Bucket] = {}
        self._sweep_at = BUCKETS
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._server: asyncio.Task[None] | None = None

    async def turn(self, chat: str, priority: int, *, group: bool, new_message: bool) -> None:
        """Return when the call may be made; edits spend the chat's allowance only."""
        bucket = self._bucket(chat, group)
        while (seconds := bucket.wait(self._now())) > 0:
            await self._clock.sleep(seconds)
        bucket.take()
        if new_message:
            await self._overall_turn(priority)

    def _now(self) -> float:
        return self._clock.now() / 1000

    def _bucket(self, chat: str, group: bool) -> Bucket:
        bucket = self._chats.get(chat)
        if bucket is None:
            if len(self._chats) >= self._sweep_at:
                self._forget_quiet()
            bucket = self._chats[chat] = Bucket(*(self._limits.group if group else self._limits.private))
        return bucket

    def _forget_quiet(self) -> None:
        now = self._now()
        self._chats = {chat: bucket for chat, bucket in self._chats.items() if not bucket.is_full(now)}
        self._sweep_at = max(BUCKETS, 2 * len(self._chats))

    async def _overall_turn(self, priority: int) -> None:
        if not self._queue and self._overall.wait(self._now()) == 0:
            self._overall.take()
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._order), future))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        await future

    async def _serve(self) -> None:
        while self._queue:
            if (seconds := self._overall.wait(self._now())) > 0:
                await self._clock.sleep(seconds)
                continue
            _, _, future = heapq.heappop(self._queue)
            if not future.done():
                self._overall.take()
                future.set_result(None)
