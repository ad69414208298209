"""The framework's floor: the same taps answered by python-telegram-bot or Bolt alone, without core, store or outbox.

Two calls for Telegram (answer, edit) and one for Slack (ack, chat.update) as in the reference figures; with `send` one
more, the next card, as the whole path has it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, TCPConnector, web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, ContextTypes
from telegram.request import BaseRequest, RequestData

from bench import world_slack, world_telegram

POOL = 256
QUESTION = "Label?"
KEYBOARD = [("cat", "t1:cat"), ("dog", "t1:dog")]


class AioHttp(BaseRequest):
    """The library's transport over aiohttp instead of httpx, with nothing added."""

    session: ClientSession

    @property
    def read_timeout(self) -> float:
        return 5.0

    async def initialize(self) -> None:
        self.session = ClientSession(connector=TCPConnector(limit=POOL))

    async def shutdown(self) -> None:
        await self.session.close()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        data = request_data.json_parameters if request_data else None
        async with self.session.request(method, url, data=data) as response:
            return response.status, await response.read()


def telegram_application(api: str, *, send: bool) -> Application[Any, Any, Any, Any, Any, Any]:
    """An application with one handler."""

    async def click(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None, "only presses are sent"
        assert query.message is not None, "with their message"
        await query.answer("saved")
        await query.edit_message_text(f"You chose {query.data}")
        if send:
            buttons = [InlineKeyboardButton(text, callback_data=data) for text, data in KEYBOARD]
            markup = InlineKeyboardMarkup([buttons])
            await context.bot.send_message(query.message.chat.id, QUESTION, reply_markup=markup)

    builder = ApplicationBuilder().token(world_telegram.TOKEN).concurrent_updates(POOL)
    application = builder.base_url(f"{api}/bot").request(AioHttp()).build()
    application.add_handler(CallbackQueryHandler(click, pattern=r"^t\d+:"))
    return application


@asynccontextmanager
async def telegram_floor(api: str, port: int, *, send: bool) -> AsyncIterator[None]:
    """python-telegram-bot behind an aiohttp hook."""
    application = telegram_application(api, send=send)

    async def hook(request: web.Request) -> web.Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return web.Response()

    async with application:
        await application.start()
        server = web.Application()
        server.router.add_post("/telegram", hook)
        async with serving(server, port):
            yield
        await application.stop()


@asynccontextmanager
async def slack_floor(api: str, port: int, *, send: bool) -> AsyncIterator[None]:
    """Bolt's own aiohttp server, with one shared session for its calls."""
    async with ClientSession() as session:
        client = AsyncWebClient(world_slack.TOKEN, base_url=f"{api}/api/", session=session)
        app = AsyncApp(client=client, signing_secret=world_slack.SECRET)

        @app.action(re.compile("^label:"))
        async def label(ack: Any, body: Any, client: AsyncWebClient) -> None:
            await ack()
            channel = body["channel"]["id"]
            await client.chat_update(channel=channel, ts=body["message"]["ts"], text="You chose", blocks=[])
            if send:
                await client.chat_postMessage(channel=channel, text=QUESTION, blocks=_blocks())

        async with serving(app.web_app("/slack/events"), port):
            yield


def _blocks() -> list[dict[str, Any]]:
    buttons = [
        {"type": "button", "action_id": f"label:{text}", "value": data, "text": {"type": "plain_text", "text": text}}
        for text, data in KEYBOARD
    ]
    text = {"type": "section", "text": {"type": "mrkdwn", "text": QUESTION}}
    return [text, {"type": "actions", "block_id": "t", "elements": buttons}]


@asynccontextmanager
async def serving(application: web.Application, port: int) -> AsyncIterator[None]:
    """Serve on loopback."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()
