"""Delivery with Slack's promises and failures: events come again until acknowledged, clicks and commands come once."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine
from dataclasses import replace

from bots.sandbox import slack_limits as limits
from bots.sandbox.faults import Faults
from bots.sandbox.slack_state import Json
from bots.sandbox.slack_transport import Ack, HttpTransport, Kind, Shipment, SocketTransport, Transport
from core.ports import Clock


class Delivery:
    """Sends payloads by HTTP when the app has a URL, else by Socket Mode.

    Faults are asked for by kind (events_api, interactive, slash_commands): drop loses the payload on its way,
    drop_after loses the app's ack, delay holds the payload back; duplicate, redeliver and reorder as in `Faults`.
    """

    def __init__(self, clock: Clock, faults: Faults, *, http: HttpTransport, sockets: SocketTransport) -> None:
        self._clock, self._faults = clock, faults
        self.http, self.sockets = http, sockets
        self.acks: deque[Ack] = deque(maxlen=limits.KEPT_ACKS)
        self.outcomes: Counter[str] = Counter()
        self._running: set[asyncio.Task[object]] = set()

    async def deliver(self, kind: Kind, payload: Json) -> Ack:
        """The ack of the first attempt; retries of an event go on in the background."""
        fault = self._faults.take(kind)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "drop":
            ack = self._note(Ack(kind, False, 0.0, reason="connection_failed"))
        else:
            ack = await self._scheduled(Shipment(kind, payload))
        if fault is not None and fault.kind == "drop_after":
            ack = replace(ack, acked=False, payload=None, reason="http_timeout")
        if kind == "events_api" and not ack.acked and not ack.no_retry:
            self.spawn(self._retry(payload, ack.reason))
        return ack

    def spawn(self, work: Coroutine[object, object, object]) -> None:
        """Run something beside the caller; `settle` waits for it and `close` cancels it."""
        task: asyncio.Task[object] = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        """Wait until nothing is on its way any more, retries included."""
        while self._running:
            await asyncio.gather(*self._running)

    async def close(self) -> None:
        """Stop everything on its way, and the connections."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.sockets.cut()
        await self.http.close()

    async def attempt(self, shipment: Shipment, after: float = 0.0) -> Ack:
        """One delivery, after so many real seconds."""
        if after:
            await asyncio.sleep(after)
        transport: Transport = self.http if self.http.url else self.sockets
        return self._note(await transport.send(shipment))

    async def _scheduled(self, shipment: Shipment) -> Ack:
        first, *again = self._faults.deliveries(shipment.kind)
        for due in again:
            late = due > 0 and shipment.kind == "events_api"
            copy = replace(shipment, attempt=1, reason="http_timeout") if late else shipment
            self.spawn(self.attempt(copy, due))
        return await self.attempt(shipment, first)

    async def _retry(self, payload: Json, reason: str) -> None:
        for number, wait in enumerate(limits.EVENT_RETRY_SECONDS, start=1):
            await self._clock.sleep(wait)
            ack = await self.attempt(Shipment("events_api", payload, number, reason))
            if ack.acked or ack.no_retry:
                return
            reason = ack.reason

    def _note(self, ack: Ack) -> Ack:
        self.acks.append(ack)
        self.outcomes[ack.reason or "acked"] += 1
        return ack
