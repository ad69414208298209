"""The whole way on loopback: people act, commands are committed, presses are answered and nothing is lost.

Proves bots.telegram.serve with bots.telegram.delivery and bots.telegram.polling.
"""

from __future__ import annotations

import asyncio
import io
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from bots.sandbox.telegram import TelegramSandbox
from bots.telegram.client import TelegramChat, connect
from bots.telegram.serve import Menu, TelegramServer, listen
from bots.telegram.webhook import SECRET_HEADER, Webhook
from core.errors import SettingsError, StoreError, Unavailable
from core.messages import Button, Card, Command, Press, Reply, Said, Typed, Upload

ANN, BOB = 7, 8
SECRET = "sekrit"
CARD = Card("Cat?", rows=((Button("cat", "t1:cat"), Button("dog", "t1:dog")),))
WAYS = pytest.mark.parametrize("way", ["polling", "webhook"])


class Core:
    """Stands for the house behind the adapter: keeps what was committed, and fails to save when told to."""

    def __init__(self) -> None:
        self.done: list[Command] = []
        self.tries: Counter[str] = Counter()
        self.fail = 0
        self.delay: Callable[[Command], float] = lambda command: 0.0
        self.reply = Reply(toast="Saved")

    async def __call__(self, command: Command) -> Reply:
        self.tries[command.key] += 1
        await asyncio.sleep(self.delay(command))
        if self.fail > 0:
            self.fail -= 1
            raise StoreError
        self.done.append(command)
        return self.reply

    def texts(self, user_id: int) -> list[str]:
        """What this person typed, in the order of the commits."""
        return [
            command.text for command in self.done if isinstance(command, Typed) and command.who.user == str(user_id)
        ]


async def until(holds: Callable[[], bool]) -> None:
    """Wait three seconds at most until it holds, or fail."""
    for _ in range(600):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen in time")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class House:
    """One sandbox and one bot."""

    def __init__(self, sandbox: TelegramSandbox, stack: AsyncExitStack) -> None:
        self.sandbox, self.stack, self.core = sandbox, stack, Core()
        self.url = ""

    async def serve(self, way: str, **more: Any) -> tuple[TelegramChat, TelegramServer]:
        """Start the bot; it is stopped with the house, or before."""
        chat = connect(self.sandbox.token, f"http://127.0.0.1:{self.sandbox.port}")
        self.stack.push_async_callback(chat.close)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/telegram"
        hook = Webhook(self.url, SECRET) if way == "webhook" else None
        server = TelegramServer(chat, self.core, webhook=hook, poll_seconds=5, pause=0.02, **more)
        if hook is not None:
            self.stack.push_async_callback((await listen(server, port=port)).cleanup)
        await server.start()
        self.stack.push_async_callback(server.stop)
        return chat, server

    async def post(self, body: bytes, secret: str = SECRET) -> int:
        """Call the webhook as Telegram, or as somebody else."""
        async with (
            ClientSession() as http,
            http.post(self.url, data=io.BytesIO(body), headers={SECRET_HEADER: secret}) as answer,
        ):
            return answer.status


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with TelegramSandbox(floods=False) as sandbox, AsyncExitStack() as stack:
        for user_id in (ANN, BOB):
            sandbox.add_user(user_id, "someone")
        yield House(sandbox, stack)


@WAYS
async def test_commands_and_presses_arrive_and_are_answered(house: House, way: str) -> None:
    chat, _ = await house.serve(way)
    await house.sandbox.press_start(ANN, "job_12")
    await until(lambda: bool(house.core.done))
    message = await chat.send(str(ANN), CARD)
    shown = house.sandbox.last(ANN)
    assert shown is not None
    answer = await house.sandbox.pressed(await house.sandbox.press(ANN, shown, "dog"))
    said, press = house.core.done
    assert isinstance(said, Said) and (said.verb, said.args) == ("start", "job_12"), "the deep link must arrive"
    assert isinstance(press, Press) and (press.token, press.message) == ("t1:dog", message), "so must the press"
    assert answer.text == "Saved" and not answer.show_alert, "the press must be answered with the reply's toast"


