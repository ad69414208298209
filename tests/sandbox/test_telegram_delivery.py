"""Updates reach a real Application by long poll and by webhook, whatever goes wrong; and people see the answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import Conflict
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, MessageHandler, filters

from bots.sandbox.faults import Kind
from bots.sandbox.telegram import TelegramSandbox

ANN, BOB, GROUP = 7, 8, -100
SECRET = "s3cret"
MODES = ["polling", "webhook"]
Seen = asyncio.Queue[tuple[int, str]]
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(floods=False) as sandbox:
        sandbox.add_user(ANN, "Ann", "de")
        sandbox.add_user(BOB, "Bob")
        sandbox.add_group(GROUP, "Requests", [ANN, BOB])
        yield sandbox


async def echo(update: Update, context: Any) -> None:
    """Repeat a message with a button under it; remember the update."""
    assert update.effective_message
    text = update.effective_message.text or update.effective_message.caption or ""
    context.bot_data["seen"].put_nowait((update.update_id, text))
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="v1:yes")]])
    await update.effective_message.reply_text(f"echo {text}", reply_markup=keyboard)


async def thank(update: Update, context: Any) -> None:
    """Answer a press and take the keyboard away."""
    assert update.callback_query
    context.bot_data["seen"].put_nowait((update.update_id, str(update.callback_query.data)))
    await update.callback_query.answer("Thank you")
    await update.callback_query.edit_message_text("done")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    """A web server of the bot's own; gives its URL."""
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(sandbox: TelegramSandbox, mode: str) -> AsyncIterator[Seen]:
    """A real bot on the sandbox; gives what its handlers see."""
    builder = ApplicationBuilder().token(sandbox.token).base_url(sandbox.base_url).base_file_url(sandbox.base_file_url)
    app: Application[Any, Any, Any, Any, Any, Any] = (builder if mode == "polling" else builder.updater(None)).build()
    app.bot_data["seen"] = seen = Seen()
    app.add_handlers([CallbackQueryHandler(thank), MessageHandler(filters.ALL, echo)])

    async def hook(request: web.BaseRequest) -> web.Response:
        await app.update_queue.put(Update.de_json(await request.json(), app.bot))
        return web.Response()

    async with app, listening(hook) as url:
        await app.start()
        try:
            if app.updater:
                await app.updater.start_polling(poll_interval=0, timeout=1)
            else:
                await app.bot.set_webhook(url)
            yield seen
        finally:
            await (app.updater.stop() if app.updater else app.bot.delete_webhook())
            await app.stop()


def says(text: str) -> Any:
    """A predicate for messages with this text."""
    return lambda message: message.get("text") == text


@pytest.mark.parametrize("mode", MODES)
async def test_a_press_goes_there_and_back(sandbox: TelegramSandbox, mode: str) -> None:
    async with running(sandbox, mode):
        await sandbox.press_start(ANN, "ref_42")
        card = await sandbox.wait_for(ANN, says("echo /start ref_42"))
        answer = await sandbox.pressed(await sandbox.press(ANN, card, "Yes"))
        await sandbox.wait_for(ANN, says("done"))
    assert answer.text == "Thank you", "the person must see the toast"
    kinds = [event.kind for event in sandbox.history(ANN)]
    assert kinds == ["said", "sent", "pressed", "toast", "edited"], "the transcript must tell the whole story"
    assert not sandbox.unanswered(), "no press may stay unanswered"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("duplicate", ["one", "one", "two"]),
        ("redeliver", ["one", "two", "one"]),
        ("reorder", ["two", "one"]),
    ],
)
async def test_delivery_faults_reach_the_bot(
    sandbox: TelegramSandbox, mode: str, kind: Kind, expected: list[str]
) -> None:
    async with running(sandbox, mode) as seen:
        sandbox.faults.add("message", kind, seconds=0.3)
        await sandbox.say(ANN, "one")
        await sandbox.say(ANN, "two")
        got = [await asyncio.wait_for(seen.get(), 5) for _ in expected]
    assert [text for _, text in got] == expected, f"{kind} must show in what the handlers see"
    assert len({number for number, _ in got}) == 2, "a repeated update must keep its update_id"


async def test_updates_wait_for_a_bot_and_are_confirmed_by_offset(sandbox: TelegramSandbox) -> None:
    for word in ("a", "b", "c"):
        await sandbox.say(ANN, word)
    async with Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        first = await bot.get_updates(limit=2)
        again = await bot.get_updates(limit=2)
        rest = await bot.get_updates(offset=first[-1].update_id + 1)
    assert [u.message and u.message.text for u in first] == ["a", "b"], "limit must hold"
    assert again == first, "what is not confirmed must come again"
    assert [u.message and u.message.text for u in rest] == ["c"], "offset must confirm the earlier ones"
    assert sandbox.pending == 1, "the last update must wait for its own confirmation"


