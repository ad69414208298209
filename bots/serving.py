"""Runs the service until it is asked to stop or a part of it ends, and stops it cleanly either way."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal

from bots.composition import Tapcrowd
from config.settings import Settings
from core.errors import TapcrowdError

log = logging.getLogger(__name__)
SIGNALS = (signal.SIGINT, signal.SIGTERM)
GC_THRESHOLD = 10_000  # our choice, measured with bench/taps.py; Python's default is 700 new objects


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; raises what kept the service from starting or ended it."""
    life = asyncio.create_task(_live(settings))
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, _ask_to_stop, life, number)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await life
        log.info("stopped; nothing that was saved is lost")
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _ask_to_stop(life: asyncio.Task[None], number: signal.Signals) -> None:
    log.info("%s: stopping", number.name)
    life.cancel()


async def _live(settings: Settings) -> None:
    async with Tapcrowd(settings) as service:
        spare_collector()
        log.info("tapcrowd is up; Ctrl-C or SIGTERM stops it")
        await service.wait()
    raise TapcrowdError("a part of tapcrowd ended by itself; the log says which")


def spare_collector() -> None:
    """Look for garbage less often: what start-up loaded stays, and taps leave few cycles (a tenth of a tap's CPU)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, *gc.get_threshold()[1:])
