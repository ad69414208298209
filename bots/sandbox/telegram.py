"""Telegram on loopback: a strict, stateful Bot API server that the real python-telegram-bot talks to by its base_url.

One sandbox for the demo, the tests and the benchmarks. People act and look through the methods of `People`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, deque
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.web_request import FileField

from bots.sandbox import telegram_limits as limits
from bots.sandbox.faults import Fault, Faults
from bots.sandbox.telegram_call import Api, Params, Upload
from bots.sandbox.telegram_errors import ApiError, bad_request, flood
from bots.sandbox.telegram_flood import Flood
from bots.sandbox.telegram_people import People
from bots.sandbox.telegram_profile import METHODS
from bots.sandbox.telegram_state import World
from bots.sandbox.telegram_updates import Updates
from core.ports import Clock, SystemClock

TOKEN = "123456:SANDBOX"
USERNAME = "tapcrowd_bot"
BODY_BYTES = limits.UPLOAD_BYTES + 16 * 2**20  # room for a refusal of our own above the upload limit
RECENT_CALLS = 256  # calls kept for a look; the counter covers all
SHUTDOWN_SECONDS = 0.5  # what a stopping server grants to calls in flight


class TelegramSandbox(People):
    """The server; use `async with`, or start() and stop(). `calls` counts by method, `recent` keeps the latest.

    `floods=False` switches the flood limits off (benchmarks); `privacy=True` hides group talk from the bot.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        clock: Clock | None = None,
        faults: Faults | None = None,
        floods: bool = True,
        privacy: bool = False,
    ) -> None:
        self.token = token
        self.clock = clock or SystemClock()
        self.faults = faults or Faults()
        self.calls: Counter[str] = Counter()
        self.recent: deque[tuple[str, dict[str, Any]]] = deque(maxlen=RECENT_CALLS)
        self.port = 0
        world = World(_bot(token, privacy=privacy), self.clock)
        super().__init__(world, Updates(self.faults, speed=self.clock.speed), privacy=privacy)
        self._api = Api(world, self._updates, Flood() if floods else None)
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int = 0) -> Self:
        """Listen on loopback; port 0 takes a free one."""
        server = web.Server(self._handle, request_factory=_request, access_log=None)
        self._runner = web.ServerRunner(server, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Stop delivering and listening; the state stays readable."""
        await self._updates.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """For `ApplicationBuilder.base_url`."""
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def base_file_url(self) -> str:
        """For `ApplicationBuilder.base_file_url`."""
        return f"http://127.0.0.1:{self.port}/file/bot"

    @property
    def deliveries(self) -> Counter[int]:
        """Webhook deliveries by HTTP status; 0 counts failed connections."""
        return self._updates.statuses

    @property
    def pending(self) -> int:
        """Updates that the bot has not confirmed."""
        return self._updates.pending

    # -- one call ----------------------------------------------------------------------------------------------------
    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        _, head, rest = (*request.path.split("/", 2), "", "")[:3]
        if head == "file":
            return self._download(rest)
        try:
            if head != f"bot{self.token}":
                raise ApiError(401, "Unauthorized")
            text = await self._call(request, rest)
        except ApiError as error:
            return _refusal(error)
        if text is None:
            return _dropped(request)
        return web.Response(body=f'{{"ok":true,"result":{text}}}'.encode(), content_type="application/json")

    async def _call(self, request: web.BaseRequest, method: str) -> str | None:
        """The result as JSON; None when a fault drops the connection."""
        params = await _params(request)
        self.calls[method] += 1
        self.recent.append((method, params.values))
        fault = self.faults.take(method)
        return await (self._result(method, params) if fault is None else self._spoiled(fault, method, params))

    async def _spoiled(self, fault: Fault, method: str, params: Params) -> str | None:
        match fault.kind:
            case "flood":
                raise flood(fault.retry_after)
            case "server_error":
                raise ApiError(502, "Bad Gateway")
            case "delay":
                await asyncio.sleep(fault.seconds)
                return await self._result(method, params)
            case "drop_after":
                with suppress(ApiError):
                    await self._result(method, params)
        return None

    async def _result(self, method: str, params: Params) -> str:
        simple = METHODS.get(method)
        if simple is not None:
            return json.dumps(simple(self._api, params), separators=(",", ":"))
        match method:
            case "getUpdates":
                self._updates.allow(params.json("allowed_updates"))
                limit = params.number("limit", limits.UPDATES_PER_POLL)
                return await self._updates.poll(params.number("offset"), limit, params.number("timeout"))
            case "setWebhook":
                await self._set_webhook(params)
            case "deleteWebhook":
                await self._updates.clear_hook(drop=params.flag("drop_pending_updates"))
            case _:
                raise ApiError(404, "Not Found: method not found")
        return "true"

    async def _set_webhook(self, params: Params) -> None:
        url, secret = params.text("url"), params.text("secret_token")
        connections = params.number("max_connections", limits.WEBHOOK_CONNECTIONS)
        if url and not url.startswith(("http://", "https://")):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not re.fullmatch(limits.SECRET_TOKEN, secret):
            raise bad_request("secret token contains unallowed characters")
        if not 1 <= connections <= limits.WEBHOOK_CONNECTIONS_MAX:
            raise bad_request("max_connections must be between 1 and 100")
        self._updates.allow(params.json("allowed_updates"))
        await self._updates.clear_hook(drop=params.flag("drop_pending_updates"))
        if url:
            self._updates.set_hook(url, secret, connections)

    def _download(self, rest: str) -> web.Response:
        head, _, path = rest.partition("/")
        if head != f"bot{self.token}":
            return _refusal(ApiError(401, "Unauthorized"))
        for file in self.files.values():
            if file.path == path and len(file.data) <= limits.DOWNLOAD_BYTES:
                return web.Response(body=file.data)
        return _refusal(ApiError(404, "Not Found"))


def _bot(token: str, *, privacy: bool) -> dict[str, Any]:
    return {
        "id": int(token.partition(":")[0]), "is_bot": True, "first_name": "tapcrowd", "username": USERNAME,
        "can_join_groups": True, "can_read_all_group_messages": not privacy, "supports_inline_queries": False,
    }  # fmt: skip


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: asyncio.Task[None]) -> web.BaseRequest:
    """A request that may be as long as Telegram's uploads (aiohttp's own factory stops at 1 MB)."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=BODY_BYTES)


async def _params(request: web.BaseRequest) -> Params:
    """Parameters from the query and from a form, multipart or JSON body."""
    values: dict[str, Any] = dict(request.query) if request.query_string else {}
    kind = request.content_type
    try:
        if kind == "multipart/form-data":
            for name, part in (await request.post()).items():
                values[name] = Upload(part.filename, part.file.read()) if isinstance(part, FileField) else part
        elif body := await request.read():
            values |= (
                json.loads(body) if kind == "application/json" else parse_qsl(body.decode(), keep_blank_values=True)
            )
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, "Request Entity Too Large") from error
    except ValueError as error:
        raise bad_request("can't parse the request's body") from error
    return Params(values)


def _refusal(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return web.json_response(body, status=error.code, reason=HTTPStatus(error.code).phrase)


def _dropped(request: web.BaseRequest) -> web.Response:
    """Close the connection without a response; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