async def test_a_newer_poll_ends_the_older(sandbox: TelegramSandbox) -> None:
    async with (
        Bot(sandbox.token, base_url=sandbox.base_url) as one,
        Bot(sandbox.token, base_url=sandbox.base_url) as two,
    ):
        older = asyncio.create_task(one.get_updates(timeout=5))
        await asyncio.sleep(0.1)
        newer = asyncio.create_task(two.get_updates(timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await older
        await sandbox.say(ANN, "hello")
        assert len(await newer) == 1, "the newer poll must get the update"


async def test_polling_is_refused_under_a_webhook(sandbox: TelegramSandbox) -> None:
    async with Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        await sandbox.say(ANN, "hello")
        await bot.set_webhook(f"http://127.0.0.1:{free_port()}/", max_connections=2)
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        info = await bot.get_webhook_info()
        await bot.delete_webhook()
        assert info.pending_update_count == 1, "an undelivered update must be kept"
        assert len(await bot.get_updates()) == 1, "it must be there for polling when the webhook is gone"
        await bot.delete_webhook(drop_pending_updates=True)
        assert not await bot.get_updates(), "dropping must forget it"


async def test_a_webhook_is_called_again_until_it_accepts(sandbox: TelegramSandbox) -> None:
    statuses = [500, 404, 200, 200]
    bodies: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def hook(request: web.BaseRequest) -> web.Response:
        bodies.put_nowait(
            (request.headers["X-Telegram-Bot-Api-Secret-Token"], (await request.json())["message"]["text"])
        )
        return web.Response(status=statuses.pop(0))

    async with listening(hook) as url, Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        await bot.set_webhook(url, secret_token=SECRET)
        await sandbox.say(ANN, "one")
        await sandbox.say(ANN, "two")
        got = [await asyncio.wait_for(bodies.get(), 5) for _ in range(4)]
        info = await bot.get_webhook_info()
        await bot.delete_webhook()
    assert got == [(SECRET, "one")] * 3 + [(SECRET, "two")], "redelivery must keep the order of the chat"
    assert info.last_error_message and "404" in info.last_error_message, "the last failure must be told"


async def test_a_webhook_that_comes_up_late_gets_what_waited(sandbox: TelegramSandbox) -> None:
    async with Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        await bot.set_webhook(f"http://127.0.0.1:{free_port()}/")
        await sandbox.say(ANN, "early")
        await asyncio.sleep(0.1)
    async with running(sandbox, "webhook") as seen:
        assert await asyncio.wait_for(seen.get(), 5) == (1, "early"), "an update must outlive a bot that is away"
    assert sandbox.deliveries[0] >= 1, "the failed connection must be counted"


async def test_allowed_updates_are_obeyed(sandbox: TelegramSandbox) -> None:
    async with Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        await bot.get_updates(allowed_updates=["my_chat_member"])
        await sandbox.press_start(ANN)
        await sandbox.block(ANN)
        await sandbox.unblock(ANN)
        updates = await bot.get_updates()
    changes = [u.my_chat_member and u.my_chat_member.difference()["status"] for u in updates]
    assert changes == [("member", "kicked"), ("kicked", "member")], "only the membership updates must come"


async def test_group_commands_are_marked_and_privacy_hides_the_rest() -> None:
    async with TelegramSandbox(privacy=True) as sandbox, Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        sandbox.add_user(ANN, "Ann")
        sandbox.add_group(GROUP, "Requests", [ANN])
        await sandbox.say(ANN, "just talk", GROUP)
        await sandbox.say(ANN, "😀 /post@tapcrowd_bot now", GROUP)
        await sandbox.upload(ANN, "items.csv", b"a\n", caption="/post", chat_id=GROUP)
        updates = await bot.get_updates()
    commands = [
        (u.message.parse_entities() or u.message.parse_caption_entities()).values() for u in updates if u.message
    ]
    assert [list(c) for c in commands] == [["/post@tapcrowd_bot"], ["/post"]], "only commands must come, as entities"
    assert updates[1].message and updates[1].message.document, "the file must come with its caption"


async def test_people_cannot_do_what_telegram_would_not_let_them(sandbox: TelegramSandbox) -> None:
    for payload in ("", "x" * 65, "no spaces"):
        with pytest.raises(ValueError, match="deep link"):
            await sandbox.press_start(ANN, payload)
    await sandbox.press_start(ANN)
    await sandbox.block(ANN)
    with pytest.raises(ValueError, match="blocked"):
        await sandbox.say(ANN, "hello")
    with pytest.raises(LookupError, match="no button"):
        await sandbox.press(BOB, await sandbox.say(BOB, "x"), "Yes")


async def test_a_press_on_a_deleted_message_comes_without_its_content(sandbox: TelegramSandbox) -> None:
    async with Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        await sandbox.press_start(ANN)
        card = await bot.send_message(
            ANN, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("a", callback_data="b")]])
        )
        stale = sandbox.last(ANN)
        await card.delete()
        await sandbox.press(ANN, stale or {}, 0)
        query = (await bot.get_updates())[-1].callback_query
    assert query and query.data == "b" and query.message and not query.message.is_accessible, "the message must be gone"


async def test_subscribers_see_every_change_at_once(sandbox: TelegramSandbox) -> None:
    seen: list[str] = []
    await sandbox.press_start(ANN)
    end = sandbox.subscribe(ANN, lambda message: seen.append(message["text"]))
    async with Bot(sandbox.token, base_url=sandbox.base_url) as bot:
        sent = await bot.send_message(ANN, "one")
        await sent.edit_text("two")
        end()
        await bot.send_message(ANN, "three")
    assert seen == ["one", "two"], "a subscriber must see sends and edits until it leaves"
    with pytest.raises(TimeoutError):
        await sandbox.wait_for(ANN, says("never"), 0.05)
