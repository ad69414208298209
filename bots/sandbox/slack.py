"""Slack's side on loopback: a strict, stateful server that the real slack-bolt and slack_sdk run against."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Collection
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web

from bots.sandbox import slack_limits as limits
from bots.sandbox.faults import Fault, Faults
from bots.sandbox.slack_delivery import Delivery
from bots.sandbox.slack_files import Files
from bots.sandbox.slack_flood import Floods
from bots.sandbox.slack_methods import Chat, Method
from bots.sandbox.slack_payloads import Payloads
from bots.sandbox.slack_people import People
from bots.sandbox.slack_state import Channel, EventKind, Json, Message, SlackError, Workspace, outgoing
from bots.sandbox.slack_tokens import Tokens
from bots.sandbox.slack_transport import Ack, HttpTransport, Kind, Shipment, SocketTransport, encode, sign
from bots.sandbox.slack_views import Views
from core.ports import Clock, SystemClock

EVENTS = ("message.im", "message.channels", "app_home_opened")  # what the app's manifest subscribes to
SHUTDOWN_SECONDS = 0.5
BODY_BYTES = limits.FILE_BYTES + 1_000_000
_NESTED = ("blocks", "view", "files", "attachments", "metadata")  # JSON inside of form fields
_CONNECT = "apps.connections.open"


class SlackSandbox(People):
    """One workspace with one app; use it as an async context manager, or start() and stop() it.

    Message times and floods follow `clock`; the deadlines of acks, triggers and signatures are real seconds.
    Payloads go to `http_url` when it is set, else to the app's Socket Mode connections. `post_per_minute` and
    `update_per_minute` cap chat.postMessage and chat.update per workspace (None: no cap; the cap of one a second per
    channel stays); Slack names Tier 3 for chat.update, which would not carry a crowd that answers by edited cards.
    With `echo`, the app hears of its own posts and edits, as it does on Slack.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        bot_token: str = "xoxb-sandbox",
        app_token: str = "xapp-sandbox",
        signing_secret: str = "sandbox-secret",
        http_url: str | None = None,
        ack_seconds: float = limits.ACK_SECONDS,
        trigger_seconds: float = limits.TRIGGER_SECONDS,
        floods: bool = True,
        post_per_minute: float | None = limits.POST_PER_MINUTE,
        update_per_minute: float | None = None,
        max_file_bytes: int = limits.FILE_BYTES,
        events: Collection[str] = EVENTS,
        echo: bool = False,
        faults: Faults | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.bot_token, self.app_token, self.signing_secret = bot_token, app_token, signing_secret
        self.faults = faults or Faults()
        self.calls: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.port = 0
        workspace, tokens = Workspace(self.clock), Tokens(trigger_seconds)
        delivery = Delivery(
            self.clock, self.faults,
            http=HttpTransport(signing_secret, ack_seconds), sockets=SocketTransport(ack_seconds),
        )  # fmt: skip
        super().__init__(workspace, delivery, Payloads(workspace, tokens), events)
        self._tokens, self._chat = tokens, Chat(workspace)
        self._views, self._files = Views(workspace, tokens), Files(workspace, max_file_bytes)
        limited = Floods(self.clock, post_per_minute=post_per_minute, update_per_minute=update_per_minute)
        self._floods = limited if floods else None
        self._methods: dict[str, Method] = {
            **self._chat.methods(), **self._views.methods(), **self._files.methods(), _CONNECT: self._connect,
        }  # fmt: skip
        self._runner: web.ServerRunner | None = None
        self.http_url = http_url
        if echo:
            workspace.echoes.append(self._echo)

    # -- life --------------------------------------------------------------------------------------------------------
    async def start(self, port: int = 0) -> Self:
        """Listen on loopback; port 0 takes a free one."""
        server = web.Server(self._handle, request_factory=_request, access_log=None)
        self._runner = web.ServerRunner(server, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self._payloads.root = self._files.root = f"http://127.0.0.1:{self.port}"
        return self

    async def stop(self) -> None:
        """Stop delivering and listening; the state stays readable."""
        await self._delivery.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """For `AsyncWebClient(base_url=...)`."""
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def http_url(self) -> str | None:
        """Where signed deliveries go; None for Socket Mode."""
        return self._delivery.http.url or None

    @http_url.setter
    def http_url(self, url: str | None) -> None:
        self._delivery.http.url = url or ""

    # -- deliveries --------------------------------------------------------------------------------------------------
    @property
    def acks(self) -> deque[Ack]:
        """Every delivery attempt and what became of it, oldest first (bounded)."""
        return self._delivery.acks

    @property
    def outcomes(self) -> Counter[str]:
        """Delivery attempts by outcome: "acked", or the reason of the failure."""
        return self._delivery.outcomes

    @property
    def sockets(self) -> SocketTransport:
        """The Socket Mode connections: `connected()`, `connections`, `refresh()`, `cut()`."""
        return self._delivery.sockets

    async def settle(self) -> None:
        """Wait until no delivery is on its way any more, retries included."""
        await self._delivery.settle()

    async def deliver_forged(
        self, kind: Kind, payload: Json, *, secret: str | None = None, at: float | None = None
    ) -> Ack:
        """One HTTP delivery signed with another secret or at another moment (seconds since the epoch)."""
        shipment = Shipment(kind, payload)
        signature = sign(secret or self.signing_secret, encode(kind, payload)[0], at)
        return await self._delivery.http.post(shipment, signature)

    def _echo(self, kind: EventKind, channel: Channel, message: Message, before: Message | None) -> None:
        if kind == "post":
            payload = self._payloads.message_event(channel, message)
        else:
            changed = {"message": outgoing(message), "previous_message": outgoing(before or message), "hidden": True}
            places = {"channel": channel.id, "channel_type": "im" if channel.is_im else "channel"}
            stamps = {"ts": message["edited"]["ts"], "event_ts": message["edited"]["ts"]}
            payload = self._payloads.event(
                {"type": "message", "subtype": "message_changed", **changed, **places, **stamps}
            )
        self._delivery.spawn(self._delivery.deliver("events_api", payload))

    # -- requests ----------------------------------------------------------------------------------------------------
    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        _, place, *rest = request.path.split("/")
        match place, rest:
            case "api", [method]:
                return await self._api(request, method)
            case "hook", [key]:
                return await self._hook(request, key)
            case "upload", [file_id]:
                return await self._upload(request, file_id)
            case "files", [file_id, *_]:
                return self._download(request, file_id)
            case "link", [ticket]:
                return await self._delivery.sockets.serve(request, ticket)
            case _:
                return web.Response(status=404)

    async def _api(self, request: web.BaseRequest, method: str) -> web.StreamResponse:
        self.calls[method] += 1
        fault = self.faults.take(method)
        if fault is not None and (spoiled := await _spoiled(request, fault)) is not None:
            return spoiled
        try:
            args = await _arguments(request)
            self._authorize(request, args, method)
            response = self._flooded(method, args) or _json({"ok": True, **self._methods[method](args)})
        except SlackError as error:
            response = self._refused(error)
        if fault is not None and fault.kind == "drop_after":
            return _dropped(request)
        return response

    def _authorize(self, request: web.BaseRequest, args: Json, method: str) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or args.pop("token", "")
        if not token:
            raise SlackError("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise SlackError("invalid_auth")
        if method not in self._methods:
            raise SlackError("unknown_method")
        if token != (self.app_token if method == _CONNECT else self.bot_token):
            raise SlackError("not_allowed_token_type")

    def _flooded(self, method: str, args: Json) -> web.Response | None:
        wait = self._floods.retry_after(method, str(args.get("channel") or "")) if self._floods else 0
        if wait:
            self.errors["ratelimited"] += 1
        return _rate_limited(wait) if wait else None

    def _refused(self, error: SlackError) -> web.Response:
        self.errors[error.code] += 1
        body: Json = {"ok": False, "error": error.code}
        if error.details:
            messages = [f"[ERROR] {detail}" for detail in error.details]
            body |= {"errors": error.details, "response_metadata": {"messages": messages}}
        return _json(body)

    def _connect(self, _: Json) -> Json:
        return {"url": f"ws://127.0.0.1:{self.port}/link/{self._delivery.sockets.ticket()}"}

    async def _hook(self, request: web.BaseRequest, key: str) -> web.StreamResponse:
        try:
            hook = self._tokens.use_hook(key)
            self._chat.respond(hook, await _arguments(request))
        except SlackError as error:
            response = self._refused(error)
            response.set_status(404)
            return response
        return web.Response(text="ok")

    async def _upload(self, request: web.BaseRequest, file_id: str) -> web.StreamResponse:
        if request.content_type == "multipart/form-data":
            parts = (await request.post()).values()
            data = b"".join(part.file.read() for part in parts if isinstance(part, web.FileField))
        else:
            data = await request.read()
        if not self._files.receive(file_id, data):
            return web.Response(status=400, text="unexpected upload")
        return web.Response(text=f"OK - {len(data)}")

    def _download(self, request: web.BaseRequest, file_id: str) -> web.StreamResponse:
        file = self._files.stored.get(file_id)
        if request.headers.get("Authorization") != f"Bearer {self.bot_token}":
            # Slack answers with its sign-in page and 200, so the content type is the only warning
            return web.Response(text="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
        if file is None or file.data is None:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=str(file.info["mimetype"]))


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]) -> web.BaseRequest:
    """A request that may be as long as Slack's uploads (aiohttp's own factory stops at 1 MB)."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=BODY_BYTES)


async def _arguments(request: web.BaseRequest) -> Json:
    """A method's arguments from the query and from a form or JSON body."""
    args: Json = _unnested(dict(request.query)) if request.query_string else {}
    if request.content_type == "multipart/form-data":
        args |= await request.post()
    elif body := await request.read():
        args |= _decoded(body, request.content_type)
    return args


def _decoded(body: bytes, content_type: str) -> Json:
    if content_type != "application/json":
        return _unnested(dict(parse_qsl(body.decode(), keep_blank_values=True)))
    try:
        args = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(args, dict):
        raise SlackError("json_not_object")
    return args


def _unnested(form: dict[str, str]) -> Json:
    return {key: _parsed(value) if key in _NESTED else value for key, value in form.items()}


def _parsed(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value  # the method refuses it by its own name


def _json(body: Json) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), content_type="application/json", charset="utf-8")


def _rate_limited(seconds: int) -> web.Response:
    response = _json({"ok": False, "error": "ratelimited"})
    response.set_status(429)
    response.headers["Retry-After"] = str(seconds)
    return response


async def _spoiled(request: web.BaseRequest, fault: Fault) -> web.Response | None:
    """The response of a call that goes wrong before it has any effect; None when it still takes effect."""
    match fault.kind:
        case "flood":
            return _rate_limited(fault.retry_after)
        case "server_error":
            return web.Response(status=503, text="upstream connect error")
        case "drop":
            return _dropped(request)
        case "delay":
            await asyncio.sleep(fault.seconds)
    return None


def _dropped(request: web.BaseRequest) -> web.Response:
    """Close the connection without a response; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
