"""The Chat port over Slack: messages, files up and down, and one leaf of ChatError for whatever goes wrong."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bots.sandbox.slack import SlackSandbox
from bots.slack import client as slack_client
from bots.slack.client import SlackChat
from core.errors import BadUpload, ChatError, Gone, Rejected, RetryAfter, Unavailable, Unreachable
from core.messages import Attachment, Button, Card

CARD = Card("Pick one.", rows=((Button("Cat", "t1"),),))


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox(floods=False) as sandbox:
        sandbox.add_user("U1", "Ann")
        sandbox.add_channel("C1", "jobs", ["U1"])
        yield sandbox


@pytest.fixture
async def chat(slack: SlackSandbox) -> AsyncIterator[SlackChat]:
    chat = SlackChat(slack.bot_token, base_url=slack.base_url)
    await chat.start()
    yield chat
    await chat.stop()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answered_by(handle: Handler) -> AsyncIterator[SlackChat]:
    """A client of a server that answers everything in the same way."""
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    chat = SlackChat("xoxb-secret", base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api")
    await chat.start()
    try:
        yield chat
    finally:
        await chat.stop()
        await runner.cleanup()


async def test_a_card_is_sent_and_edited(slack: SlackSandbox, chat: SlackChat) -> None:
    reference = await chat.send("C1", CARD)
    await chat.edit(reference, Card("Saved."))
    shown = slack.messages("C1")
    assert [reference] == [f"C1:{m['ts']}" for m in shown], "the reference must name the one message"
    assert shown[0]["text"] == "Saved.", "an edit must replace the text"
    assert not [b for b in shown[0]["blocks"] if b["type"] == "actions"], "an edit must replace the buttons"


async def test_a_direct_chat_is_opened_once(slack: SlackSandbox, chat: SlackChat) -> None:
    first, second = await chat.send("@U1", CARD), await chat.send("@U1", CARD)
    assert slack.calls["conversations.open"] == 1, "the id of a direct chat must be remembered"
    assert {r.partition(":")[0] for r in (first, second)} == {slack.dm("U1")}, "both must go to the direct chat"


async def test_a_direct_chat_that_was_seen_is_not_opened(slack: SlackSandbox, chat: SlackChat) -> None:
    chat.remember("U1", "C1")
    await chat.send("@U1", CARD)
    assert slack.calls["conversations.open"] == 0, "a delivery that showed the channel saves the call"


async def test_remembered_direct_chats_are_bounded(chat: SlackChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_client, "DIRECT_CHATS", 2)
    for number in range(3):
        chat.remember(f"U{number}", f"D{number}")
    assert await chat.channel("@U2") == "D2", "the newest must be kept"
    with pytest.raises(Unreachable):
        await chat.channel("@U0")


async def test_files_go_up(slack: SlackSandbox, chat: SlackChat, tmp_path: Path) -> None:
    for name in ("labels.csv", "chart.png"):
        (tmp_path / name).write_text(f"content of {name}")
    files = [(tmp_path / "labels.csv", "labels.csv"), (tmp_path / "chart.png", "agreement.png")]
    reference = await chat.send_files("C1", Card("Done <!here>"), files)
    message = slack.last("C1")
    assert message is not None and message["text"] == "Done &lt;!here&gt;", "the card must be the comment, escaped"
    assert [f["name"] for f in message["files"]] == ["labels.csv", "agreement.png"], "both files in one message"
    assert [f.data for f in slack.files.values()] == [b"content of labels.csv", b"content of chart.png"], "bytes"
    assert reference.startswith("C1:"), "there must be a reference"


async def test_a_long_comment_in_any_script_goes_with_the_files(
    slack: SlackSandbox, chat: SlackChat, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a")
    await chat.send_files("@U1", Card("字" * 3000), [(tmp_path / "a.csv", "a.csv")])
    message = slack.last(slack.dm("U1") or "")
    assert message is not None and message["text"] == "字" * 3000, "the comment must arrive whole"


async def test_an_upload_that_slack_refuses(slack: SlackSandbox, chat: SlackChat, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a")
    slack.archive("C1")
    with pytest.raises(Unreachable):
        await chat.send_files("C1", CARD, [(tmp_path / "a.csv", "a.csv")])
    assert slack.messages("C1") == [], "nothing must be shared"


async def sent_file(slack: SlackSandbox, data: bytes) -> Attachment:
    """A file of a person, as Slack describes it but with a claimed size of one byte."""
    await slack.upload("U1", "items.csv", data)
    info = next(reversed(slack.files.values())).info
    return Attachment(info["name"], 1, info["url_private_download"])


async def test_a_file_comes_down(slack: SlackSandbox, chat: SlackChat) -> None:
    attachment = await sent_file(slack, b"id,text\n1,cat\n")
    assert await chat.download(attachment, 14) == b"id,text\n1,cat\n", "a file of exactly the limit must arrive whole"
    named = Attachment("items.csv", 1, f"id:{next(iter(slack.files))}")
    assert await chat.download(named, 14) == b"id,text\n1,cat\n", "a file may be named by its id"


async def test_a_file_over_the_limit_is_a_bad_upload(slack: SlackSandbox, chat: SlackChat) -> None:
    attachment = await sent_file(slack, b"x" * 200_000)
    with pytest.raises(BadUpload, match=r"items\.csv is larger than 100000 bytes"):
        await chat.download(attachment, 100_000)


async def test_a_stream_without_a_length_is_cut_at_the_limit() -> None:
    async def long(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(b"x" * 10_000)
        return response

    async with answered_by(long) as chat:
        with pytest.raises(BadUpload):
            await chat.download(Attachment("a.csv", 1, f"{chat.base_url}a.csv"), 50_000)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/F1/items.csv",
        "http://files.slack.com/F1/items.csv",
        "https://files.slack.com:8443/F1/items.csv",
        "https://files.slack.com.evil.example/items.csv",
        "http://127.0.0.1:1/items.csv",
        "file:///etc/passwd",
        "items.csv",
        "",
    ],
)
async def test_the_token_goes_to_slack_only(chat: SlackChat, address: str) -> None:
    with pytest.raises(Rejected, match=r"^file_address$"):
        await chat.download(Attachment("items.csv", 1, address), 100)


@pytest.mark.parametrize(
    ("status", "content_type", "error"),
    [(302, "text/csv", Rejected), (404, "text/csv", Rejected), (200, "text/html", Rejected), (500, "x/y", Unavailable)],
)
async def test_a_file_that_slack_does_not_hand_out(status: int, content_type: str, error: type[ChatError]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>", content_type=content_type, headers={"Location": "/x"})

    async with answered_by(answer) as chat:
        with pytest.raises(error):
            await chat.download(Attachment("a.csv", 1, f"{chat.base_url}a.csv"), 100)


@pytest.mark.parametrize(
    ("code", "error"),
    [(code, Gone) for code in sorted(slack_client.GONE)]
    + [(code, Unreachable) for code in sorted(slack_client.UNREACHABLE)]
    + [(code, Unavailable) for code in sorted(slack_client.BROKEN)]
    + [(code, RetryAfter) for code in sorted(slack_client.LIMITED)]
    + [("invalid_auth", Rejected), ("invalid_blocks", Rejected), ("token_revoked", Rejected)],
)
async def test_each_error_code_has_its_leaf(code: str, error: type[ChatError]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error": code})

    async with answered_by(answer) as chat:
        with pytest.raises(ChatError) as caught:
            await chat.send("C1", CARD)
    assert type(caught.value) is error, f"{code} must be told as {error.__name__}"
    assert error is RetryAfter or str(caught.value) == code, "the error must say Slack's code and nothing else"


@pytest.mark.parametrize(
    ("status", "text", "content_type"),
    [
        (503, "upstream connect error", "text/plain"),
        (502, "<html>", "text/html"),
        (500, "{broken", "application/json"),
        (200, "<html>", "text/html"),
    ],
)
async def test_an_answer_that_is_not_slacks_means_unavailable(status: int, text: str, content_type: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type=content_type)

    async with answered_by(answer) as chat:
        with pytest.raises(Unavailable):
            await chat.edit("C1:1.1", CARD)


async def test_a_flood_says_how_long_to_wait(slack: SlackSandbox, chat: SlackChat) -> None:
    slack.faults.add("chat.postMessage", "flood", retry_after=7)
    with pytest.raises(RetryAfter) as caught:
        await chat.send("C1", CARD)
    assert caught.value.seconds == 7, "the wait must be Slack's Retry-After"


async def test_a_broken_connection_means_unavailable(slack: SlackSandbox, chat: SlackChat) -> None:
    slack.faults.add("chat.postMessage", "drop")
    with pytest.raises(Unavailable):
        await chat.send("C1", CARD)
    assert slack.calls["chat.postMessage"] == 1, "repeating is the outbox's business"


async def test_a_silent_slack_means_unavailable(
    slack: SlackSandbox, chat: SlackChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.stop()
    monkeypatch.setattr(slack_client, "CALL_SECONDS", 0.1)
    await chat.start()
    slack.faults.add("chat.update", "delay", seconds=1)
    with pytest.raises(Unavailable, match="TimeoutError"):
        await chat.edit("C1:1.1", CARD)


async def test_people_and_channels_that_cannot_be_reached(slack: SlackSandbox, chat: SlackChat) -> None:
    reference = await chat.send("C1", CARD)
    slack.archive("C1")
    slack.deactivate("U1")
    for call in (chat.send("C1", CARD), chat.edit(reference, CARD), chat.send("@U1", CARD), chat.send("C404", CARD)):
        with pytest.raises(Unreachable):
            await call


async def test_a_message_that_is_gone(chat: SlackChat) -> None:
    with pytest.raises(Gone, match="message_not_found"):
        await chat.edit("C1:1.1", CARD)


async def test_a_whisper_is_seen_by_one_person(slack: SlackSandbox, chat: SlackChat) -> None:
    await chat.whisper("C1", "U1", "Too *late*")
    assert [m["text"] for m in slack.ephemerals("U1")] == ["Too *late*"], "the person must see it"
    assert slack.messages("C1") == [], "nobody else must see it"


async def test_a_refused_whisper_is_logged_and_lost(
    slack: SlackSandbox, chat: SlackChat, caplog: pytest.LogCaptureFixture
) -> None:
    slack.archive("C1")
    with caplog.at_level(logging.INFO, "bots.slack.client"):
        await chat.whisper("C1", "U1", "Too late")
    assert "is_archived" in caplog.text, "the operator must find out why"


async def test_no_error_tells_the_token() -> None:
    chat = SlackChat("xoxb-secret", base_url="http://127.0.0.1:9/api/")
    await chat.start()
    with pytest.raises(Unavailable) as caught:
        await chat.send("C1", CARD)
    await chat.stop()
    assert "xoxb" not in repr(caught.value) and caught.value.__suppress_context__, "the request holds the token"
