"""The real Bolt over Socket Mode and over signed HTTP: what is acknowledged is durable, and nothing else is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bots.sandbox.slack import SlackSandbox
from bots.slack import forms, serve
from bots.slack.client import SlackChat
from bots.slack.serve import SlackServer
from core.errors import Rejected, SettingsError, StoreLocked, Unavailable
from core.messages import Button, Card, Command, Press, Reply, Said, Typed, Upload
from core.ports import SystemClock

CARD = Card("Cat or dog?", rows=((Button("Cat", "t1"), Button("Tasks", start="j1")),))
ITEMS = b"id,text\n1,meow\n"


class Core:
    """Stands for the core: keeps what it is told, answers `reply`, and first fails or waits as often as told."""

    def __init__(self) -> None:
        self.heard: list[Command] = []
        self.reply = Reply()
        self.failures = 0
        self.committed = asyncio.Event()
        self.committed.set()

    async def dispatch(self, command: Command) -> Reply:
        self.heard.append(command)
        if self.failures:
            self.failures -= 1
            raise StoreLocked
        await self.committed.wait()
        return self.reply


class Bench:
    """A sandbox, a client and a core that a server connects."""

    def __init__(self, slack: SlackSandbox, chat: SlackChat, core: Core, server: SlackServer) -> None:
        self.slack, self.chat, self.core, self.server = slack, chat, core, server

    async def task(self, chat: str = "C1") -> dict[str, Any]:
        """A card with buttons, as the person sees it."""
        channel, _, ts = (await self.chat.send(chat, CARD)).partition(":")
        return next(message for message in self.slack.messages(channel) if message["ts"] == ts)

    async def form(self, command: str = "/newjob", text: str = "") -> dict[str, Any]:
        """The job form, opened by a command in the channel."""
        await self.slack.command("U1", command, text, "C1")
        return self.slack.views("U1")[-1]


@asynccontextmanager
async def sandbox() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox(SystemClock(speed=200), ack_seconds=0.5, floods=False) as slack:
        slack.add_user("U1", "Ann")
        slack.add_channel("C1", "jobs", ["U1"])
        yield slack


@asynccontextmanager
async def connected(slack: SlackSandbox, mode: str) -> AsyncIterator[Bench]:
    chat, core = SlackChat(slack.bot_token, base_url=slack.base_url), Core()
    app_token, secret = (slack.app_token, "") if mode == "socket" else ("", slack.signing_secret)
    server = SlackServer(chat, core.dispatch, app_token=app_token, signing_secret=secret)
    app = web.Application()
    if mode == "http":
        app.add_routes(server.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.http_url = f"http://127.0.0.1:{runner.addresses[0][1]}{serve.PATH}" if mode == "http" else None
    await chat.start()
    try:
        await server.start()
        yield Bench(slack, chat, core, server)
    finally:
        await server.stop()
        await chat.stop()
        await runner.cleanup()


@pytest.fixture(params=["socket", "http"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with sandbox() as slack, connected(slack, request.param) as bench:
        yield bench


async def test_what_people_do_reaches_the_core(bench: Bench) -> None:
    await bench.slack.say("U1", "2")
    await bench.slack.command("U1", "/tapcrowd", "stats all", "C1")
    await bench.slack.press("U1", await bench.task(), "Cat")
    kinds = [type(command) for command in bench.core.heard]
    assert kinds == [Typed, Said, Press], "text, command and button must all arrive, in order"
    assert not [ack for ack in bench.slack.acks if not ack.acked], "each delivery must be acknowledged"


async def test_a_press_names_the_message_that_can_be_edited(bench: Bench) -> None:
    message = await bench.task("@U1")
    await bench.slack.press("U1", message, "Cat")
    press = bench.core.heard[0]
    assert isinstance(press, Press) and press.private, "a press in the direct chat is private"
    await bench.chat.edit(press.message, Card("Saved."))
    assert bench.slack.messages(message["channel"])[0]["text"] == "Saved.", "its reference must be the message's"


@pytest.mark.parametrize("what", ["press", "event"])
async def test_nothing_is_acknowledged_before_the_commit(bench: Bench, what: str) -> None:
    message = await bench.task()
    bench.core.committed.clear()
    done = bench.slack.press("U1", message, "Cat") if what == "press" else bench.slack.say("U1", "2")
    delivery = asyncio.create_task(done)
    await asyncio.sleep(0.1)
    assert bench.core.heard and not delivery.done(), "a crash now would lose what was acknowledged already"
    bench.core.committed.set()
    assert (await delivery).acked, "once committed it must be acknowledged"


async def test_an_event_comes_again_after_a_store_error(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.core.failures = 1
    first = await bench.slack.say("U1", "2")
    assert not first.acked, "what was not stored must not be acknowledged"
    await bench.slack.settle()
    keys = [command.key for command in bench.core.heard]
    assert len(keys) == 2 and keys[0] == keys[1], "Slack must deliver it again, under the same key"
    assert "not acknowledged" in caplog.text, "the operator must be told why"


async def test_a_duplicate_event_is_passed_on(bench: Bench) -> None:
    bench.slack.faults.add("events_api", "duplicate")
    await bench.slack.say("U1", "2")
    await bench.slack.settle()
    keys = [command.key for command in bench.core.heard]
    assert len(keys) == 2 and keys[0] == keys[1], "the core, which knows the keys, tells repeats apart"


async def test_a_refused_press_is_whispered(bench: Bench) -> None:
    bench.core.reply = Reply("That task is taken.", alert=True)
    await bench.slack.press("U1", await bench.task(), "Cat")
    assert (await bench.slack.wait_ephemeral("U1"))["text"] == "That task is taken.", "a refusal must be shown"


async def test_a_plain_toast_is_not_shown(bench: Bench) -> None:
    bench.core.reply = Reply("Saved.")
    await bench.slack.press("U1", await bench.task(), "Cat")
    await bench.server.stop()
    assert bench.slack.ephemerals("U1") == [], "the edited card says it already"


async def test_a_refused_command_is_answered_to_the_person_alone(bench: Bench) -> None:
    bench.core.reply = Reply("Only a requester may <!here> do that.", alert=True)
    await bench.slack.command("U1", "/tapcrowd", "pause", "C1")
    shown = bench.slack.ephemerals("U1")[0]
    assert shown["text"].startswith("Only a requester may &lt;!here&gt;"), "the refusal must be shown, disarmed"
    assert bench.slack.messages("C1") == [], "nobody else must see it"


async def test_the_start_button_speaks_in_the_direct_chat(bench: Bench) -> None:
    await bench.slack.press("U1", await bench.task(), "Tasks")
    said = bench.core.heard[0]
    assert isinstance(said, Said) and (said.args, said.chat) == ("j1", "@U1"), "start must carry the payload"


async def test_the_home_page_has_a_start_button(bench: Bench) -> None:
    await bench.slack.open_home("U1")
    home = await bench.slack.wait_view("U1")
    await bench.slack.press("U1", home, "Start")
    said = bench.core.heard[0]
    assert isinstance(said, Said) and (said.verb, said.args) == ("start", ""), "Start must work from the home page"


async def test_a_home_page_that_cannot_be_published_is_logged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.slack.faults.add("views.publish", "server_error")
    with caplog.at_level(logging.INFO, "bots.slack.serve"):
        await bench.slack.open_home("U1")
        await bench.server.stop()
    assert "home of U1 was not published" in caplog.text, "the operator must find out why"


async def test_a_direct_chat_that_wrote_is_not_opened_again(bench: Bench) -> None:
    await bench.slack.say("U1", "hello")
    await bench.chat.send("@U1", CARD)
    assert bench.slack.calls["conversations.open"] == 0, "its id came with the message"


@pytest.mark.parametrize(("command", "text"), [("/newjob", ""), ("/tapcrowd", "newjob")])
async def test_the_job_form_from_end_to_end(bench: Bench, command: str, text: str) -> None:
    view = await bench.form(command, text)
    await bench.slack.submit("U1", view, {"job": "title: Cats"}, files={"items": [("items.csv", ITEMS)]})
    upload = bench.core.heard[0]
    assert isinstance(upload, Upload) and upload.chat == "C1", "the job belongs to the channel of the command"
    assert (upload.text, upload.source) == ("title: Cats", f"slack:view:{view['id']}"), "the form must be read"
    assert await bench.chat.download(upload.attachments[0], 1000) == ITEMS, "its file must be there to fetch"
    assert bench.slack.views("U1") == [], "a form that was accepted closes"


@pytest.mark.parametrize(("facts", "block"), [({}, "job"), ({"field": "items"}, "items"), ({"field": "x"}, "job")])
async def test_a_bad_upload_keeps_the_form_open(bench: Bench, facts: dict[str, str], block: str) -> None:
    bench.core.reply = Reply("Row 3: the text is empty.", alert=True, facts=dict(facts))
    view = await bench.form()
    ack = await bench.slack.submit("U1", view, files={"items": [("items.csv", ITEMS)]})
    assert ack.payload == {"response_action": "errors", "errors": {block: "Row 3: the text is empty."}}, "say where"
    assert len(bench.slack.views("U1")) == 1, "the requester must be able to mend it"
    bench.core.reply = Reply("Posted.")
    await bench.slack.submit("U1", view, files={"items": [("items.csv", ITEMS)]})
    first, second = bench.core.heard
    assert first.key != second.key, "another try is not a repeated delivery"


async def test_a_long_refusal_of_a_form_is_whispered_whole(bench: Bench) -> None:
    bench.core.reply = Reply("Row 3: the text is empty. " * 10, alert=True)
    ack = await bench.slack.submit("U1", await bench.form(), files={"items": [("items.csv", ITEMS)]})
    assert ack.payload and len(ack.payload["errors"]["job"]) <= forms.ERROR_TEXT, "the form shows what fits"
    whole = await bench.slack.wait_ephemeral("U1")
    assert whole["text"].count("Row 3") == 10, "the rest must not be lost"


async def test_a_form_that_does_not_open_is_told(bench: Bench) -> None:
    bench.slack.faults.add("views.open", "server_error")
    await bench.slack.command("U1", "/newjob", "", "C1")
    assert bench.slack.ephemerals("U1")[0]["text"] == serve.FORM_FAILED, "the person must know to try again"


async def test_a_file_in_the_direct_chat_is_an_upload(bench: Bench) -> None:
    await bench.slack.upload("U1", "items.csv", ITEMS, text="/newjob title: Cats")
    upload = bench.core.heard[0]
    assert isinstance(upload, Upload) and upload.text == "title: Cats", "the caption is the job"
    assert await bench.chat.download(upload.attachments[0], 1000) == ITEMS, "its file must be there to fetch"


async def test_a_bug_is_not_acknowledged(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.core.reply = None  # type: ignore[assignment]
    ack = await bench.slack.press("U1", await bench.task(), "Cat")
    assert not ack.acked, "the person must see that the press had no effect"
    assert "AttributeError" in caplog.text, "the operator must see the bug"


async def test_stop_waits_for_a_command_under_way(bench: Bench) -> None:
    bench.core.committed.clear()
    press = asyncio.create_task(bench.slack.press("U1", await bench.task(), "Cat"))
    await asyncio.sleep(0.05)
    stop = asyncio.create_task(bench.server.stop())
    await asyncio.sleep(0.05)
    assert not stop.done(), "the store must not be closed under a command"
    bench.core.committed.set()
    await stop
    await press


async def test_an_acknowledgement_does_not_wait_for_bolts_poll() -> None:
    async with sandbox() as slack, connected(slack, "http") as bench:
        message = await bench.task()
        waits = [(await slack.press("U1", message, "Cat")).ms for _ in range(20)]
    assert min(waits) < 10, "Bolt's poll would add 10 ms to every acknowledgement"


async def test_forged_and_old_deliveries_are_refused() -> None:
    async with sandbox() as slack, connected(slack, "http") as bench:
        payload = {"type": "event_callback", "event_id": "E1", "event": {"type": "message"}}
        forged = await slack.deliver_forged("events_api", payload, secret="other")
        old = await slack.deliver_forged("events_api", payload, at=1_000_000_000.0)
    assert (forged.status, old.status) == (401, 401), "Bolt must check the signature and its time"
    assert bench.core.heard == [], "nothing of it may reach the core"


async def test_http_deliveries_before_start_and_after_stop_come_again() -> None:
    async with sandbox() as slack, connected(slack, "http") as bench:
        await bench.server.stop()
        ack = await slack.press("U1", await bench.task(), "Cat")
    assert (ack.acked, ack.status) == (False, 503), "a server that is not up must not swallow deliveries"


async def test_two_sockets_survive_a_refresh() -> None:
    async with sandbox() as slack, connected(slack, "socket") as bench:
        assert slack.sockets.connections == 2, "one socket may be refreshed while the other listens"
        await slack.sockets.refresh()
        await slack.sockets.connected()
        assert (await slack.say("U1", "2")).acked, "a refreshed socket must listen"
        assert len(bench.core.heard) == 1, "each delivery goes to one socket"


async def test_a_socket_asks_for_a_new_address_when_its_own_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "WATCH_SECONDS", 0.05)
    async with sandbox() as slack, connected(slack, "socket") as bench:
        client = bench.server._handlers[0].client
        client.ping_interval, client.wss_uri = 0.05, slack.base_url.replace("http:", "ws:").replace("api", "link/used")
        reconnecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
        await asyncio.wait_for(reconnecting, 5)
        assert "/link/ticket-" in client.wss_uri, "a used address never works again, so another one is needed"


async def test_a_wrong_token_ends_the_start() -> None:
    async with sandbox() as slack:
        chat = SlackChat("xoxb-wrong", base_url=slack.base_url)
        await chat.start()
        server = SlackServer(chat, Core().dispatch, app_token=slack.app_token)
        with pytest.raises(Rejected, match="invalid_auth"):
            await server.start()
        await server.stop()
        await chat.stop()


async def test_a_wrong_app_token_ends_the_start() -> None:
    async with sandbox() as slack:
        chat = SlackChat(slack.bot_token, base_url=slack.base_url)
        await chat.start()
        server = SlackServer(chat, Core().dispatch, app_token="xapp-wrong")
        with pytest.raises(Rejected, match="invalid_auth"):
            await server.start()
        await server.stop()
        await chat.stop()


async def test_a_slack_that_is_away_ends_the_start() -> None:
    chat = SlackChat("xoxb-1", base_url="http://127.0.0.1:9/api/")
    await chat.start()
    with pytest.raises(Unavailable):
        await SlackServer(chat, Core().dispatch, app_token="xapp-1").start()
    await chat.stop()


def test_a_server_needs_a_secret() -> None:
    chat = SlackChat("xoxb-1")
    with pytest.raises(SettingsError):
        SlackServer(chat, Core().dispatch)
    with pytest.raises(SettingsError):
        SlackServer(chat, Core().dispatch, app_token="xapp-1").routes()