@WAYS
async def test_every_press_is_answered_exactly_once_even_without_words(house: House, way: str) -> None:
    house.core.reply = Reply()
    chat, server = await house.serve(way)
    await house.sandbox.press_start(ANN)
    await chat.send(str(ANN), CARD)
    shown = house.sandbox.last(ANN)
    assert shown is not None
    for choice in ("cat", "dog", "cat"):
        await house.sandbox.press(ANN, shown, choice)
    await until(lambda: len(house.core.done) == 4)
    await server.stop()
    assert house.sandbox.unanswered() == [], "no button may be left spinning"
    assert house.sandbox.calls["answerCallbackQuery"] == 3, "each press has one answer"


@WAYS
async def test_what_could_not_be_saved_comes_again(house: House, way: str) -> None:
    house.core.fail = 3
    await house.serve(way)
    await house.sandbox.press_start(ANN)
    await house.sandbox.say(ANN, "2")
    await until(lambda: len(house.core.done) == 2)
    assert isinstance(house.core.done[0], Said), "what came first must be saved first"
    assert house.core.tries[house.core.done[0].key] == 4, "three failures and a success"


async def test_a_failed_press_is_answered_only_after_it_is_saved(house: House) -> None:
    chat, _ = await house.serve("polling")
    await house.sandbox.press_start(ANN)
    await until(lambda: bool(house.core.done))
    house.core.fail = 2
    await chat.send(str(ANN), CARD)
    shown = house.sandbox.last(ANN)
    assert shown is not None
    await house.sandbox.pressed(await house.sandbox.press(ANN, shown, "cat"))
    assert house.sandbox.calls["answerCallbackQuery"] == 1, "a press that was not saved must not be called saved"
    assert isinstance(house.core.done[-1], Press), "the answer must follow the commit"


@WAYS
async def test_a_persons_updates_stay_in_order_and_nobody_waits_for_another(house: House, way: str) -> None:
    house.core.delay = lambda command: 0.05 if command.who.user == str(ANN) else 0.0
    await house.serve(way)
    for number in range(6):
        await house.sandbox.say(ANN, f"{number}")
        await house.sandbox.say(BOB, f"{number}")
    await until(lambda: len(house.core.done) == 12)
    assert house.core.texts(ANN) == house.core.texts(BOB) == list("012345"), "each person's order must be kept"
    assert all(command.who.user == str(BOB) for command in house.core.done[:5]), "Bob must not wait for slow Ann"


async def test_an_update_is_confirmed_only_when_it_is_committed(house: House) -> None:
    house.core.delay = lambda command: 0.2
    _, server = await house.serve("polling")
    await house.sandbox.press_start(ANN)
    await until(lambda: bool(house.core.tries))
    await asyncio.sleep(0.05)
    assert house.sandbox.pending == 1, "Telegram must keep the update while it is being saved"
    await server.stop()
    assert len(house.core.done) == 1 and house.sandbox.pending == 0, "a stop must settle what is in hand and confirm it"


@WAYS
async def test_a_stop_while_the_store_fails_leaves_the_update_to_the_next_start(house: House, way: str) -> None:
    house.core.fail = 10**6
    _, server = await house.serve(way)
    await house.sandbox.press_start(ANN)
    await until(lambda: bool(house.core.tries))
    await asyncio.wait_for(server.stop(), 2)
    assert house.core.done == [] and house.sandbox.pending == 1, "what was not saved must stay with Telegram"
    house.core.fail = 0
    await house.serve("polling")
    await until(lambda: len(house.core.done) == 1)
    assert isinstance(house.core.done[0], Said), "the next start must get it"


@WAYS
async def test_updates_from_before_the_start_are_not_dropped(house: House, way: str) -> None:
    await house.sandbox.press_start(ANN)
    await house.serve(way)
    await until(lambda: len(house.core.done) == 1)
    assert house.core.done[0].key == "telegram:1", "work that was done while the bot was away must count"


async def test_a_bug_met_by_one_update_does_not_stop_the_others(house: House, caplog: pytest.LogCaptureFixture) -> None:
    def bug(command: Command) -> float:
        return 1 / (0 if isinstance(command, Said) else 1) - 1

    house.core.delay = bug
    await house.serve("polling")
    await house.sandbox.press_start(ANN)
    await house.sandbox.say(ANN, "2")
    await until(lambda: house.core.texts(ANN) == ["2"])
    assert "update 1 was dropped" in caplog.text, "a bug must be told with the update that met it"


