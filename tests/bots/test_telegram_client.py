"""The Telegram client against the strict sandbox: what it sends arrives, and every failure gets its right name."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.error import RetryAfter as Flooded

from bots.sandbox.telegram import TelegramSandbox
from bots.telegram.client import TelegramChat, connect
from bots.telegram.failures import translate
from bots.telegram.request import AioHttpRequest
from core.errors import BadUpload, ChatError, Gone, Rejected, RetryAfter, Unavailable, Unreachable
from core.messages import Attachment, Button, Card

ANN, EVE, STRANGER = 7, 8, 9
CARD = Card(
    "Choose one", "Cats & <dogs>", "a furry thing", "Cat?", ((Button("cat", "t1:cat"), Button("dog", "t1:dog")),)
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(floods=False) as sandbox:
        for user_id in (ANN, EVE, STRANGER):
            sandbox.add_user(user_id, "someone")
        await sandbox.press_start(ANN)
        await sandbox.press_start(EVE)
        await sandbox.block(EVE)
        yield sandbox


@pytest.fixture
async def chat(sandbox: TelegramSandbox) -> AsyncIterator[TelegramChat]:
    chat = connect(sandbox.token, f"http://127.0.0.1:{sandbox.port}")
    await chat.open()
    yield chat
    await chat.close()


def file(folder: Path, name: str, data: bytes = b"a,b\n1,2\n") -> tuple[Path, str]:
    """A file to send, under its own name."""
    (folder / name).write_bytes(data)
    return folder / name, name


async def test_a_card_is_sent_and_edited_in_place(sandbox: TelegramSandbox, chat: TelegramChat) -> None:
    message = await chat.send(str(ANN), CARD)
    shown = sandbox.last(ANN)
    assert shown and shown["text"].startswith("Cats & <dogs>\n\nChoose one"), "the card must arrive as plain text"
    assert message == f"{ANN}:{shown['message_id']}", "the reference must name chat and message"
    await chat.edit(message, Card("Saved"))
    shown = sandbox.last(ANN)
    assert shown and shown["text"] == "Saved" and "reply_markup" not in shown, "the edit replaces text and buttons"


async def test_link_previews_are_off(sandbox: TelegramSandbox, chat: TelegramChat) -> None:
    await chat.edit(await chat.send(str(ANN), Card("see https://example.org")), Card("see https://example.com"))
    for method, arguments in list(sandbox.recent)[-2:]:
        assert arguments["link_preview_options"] == '{"is_disabled":true}', f"{method} must ask for no preview"


async def test_an_edit_to_the_same_card_is_a_success(sandbox: TelegramSandbox, chat: TelegramChat) -> None:
    message = await chat.send(str(ANN), CARD)
    await chat.edit(message, CARD)
    assert sandbox.calls["editMessageText"] == 1, "a repeated edit must be harmless, and not be tried again"


@pytest.mark.parametrize("whom", [str(EVE), str(STRANGER), "-404"])
async def test_nobody_there_is_unreachable(chat: TelegramChat, whom: str) -> None:
    with pytest.raises(Unreachable):
        await chat.send(whom, CARD)


async def test_an_edit_of_a_lost_message_is_gone(sandbox: TelegramSandbox, chat: TelegramChat) -> None:
    with pytest.raises(Gone):
        await chat.edit(f"{ANN}:4000", CARD)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("flood", RetryAfter), ("server_error", Unavailable), ("drop", Unavailable), ("drop_after", Unavailable)],
)
async def test_an_unreliable_telegram_is_named(
    sandbox: TelegramSandbox, chat: TelegramChat, fault: str, error: type[ChatError]
) -> None:
    sandbox.faults.add("sendMessage", fault, retry_after=7)  # type: ignore[arg-type]  # a parameter of the test
    with pytest.raises(error) as caught:
        await chat.send(str(ANN), CARD)
    assert getattr(caught.value, "seconds", 7) == 7, "a flood must say how long to wait"


@pytest.mark.parametrize(
    ("error", "leaf"),
    [
        (Flooded(3), RetryAfter),
        (Forbidden("Forbidden: bot was kicked from the group chat"), Unreachable),
        (ChatMigrated(-5), Unreachable),
        (BadRequest("Chat not found"), Unreachable),
        (BadRequest("Not enough rights to send text messages to the chat"), Unreachable),
        (BadRequest("Message to edit not found"), Gone),
        (BadRequest("Message can't be edited"), Gone),
        (BadRequest("MESSAGE_ID_INVALID"), Gone),
        (BadRequest("BUTTON_DATA_INVALID"), Rejected),
        (NetworkError("Request Entity Too Large"), Rejected),
        (NetworkError("Bad Gateway"), Unavailable),
        (TimedOut(), Unavailable),
        (InvalidToken(), Rejected),
        (EndPointNotFound("Endpoint not found"), Rejected),
        (TelegramError("something new"), Rejected),
    ],
)
def test_every_error_of_the_library_has_a_meaning(error: TelegramError, leaf: type[ChatError]) -> None:
    assert type(translate(error)) is leaf, f"{error!r} must become {leaf.__name__}"


async def test_a_wrong_token_is_rejected_and_not_shown(sandbox: TelegramSandbox) -> None:
    chat = connect("123456:SECRET", f"http://127.0.0.1:{sandbox.port}")
    with pytest.raises(Rejected, match="token in the settings") as caught:
        await chat.open()
    assert caught.value.__context__ is None, "the library's own error holds the token and must not hang on ours"
    await chat.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.0.0.1:99999", "no url"])
async def test_no_error_or_log_shows_the_token(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    chat = connect("123456:SECRET", url)
    with pytest.raises(Unavailable) as caught:
        await chat.open()
    error: BaseException | None = caught.value
    while error is not None:
        assert "SECRET" not in f"{error!r} {error}", "no error in the chain may hold the token"
        error = error.__cause__ or error.__context__
    assert "SECRET" not in caplog.text, "no log line may hold the token"
    await chat.close()


async def test_a_slow_answer_times_out(sandbox: TelegramSandbox) -> None:
    http = AioHttpRequest(read_timeout=0.05)
    await http.initialize()
    sandbox.faults.add("getMe", "delay", seconds=0.5)
    with pytest.raises(TimedOut):
        await http.post(f"{sandbox.base_url}{sandbox.token}/getMe")
    await http.shutdown()


async def test_a_picture_bears_the_caption_and_documents_follow(
    sandbox: TelegramSandbox, chat: TelegramChat, tmp_path: Path
) -> None:
    files = [file(tmp_path, "labels.csv"), file(tmp_path, "übersicht.png", PNG), file(tmp_path, "report.md")]
    message = await chat.send_files(str(ANN), CARD, files)
    picture, *documents = sandbox.messages(ANN)[-3:]
    assert picture["photo"] and picture["caption"].startswith("Cats"), "the picture must come first, with the caption"
    assert message.endswith(f":{picture['message_id']}"), "the message with the caption must be the reference"
    names = [document["document"]["file_name"] for document in documents]
    assert names == ["labels.csv", "report.md"], "the others must follow under their names"


async def test_many_documents_go_in_groups_of_ten(sandbox: TelegramSandbox, chat: TelegramChat, tmp_path: Path) -> None:
    files = [file(tmp_path, f"part{number}.csv", b"%d" % number) for number in range(11)]
    await chat.send_files(str(ANN), Card("Results"), files)
    shown = sandbox.messages(ANN)[-11:]
    assert [message.get("caption") for message in shown] == ["Results", *[None] * 10], "one caption is enough"
    assert sandbox.calls["sendMediaGroup"] == 1 and sandbox.calls["sendDocument"] == 1, "11 files are 10 and 1"
    data = [sandbox.files[message["document"]["file_id"]].data for message in shown]
    assert data == [b"%d" % number for number in range(11)], "every file must arrive whole and in its place"


async def test_buttons_under_several_documents_are_kept(
    sandbox: TelegramSandbox, chat: TelegramChat, tmp_path: Path
) -> None:
    await chat.send_files(str(ANN), CARD, [file(tmp_path, "a.csv"), file(tmp_path, "b.csv")])
    first = sandbox.messages(ANN)[-2]
    assert first["reply_markup"]["inline_keyboard"], "a group bears no buttons, so one document must stand alone"


async def test_a_file_that_vanished_is_rejected(chat: TelegramChat, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=re.escape("lost.csv")):
        await chat.send_files(str(ANN), CARD, [(tmp_path / "lost.csv", "lost.csv")])


async def test_a_persons_file_is_downloaded(sandbox: TelegramSandbox, chat: TelegramChat) -> None:
    data = bytes(range(256)) * 2000
    document = (await sandbox.upload(ANN, "items.csv", data))["document"]
    attachment = Attachment("items.csv", len(data), document["file_id"])
    assert await chat.download(attachment, len(data)) == data, "the file must come down as it went up"


@pytest.mark.parametrize("claimed", [0, 500_000])
async def test_a_file_over_the_limit_is_refused(sandbox: TelegramSandbox, chat: TelegramChat, claimed: int) -> None:
    document = (await sandbox.upload(ANN, "items.csv", bytes(500_000)))["document"]
    with pytest.raises(BadUpload, match=r"items\.csv: larger than 499999 bytes"):
        await chat.download(Attachment("items.csv", claimed, document["file_id"]), 499_999)


async def test_an_unknown_file_is_rejected(chat: TelegramChat) -> None:
    with pytest.raises(Rejected):
        await chat.download(Attachment("items.csv", 1, "unknown"), 100)


async def test_a_press_is_answered_with_a_clipped_toast(sandbox: TelegramSandbox, chat: TelegramChat) -> None:
    await chat.send(str(ANN), CARD)
    shown = sandbox.last(ANN)
    assert shown is not None
    press = await sandbox.press(ANN, shown, "cat")
    await chat.toast(press, "😀" * 300, alert=True)
    answer = await sandbox.pressed(press)
    assert answer.show_alert and answer.text.endswith("…"), "a long toast must be cut, not refused"


async def test_a_press_too_old_to_answer_is_no_error(chat: TelegramChat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await chat.toast("long ago", "Saved")
    assert "too old" in caplog.text, "it must be told in the log, and only there"
