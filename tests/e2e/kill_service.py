"""The whole service as a process of its own, so that the kill test can end it as a power cut would.

Settings come from the environment as an operator's do; the clock is the one that the sandboxes run by, since a clock
that starts anew with each process would go back in time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from bots.composition import Tapcrowd
from config.settings import load
from core.ports import SystemClock

CLOCK = "KILL_TEST_CLOCK"
READY = b"ready\n"


class SharedClock(SystemClock):
    """A fast clock that several processes of one machine agree on."""

    def __init__(self, speed: float, wall: float = 0.0, start: float = 0.0) -> None:
        super().__init__(speed)
        self._wall = wall or time.time()
        self._start = start or time.monotonic()

    def environ(self) -> dict[str, str]:
        """What another process needs to run by this clock."""
        return {CLOCK: f"{self.speed!r} {self._wall!r} {self._start!r}"}


async def serve() -> None:
    """Run until killed; says "ready" once updates are taken."""
    clock = SharedClock(*map(float, os.environ[CLOCK].split()))
    async with Tapcrowd(load("", os.environ), clock=clock) as service:
        os.write(sys.stdout.fileno(), READY)
        await service.wait()


if __name__ == "__main__":
    asyncio.run(serve())
