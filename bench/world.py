"""What both platforms' sides of the tap benchmark share: a lean API server, and workers who tap as soon as they can.

The API accepts whatever comes and answers what the libraries need; being strict is the sandbox's task, not this one's.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, TCPConnector, web

SETTLE_SECONDS = 0.3
"""What the bot gets after the last call to note what it said, before its CPU time is read."""
NUMBER = re.compile(r"Nr\. (\d+)")
"""The number in an item's text; its parity is the true answer (see bench.town)."""
Json = dict[str, Any]


@dataclass(slots=True)
class Load:
    """What a run of taps showed: its seconds, and per tap the seconds to its answer and to the next card."""

    seconds: float = 0.0
    answered: list[float] = field(default_factory=list)
    followed: list[float] = field(default_factory=list)


class World:
    """One platform's side. A tap leads to one of each of `calls`; `frees` is the one that lets the worker tap again."""

    def __init__(self, workers: list[str], *, calls: tuple[str, ...], frees: str) -> None:
        self.load = Load()
        self.workers = workers
        self.frees = frees
        self.numbers = itertools.count(1)
        self._calls = calls
        self._seen: Counter[str] = Counter()
        self._wanted: dict[str, int] = {}
        self._complete = asyncio.Event()
        self._ready: dict[str, asyncio.Queue[Json]] = {worker: asyncio.Queue() for worker in workers}
        self._runner: web.ServerRunner | None = None

    async def serve(self) -> int:
        """Listen on loopback; the port."""
        self._runner = web.ServerRunner(web.Server(self._handle), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        return port

    async def close(self) -> None:
        """Stop listening."""
        assert self._runner is not None, "serve() comes first"
        await self._runner.cleanup()

    def deal(self) -> None:
        """Give a card to every worker whom the bot has sent none; of several only the newest counts."""
        for worker, ready in self._ready.items():
            while ready.qsize() > 1:
                ready.get_nowait()
            if ready.empty():
                ready.put_nowait(self.canned(worker))

    async def drive(self, url: str, taps: int) -> Load:
        """All workers tap until so many taps are made, and every call that they lead to was seen."""
        self.load, left = Load(), iter(range(taps))
        self._wanted = {call: self._seen[call] + taps for call in self._calls}
        self._complete.clear()
        start = time.perf_counter()
        async with ClientSession(connector=TCPConnector(limit=0)) as session:
            await asyncio.gather(*(self._work(session, url, worker, left) for worker in self._ready))
            await self._complete.wait()
        self.load.seconds = time.perf_counter() - start
        await asyncio.sleep(SETTLE_SECONDS)
        return self.load

    async def _work(self, session: ClientSession, url: str, worker: str, left: Iterator[int]) -> None:
        for _ in left:
            message = await self._ready[worker].get()
            start = time.perf_counter()
            await self.tap(session, url, worker, message)
            message = await self._ready[worker].get()
            self._ready[worker].put_nowait(message)
            self.load.followed.append(time.perf_counter() - start)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        answer = self.obey(method, await request.read(), request.content_type)
        self._seen[method] += 1
        if all(self._seen[call] >= count for call, count in self._wanted.items()):
            self._complete.set()
        return web.Response(body=answer, content_type="application/json")

    def free(self, worker: str, message: Json) -> None:
        """The worker, if it is one, may tap on this message."""
        if worker in self._ready:
            self._ready[worker].put_nowait(message)

    def obey(self, method: str, body: bytes, kind: str) -> bytes:
        """The API's answer to a call of the bot."""
        raise NotImplementedError

    def canned(self, worker: str) -> Json:
        """A message with two buttons that no bot has sent."""
        raise NotImplementedError

    async def tap(self, session: ClientSession, url: str, worker: str, message: Json) -> None:
        """Deliver a tap on one of the message's first two buttons."""
        raise NotImplementedError


def choice(text: str) -> int:
    """Which button to press under this text: the true answer of an item, the first of anything else."""
    number = NUMBER.search(text)
    return int(number[1]) % 2 if number else 0
