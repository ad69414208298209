"""How one payload reaches the app: a signed HTTP request, or an envelope on one of its Socket Mode connections."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlencode

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector, WSMsgType, web

from bots.sandbox import slack_limits as limits
from bots.sandbox.slack_state import APP, Json

Kind = Literal["events_api", "interactive", "slash_commands"]
_FORM = "application/x-www-form-urlencoded"
REFRESH_SECONDS = 5.0  # our choice: how long a payload waits for a connection while the app renews its own
HEARTBEAT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ack:
    """What became of one delivery: `ms` is real time, `payload` the app's response, `reason` why it failed."""

    kind: Kind
    acked: bool
    ms: float
    payload: Json | None = None
    status: int = 0
    reason: str = ""
    attempt: int = 0
    no_retry: bool = False


@dataclass(frozen=True, slots=True)
class Shipment:
    """One payload on its way, the n-th time; `reason` says why it goes again."""

    kind: Kind
    payload: Json
    attempt: int = 0
    reason: str = ""


class Transport(Protocol):
    """One way to the app."""

    async def send(self, shipment: Shipment) -> Ack:
        """Deliver once and wait for the ack, no longer than the platform does."""


def sign(secret: str, body: str, at: float | None = None) -> dict[str, str]:
    """Slack's v0 signature headers for a body, made at a moment in seconds (now, unless told)."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def encode(kind: Kind, payload: Json) -> tuple[str, str]:
    """Body and content type of an HTTP delivery."""
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    return urlencode({"payload": json.dumps(payload)} if kind == "interactive" else payload), _FORM


class HttpTransport:
    """Signed requests to the app's URL."""

    def __init__(self, secret: str, ack_seconds: float) -> None:
        self.url = ""
        self.secret = secret
        self._timeout = ClientTimeout(total=ack_seconds)
        self._session: ClientSession | None = None

    async def send(self, shipment: Shipment) -> Ack:
        """Post a payload with a fresh signature."""
        return await self.post(shipment, sign(self.secret, encode(shipment.kind, shipment.payload)[0]))

    async def post(self, shipment: Shipment, signature: dict[str, str]) -> Ack:
        """Post a payload under any signature, even a wrong one."""
        body, content_type = encode(shipment.kind, shipment.payload)
        headers = {"Content-Type": content_type, **signature}
        if shipment.attempt:
            headers |= {"X-Slack-Retry-Num": str(shipment.attempt), "X-Slack-Retry-Reason": shipment.reason}
        began = time.monotonic()
        try:
            async with self._client().post(self.url, data=body, headers=headers, timeout=self._timeout) as response:
                text, status = await response.text(), response.status
        except TimeoutError:
            return Ack(shipment.kind, False, _ms(began), reason="http_timeout", attempt=shipment.attempt)
        except ClientError:
            return Ack(shipment.kind, False, _ms(began), reason="connection_failed", attempt=shipment.attempt)
        good = status == 200
        return Ack(
            shipment.kind, good, _ms(began), _answer(text, response), status, "" if good else "http_error",
            shipment.attempt, response.headers.get("X-Slack-No-Retry") == "1",
        )  # fmt: skip

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _client(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(connector=TCPConnector(limit=0))
        return self._session


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _answer(text: str, response: ClientResponse) -> Json | None:
    if response.content_type == "application/json" and text:
        answer = json.loads(text)
        return answer if isinstance(answer, dict) else None
    return {"text": text} if text else None


@dataclass(eq=False, slots=True)
class _Socket:
    """A connection, and the envelopes that it has not acknowledged."""

    ws: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json | None]]


class SocketTransport:
    """The app's Socket Mode connections; each payload goes to one of them, in turn."""

    def __init__(self, ack_seconds: float) -> None:
        self._ack_seconds = ack_seconds
        self._open: list[_Socket] = []
        self._retiring: list[_Socket] = []
        self._tickets: set[str] = set()
        self._numbers = 0
        self._changed = asyncio.Condition()

    @property
    def connections(self) -> int:
        """How many connections take payloads."""
        return len(self._open)

    async def connected(self, count: int = 1, *, timeout: float = 5.0) -> None:
        """Wait until the app has so many connections; TimeoutError when it takes longer."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: len(self._open) >= count)

    def ticket(self) -> str:
        """A new connection's one-time ticket."""
        self._numbers += 1
        ticket = f"ticket-{self._numbers}"
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.BaseRequest, ticket: str) -> web.StreamResponse:
        """One connection, from hello to its end."""
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await ws.prepare(request)
        if len(self._open) >= limits.SOCKETS_PER_APP:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await ws.close()
            return ws
        socket = _Socket(ws, {})
        await ws.send_json(
            {"type": "hello", "num_connections": len(self._open) + 1, "connection_info": {"app_id": APP}}
        )
        self._open.append(socket)
        async with self._changed:
            self._changed.notify_all()
        try:
            await self._listen(socket)
        finally:
            self._forget(socket)
        return ws

    async def send(self, shipment: Shipment) -> Ack:
        """Deliver on one connection and wait for its acknowledgement of the envelope."""
        began = time.monotonic()
        socket = await self._next()
        if socket is None:
            return Ack(shipment.kind, False, _ms(began), reason="no_connection", attempt=shipment.attempt)
        self._numbers += 1
        envelope_id = f"envelope-{self._numbers}"
        waiting = socket.waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._ack_seconds):
                await socket.ws.send_str(_envelope(envelope_id, shipment))
                answer = await waiting
        except TimeoutError:
            return Ack(shipment.kind, False, _ms(began), reason="timeout", attempt=shipment.attempt)
        except ConnectionError:
            return Ack(shipment.kind, False, _ms(began), reason="connection_failed", attempt=shipment.attempt)
        finally:
            socket.waiting.pop(envelope_id, None)
        return Ack(shipment.kind, True, _ms(began), answer, attempt=shipment.attempt)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Tell every connection that it will go; new payloads wait for the app's next connection."""
        going, self._open = self._open, []
        self._retiring += going
        for socket in going:
            await socket.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    async def cut(self) -> None:
        """Break every connection without a word, as a failing network does."""
        for socket in [*self._open, *self._retiring]:
            self._forget(socket)
            await socket.ws.close()

    async def _listen(self, socket: _Socket) -> None:
        async for frame in socket.ws:
            if frame.type != WSMsgType.TEXT or not frame.data.startswith("{"):
                continue  # the client also sends pings as text
            answer = json.loads(frame.data)
            waiting = socket.waiting.pop(answer.get("envelope_id"), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer.get("payload"))

    def _forget(self, socket: _Socket) -> None:
        for group in (self._open, self._retiring):
            if socket in group:
                group.remove(socket)
        for waiting in socket.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError("the app's connection ended"))
        socket.waiting.clear()

    async def _next(self) -> _Socket | None:
        if not self._open and self._retiring:
            try:
                await self.connected(timeout=REFRESH_SECONDS)
            except TimeoutError:
                return None
        if not self._open:
            return None
        socket = self._open.pop(0)
        self._open.append(socket)
        return socket


def _envelope(envelope_id: str, shipment: Shipment) -> str:
    events = shipment.kind == "events_api"
    frame: Json = {
        "envelope_id": envelope_id, "type": shipment.kind, "payload": shipment.payload,
        "accepts_response_payload": not events,
    }  # fmt: skip
    if events:
        frame |= {"retry_attempt": shipment.attempt, "retry_reason": shipment.reason}
    return json.dumps(frame)
