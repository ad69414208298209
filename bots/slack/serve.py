"""Listens to Slack through Bolt, over Socket Mode or signed HTTP, and acknowledges a delivery only when it is durable.

`process_before_response=True` makes Bolt await the listener, and the listener awaits `dispatch`, that is the commit,
before anything is acknowledged. A crash or a StoreError before the commit leaves the delivery unacknowledged, and Slack
delivers events again (up to three times); without it Bolt acknowledges events first and would lose them. It also spares
Bolt's wait for the acknowledgement, a poll every 10 ms. Repeated deliveries are passed on: the core knows their keys.

Who the bot is gets asked once, at start. Bolt would ask auth.test at the first delivery, and answer that delivery 200,
that is lose it, if the call failed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from yarl import URL

from bots.slack import forms, inbound
from bots.slack.client import SlackChat, chat_errors
from bots.slack.render import clean, escape, notice, to_blocks
from core.errors import ChatError, SettingsError, StoreError, Unavailable
from core.messages import Card, Command, Press, Reply

Dispatch = Callable[[Command], Awaitable[Reply]]
"""Obeys a command; returns when its effect is durable, raises StoreError when it is not."""

PATH = "/slack/events"  # Bolt's own default
SOCKETS = 2  # Bolt's maintainers advise two or more, so that a refresh of one loses nothing; Slack allows ten
WATCH_SECONDS = 30.0  # our choice: how long a socket may hang on a dead address
DRAIN_SECONDS = 5.0  # our choice: how long stop() waits for commands under way, and again for whispers
FORM_FAILED = "The form could not be opened. Please send the command again."
HOME = Card(title="tapcrowd", text="Small tasks, one tap each. Press Start: your first one comes in the Messages tab.")
HOME_BUTTON = {"type": "button", "action_id": "start:home", "text": {"type": "plain_text", "text": "Start"}}
HOME_VIEW = {"type": "home", "blocks": [*to_blocks(HOME), {"type": "actions", "elements": [HOME_BUTTON]}]}

log = logging.getLogger(__name__)


class SlackServer:
    """Slack's deliveries to one app: Socket Mode when there is an app-level token, signed HTTP by `routes()` otherwise.

    `chat` must be started before this and stopped after it. SettingsError when neither secret is given.
    """

    def __init__(
        self,
        chat: SlackChat,
        dispatch: Dispatch,
        *,
        signing_secret: str = "",
        app_token: str = "",
        sockets: int = SOCKETS,
    ) -> None:
        if not (signing_secret or app_token):
            raise SettingsError("Slack needs an app-level token (Socket Mode) or a signing secret (HTTP).")
        self._chat = chat
        self._dispatch = dispatch
        self._signing_secret = signing_secret
        self._app_token = app_token
        self._sockets = sockets if app_token else 0
        self._identity: AuthorizeResult | None = None
        self._serving = False
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._handlers: list[AsyncSocketModeHandler] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None
        self._app = self._build()

    async def start(self) -> None:
        """Learn who we are and connect; ChatError when Slack refuses a token or cannot be reached."""
        who = await self._chat.call("auth.test", {})
        self._identity = AuthorizeResult(
            enterprise_id=who.get("enterprise_id"),
            team_id=who.get("team_id"),
            bot_user_id=who.get("user_id"),
            bot_id=who.get("bot_id"),
        )
        self._serving = True
        for _ in range(self._sockets):
            await self._connect()
        if self._handlers:
            self._watch = asyncio.create_task(self._watch_sockets())

    async def stop(self) -> None:
        """Take nothing more, and let what is under way end: commands for a few seconds, then whispers."""
        self._serving = False
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        while self._handlers:
            await self._handlers.pop().close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)

    def routes(self) -> list[web.RouteDef]:
        """The HTTP route for events, commands and interactivity alike; answers 503 until start()."""
        if not self._signing_secret:
            raise SettingsError("Slack over HTTP needs the signing secret.")
        return [web.post(PATH, self._receive)]

    async def _receive(self, request: web.Request) -> web.Response:
        if not self._serving:
            return web.Response(status=503)
        answer = await self._app.async_dispatch(_to_bolt(await request.text(), request))
        if answer.status == 200 and not answer.body:
            return web.Response()
        return await to_aiohttp_response(answer)

    def _build(self) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            if self._identity is None:
                raise Unavailable("the Slack server is not started")
            return self._identity

        app = AsyncApp(
            name="tapcrowd",
            client=self._chat.web_client(None),
            authorize=authorize,
            signing_secret=self._signing_secret,
            process_before_response=True,
            attaching_conversation_kwargs_enabled=False,
        )
        anything = re.compile("")
        app.action(anything)(self._on_action)
        app.event(anything)(self._on_event)
        app.command(anything)(self._on_command)
        app.view(forms.CALLBACK)(self._on_form)
        app.error(_log_failure)
        return app

    async def _on_action(self, body: dict[str, Any], ack: AsyncAck) -> None:
        self._remember(body)
        command = inbound.from_action(body)
        if command is not None:
            reply = await self._obey(command)
            if isinstance(command, Press) and reply.alert and reply.toast:
                self._later(self._chat.whisper(command.chat, command.who.user, reply.toast))
        await ack()

    async def _on_event(self, body: dict[str, Any], ack: AsyncAck) -> None:
        self._remember(body)
        event = body["event"]
        command = inbound.from_event(body)
        if command is not None:
            await self._obey(command)
        elif event["type"] == "app_home_opened" and event.get("tab") == "home" and not event.get("view"):
            self._later(self._publish_home(event["user"]))
        elif event["type"] == "app_uninstalled":
            log.error("the Slack app was removed from workspace %s", body.get("team_id"))
        await ack()

    async def _on_command(self, body: dict[str, Any], ack: AsyncAck) -> None:
        command = inbound.from_command(body)
        if command.verb == forms.CALLBACK:
            await ack(**_ephemeral(await self._open_form(body["trigger_id"], command.chat)))
            return
        reply = await self._obey(command)
        await ack(**_ephemeral(reply.toast if reply.alert else ""))

    async def _on_form(self, body: dict[str, Any], ack: AsyncAck) -> None:
        upload = inbound.from_form(body)
        reply = await self._obey(upload)
        problems = forms.errors(reply)
        if problems is None:
            await ack()
            return
        await ack(response_action="errors", errors=problems)
        if reply.toast not in problems.values():
            self._later(self._chat.whisper(upload.chat, upload.who.user, reply.toast))

    async def _open_form(self, trigger: str, chat: str) -> str:
        """Open the job form; what to tell the person when that failed, else nothing."""
        try:
            await self._chat.call("views.open", {"trigger_id": trigger, "view": forms.job_form(chat)})
        except ChatError as error:
            log.warning("the job form did not open: %s: %s", type(error).__name__, error)
            return FORM_FAILED
        return ""

    async def _publish_home(self, user: str) -> None:
        try:
            await self._chat.call("views.publish", {"user_id": user, "view": HOME_VIEW})
        except ChatError as error:
            log.info("the home of %s was not published: %s: %s", user, type(error).__name__, error)

    async def _obey(self, command: Command) -> Reply:
        self._busy += 1
        self._idle.clear()
        try:
            return await self._dispatch(command)
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    def _remember(self, body: dict[str, Any]) -> None:
        known = inbound.direct_chat(body)
        if known is not None:
            self._chat.remember(*known)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> None:
        """One more socket. The first address is asked for here: a refused token ends start() instead of looping."""
        handler = AsyncSocketModeHandler(self._app, self._app_token, web_client=self._chat.web_client(self._app_token))
        handler.client.proxy = handler.client.web_client.proxy
        self._handlers.append(handler)
        with chat_errors():
            handler.client.wss_uri = await handler.client.issue_new_wss_url()
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped

    async def _watch_sockets(self) -> None:
        """Make a socket that cannot connect ask for a fresh address: slack_sdk tries the same one for ever."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for handler in self._handlers:
                if not await handler.client.is_connected():
                    log.warning("a Slack socket is not connected; asking for a new address")
                    handler.client.wss_uri = None


def _to_bolt(body: str, request: web.Request) -> AsyncBoltRequest:
    """A delivery as Bolt's request; an interaction, kilobytes of %XX, is unquoted by yarl in a tenth of Bolt's time."""
    headers: Any = request.headers
    if not body.startswith("payload="):
        return AsyncBoltRequest(body=body, query=request.query_string, headers=headers)
    payload = json.loads(URL.build(query_string=body, encoded=True).query["payload"])
    delivery = AsyncBoltRequest(body=payload, headers=headers, mode="socket_mode")  # the mode that takes parsed bodies
    delivery.mode, delivery.raw_body = "http", body  # the signature is checked on what came
    return delivery


def _ephemeral(text: str) -> dict[str, Any]:
    """The acknowledgement of a command: nothing, or a text that only this person sees."""
    return {"text": escape(clean(text)), "blocks": notice(text)} if text else {}


async def _log_failure(error: Exception) -> None:
    """Log why a delivery was not acknowledged; never its content."""
    if isinstance(error, StoreError):
        log.warning("not acknowledged, Slack will deliver it again: %s", error)
    else:
        log.error("a Slack delivery failed", exc_info=error)