async def test_polling_survives_a_bad_network(house: House) -> None:
    for kind in ("server_error", "drop", "flood", "drop_after"):
        house.sandbox.faults.add("getUpdates", kind, retry_after=0)
    await house.serve("polling")
    await house.sandbox.press_start(ANN)
    await until(lambda: len(house.core.done) == 1)
    assert house.sandbox.calls["getUpdates"] >= 5, "each failure must be tried again"


async def test_a_second_poller_is_told_once(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    chat, _ = await house.serve("polling")
    await chat.bot.set_webhook("http://127.0.0.1:9/nobody")
    await until(lambda: house.sandbox.calls["getUpdates"] >= 4)
    assert caplog.text.count("another program") == 1, "the admin must be told once, not at every attempt"
    await chat.bot.delete_webhook()
    await house.sandbox.press_start(ANN)
    await until(lambda: len(house.core.done) == 1)
    assert house.core.done, "polling must go on when the other is gone"


async def test_a_start_without_telegram_says_so(house: House) -> None:
    house.sandbox.faults.add("getMe", "server_error")
    with pytest.raises(Unavailable):
        await house.serve("polling")
    assert house.sandbox.calls["getUpdates"] == 0, "a bot that could not sign in must not poll"


async def test_the_menu_is_published_by_audience_and_language(house: House) -> None:
    menus = (Menu("private", (("work", "Get a task"),)), Menu("group", (("newjob", "Neuer Auftrag"),), "de"))
    await house.serve("polling", menus=menus)
    calls = [arguments for method, arguments in house.sandbox.recent if method == "setMyCommands"]
    assert [call["scope"] for call in calls] == [
        '{"type": "all_private_chats"}',
        '{"type": "all_group_chats"}',
    ], "each audience has its own commands"
    assert [call.get("language_code") for call in calls] == [None, "de"], "no language serves all others"


async def test_a_menu_that_is_refused_does_not_stop_the_start(house: House) -> None:
    house.sandbox.faults.add("setMyCommands", "flood")
    await house.serve("polling", menus=(Menu("private", (("work", "Get a task"),)),))
    await house.sandbox.press_start(ANN)
    await until(lambda: len(house.core.done) == 1)
    assert house.core.done, "the bot must work without its menu"


@pytest.mark.parametrize("secret", ["", "with space", "x" * 257])
def test_a_webhook_without_a_proper_secret_is_refused(secret: str) -> None:
    with pytest.raises(SettingsError, match="secret"):
        Webhook("https://example.org/telegram", secret)


@pytest.mark.parametrize(
    ("body", "secret", "status"),
    [
        (b'{"update_id": 1}', "wrong", 403),
        (b'{"update_id": 1}', "", 403),
        (b"{", SECRET, 400),
        (b"[1]", SECRET, 400),
        (b'{"message": 1}', SECRET, 400),
        (b" " * (1024 * 1024 + 1), SECRET, 413),
        (b'{"update_id": 1}', SECRET, 200),
    ],
)
async def test_the_webhook_lets_only_telegram_in(house: House, body: bytes, secret: str, status: int) -> None:
    await house.serve("webhook")
    assert await house.post(body, secret) == status, f"such a call must be answered with {status}"
    assert house.core.done == [], "and nothing may come of it"


async def test_the_webhook_says_503_until_it_is_saved(house: House) -> None:
    house.core.fail = 2
    await house.serve("webhook")
    await house.sandbox.press_start(ANN)
    await until(lambda: house.sandbox.deliveries[200] == 1)
    assert house.sandbox.deliveries[503] == 2, "Telegram must be asked to come again"


async def test_a_stop_waits_for_the_webhook_call_in_hand(house: House) -> None:
    house.core.delay = lambda command: 0.2
    _, server = await house.serve("webhook")
    await house.sandbox.press_start(ANN)
    await until(lambda: bool(house.core.tries))
    await server.stop()
    assert len(house.core.done) == 1, "no update may be half handled"
    assert await house.post(b'{"update_id": 9}') == 503, "after a stop Telegram must keep its updates"


async def test_a_file_comes_up_and_goes_down(house: House) -> None:
    chat, _ = await house.serve("polling")
    await house.sandbox.upload(ANN, "items.csv", b"id,text\n1,cat\n", caption="/newjob Cats")
    await until(lambda: bool(house.core.done))
    upload = house.core.done[0]
    assert isinstance(upload, Upload) and upload.text == "Cats", "the file must arrive as an upload with its words"
    assert await chat.download(upload.attachments[0], 1000) == b"id,text\n1,cat\n", "and be there to fetch"
