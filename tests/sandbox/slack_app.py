"""A small real slack-bolt app for the sandbox's tests: it posts a card, opens a form and remembers what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bots.sandbox.slack import SlackSandbox
from core.ports import SystemClock

ACK_SECONDS = 0.4
FAST = SystemClock(speed=2000.0)  # six minutes of retries in 0.2 s


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def button(action_id: str, value: str = "v") -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(action_id), "value": value}


CARD = [{"type": "actions", "block_id": "task", "elements": [button(name) for name in ("cat", "form", "slow", "note")]}]
FORM = {
    "type": "modal", "callback_id": "form", "private_metadata": "t1", "title": plain("Why"), "submit": plain("Send"),
    "blocks": [
        {"type": "input", "block_id": "why", "label": plain("Why"),
         "element": {"type": "plain_text_input", "action_id": "text"}},
        {"type": "input", "block_id": "proof", "label": plain("Proof"), "optional": True,
         "element": {"type": "file_input", "action_id": "files", "max_files": 2}},
    ],
}  # fmt: skip


@dataclass
class Bot:
    """A small app that remembers what it was sent."""

    app: AsyncApp
    heard: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    slow_once: bool = False


def build(slack: SlackSandbox) -> Bot:
    patient = AsyncRateLimitErrorRetryHandler(max_retry_count=2)
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, retry_handlers=[patient])
    bot = Bot(AsyncApp(client=client, signing_secret=slack.signing_secret))
    app = bot.app

    @app.middleware
    async def first(req: Any, next: Callable[[], Awaitable[None]]) -> None:
        bot.retries.append((req.headers.get("x-slack-retry-num") or ["-"])[0])
        if bot.slow_once:
            bot.slow_once = False
            await asyncio.sleep(ACK_SECONDS + 0.1)
        await next()

    @app.event("message")
    async def message(event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient) -> None:
        bot.heard.append(event.get("text", "") or event.get("subtype", ""))
        bot.ids.append(body["event_id"])
        if event.get("text") == "task":
            await client.chat_postMessage(channel=event["channel"], text="Cat?", blocks=CARD)

    @app.action("cat")
    async def cat(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        place = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**place, text="You chose cat", blocks=[])

    @app.action("form")
    async def form(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.action("slow")
    async def slow(ack: Any) -> None:
        await asyncio.sleep(ACK_SECONDS + 0.1)
        await ack()

    @app.action("note")
    async def note(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="saved", replace_original=False)

    @app.view("form")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        if len(values["why"]["text"]["value"]) < 3:
            await ack(response_action="errors", errors={"why": "too short"})
            return
        await ack()
        bot.submitted.append(values)

    @app.command("/newjob")
    async def newjob(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"queued {command['text']}")

    @app.event("app_home_opened")
    async def home(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})

    return bot


async def serve(bot: Bot, slack: SlackSandbox, mode: str) -> Callable[[], Awaitable[None]]:
    if mode == "socket":
        connector = AsyncWebClient(token=slack.app_token, base_url=slack.base_url)
        handler = AsyncSocketModeHandler(bot.app, slack.app_token, web_client=connector)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # slack-bolt leaves it untyped
        await slack.sockets.connected()
        return handler.close_async
    runner = web.AppRunner(bot.app.web_app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.http_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    return runner.cleanup


async def card(slack: SlackSandbox) -> dict[str, Any]:
    await slack.say("U1", "task")
    return await slack.wait_dm("U1", lambda message: bool(message["blocks"]))
