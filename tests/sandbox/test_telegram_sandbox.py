"""The real python-telegram-bot calls the sandbox: what Telegram allows works, what it refuses is refused."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bots.sandbox import telegram_limits as limits
from bots.sandbox.telegram import TelegramSandbox

ANN, BOB, EVE, GROUP, GONE = 7, 8, 9, -100, -200
HTML = ParseMode.HTML


def keys(*rows: list[str]) -> InlineKeyboardMarkup:
    """A keyboard whose buttons carry their own text as data."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(text[:10], callback_data=text) for text in row] for row in rows])


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the library's opt-in, without which RetryAfter warns of deprecation


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(floods=False) as sandbox:
        for user_id, name in ((ANN, "Ann"), (BOB, "Bob"), (EVE, "Eve")):
            sandbox.add_user(user_id, name)
        sandbox.add_group(GROUP, "Requests", [ANN, BOB])
        sandbox.add_group(GONE, "Gone", [ANN])
        await sandbox.press_start(ANN)
        await sandbox.press_start(EVE)
        await sandbox.block(EVE)
        await sandbox.kick(GONE)
        yield sandbox


@pytest.fixture
async def bot(sandbox: TelegramSandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, base_url=sandbox.base_url, base_file_url=sandbox.base_file_url) as bot:
        yield bot


# -- what works ------------------------------------------------------------------------------------------------------
async def test_a_formatted_message_arrives_as_text_and_entities(sandbox: TelegramSandbox, bot: Bot) -> None:
    sent = await bot.send_message(ANN, " <b>Cat</b> or <i>dog</i>? ", HTML, reply_markup=keys(["cat", "dog"]))
    seen = sandbox.last(ANN)
    assert seen and seen["text"] == sent.text == "Cat or dog?", "the person must see plain, trimmed text"
    assert [entity.type for entity in sent.entities] == ["bold", "italic"], "the markup must become entities"
    assert seen["reply_markup"]["inline_keyboard"][0][1]["callback_data"] == "dog", "the keyboard must be there"


async def test_an_edit_replaces_text_and_takes_the_keyboard_away(sandbox: TelegramSandbox, bot: Bot) -> None:
    sent = await bot.send_message(ANN, "Cat?", reply_markup=keys(["yes"]))
    await sent.edit_text("Saved")
    assert [m["text"] for m in sandbox.messages(ANN)] == ["/start", "Saved"], "an edit must not add a message"
    assert "reply_markup" not in sandbox.messages(ANN)[1], "an edit without a keyboard must remove the old one"
    kinds = [event.kind for event in sandbox.history(ANN)]
    assert kinds == ["said", "sent", "edited"], "the transcript must keep what happened"


async def test_documents_go_up_and_come_down(sandbox: TelegramSandbox, bot: Bot) -> None:
    sent = await bot.send_document(
        ANN, io.BytesIO(b"id,label\n"), "Your <b>file</b>", filename="out.csv", parse_mode=HTML
    )
    assert sent.document and sent.caption == "Your file", "the document must carry its parsed caption"
    again = await bot.send_document(ANN, sent.document.file_id)
    assert again.document == sent.document, "a known file id must send the same file"
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"id,label\n", "the download must give the uploaded bytes"
    assert sandbox.files[sent.document.file_id].data == b"id,label\n", "people must be able to look into the file"


async def test_photos_albums_and_captions_work(sandbox: TelegramSandbox, bot: Bot) -> None:
    photo = await bot.send_photo(ANN, io.BytesIO(b"png"), "one", reply_markup=keys(["ok"]))
    await photo.edit_caption("two", reply_markup=keys(["ok"]))
    await photo.edit_reply_markup(None)
    last = sandbox.last(ANN)
    assert last and last["caption"] == "two" and "reply_markup" not in last, "caption and keyboard must be edited"
    album = await bot.send_media_group(
        ANN, [InputMediaPhoto(b"a", caption="<i>a</i>", parse_mode=HTML), InputMediaPhoto(b"b")]
    )
    assert len({message.media_group_id for message in album}) == 1, "an album must share one group id"
    assert album[0].caption == "a" and album[1].photo, "each item must be a photo with its own caption"


async def test_profile_and_chats_can_be_asked_for(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_commands([BotCommand("admin", "Admin")], scope=BotCommandScopeChat(ANN), language_code="de")
    await bot.set_my_description("Label")
    await bot.set_my_short_description("Label")
    assert [c.command for c in await bot.get_my_commands()] == ["start"], "the default menu must be kept apart"
    assert (await bot.get_chat(GROUP)).title == "Requests", "a group must be found"
    statuses = [(await bot.get_chat_member(GROUP, user)).status for user in (ANN, EVE, bot.id)]
    assert statuses == ["member", "left", "member"], "membership must be told"


async def test_a_bot_deletes_and_replies(sandbox: TelegramSandbox, bot: Bot) -> None:
    said = await sandbox.say(BOB, "hello", GROUP)
    sent = await bot.send_message(GROUP, "hi", reply_parameters=ReplyParameters(said["message_id"]))
    assert sent.reply_to_message and sent.reply_to_message.text == "hello", "a reply must show what it replies to"
    assert await sent.delete(), "the bot must be able to delete its own message"
    assert sandbox.last(GROUP) is None, "a deleted message must be gone"


# -- what is refused -------------------------------------------------------------------------------------------------
Call = Callable[[Bot], Awaitable[Any]]
REFUSED: dict[str, tuple[Call, type[TelegramError], str]] = {
    "unknown chat": (lambda b: b.send_message(99, "x"), BadRequest, "Chat not found"),
    "not started": (lambda b: b.send_message(BOB, "x"), Forbidden, "bot can't initiate conversation with a user"),
    "blocked": (lambda b: b.send_message(EVE, "x"), Forbidden, "bot was blocked by the user"),
    "kicked": (lambda b: b.send_message(GONE, "x"), Forbidden, "bot was kicked from the supergroup chat"),
    "kicked, action": (lambda b: b.send_chat_action(GONE, "typing"), Forbidden, "bot was kicked"),
    "empty": (lambda b: b.send_message(ANN, " <b> </b> ", HTML), BadRequest, "Message text is empty"),
    "too long": (lambda b: b.send_message(ANN, "x" * 4097), BadRequest, "Message is too long"),
    "bad tag": (
        lambda b: b.send_message(ANN, "<p>x</p>", HTML),
        BadRequest,
        "Can't parse entities: Unsupported start tag",
    ),
    "open tag": (lambda b: b.send_message(ANN, "<b>x", HTML), BadRequest, "Can't find end tag"),
    "markdown": (lambda b: b.send_message(ANN, "x", "MarkdownV2"), BadRequest, "Unsupported parse_mode"),
    "entities": (lambda b: b.send_message(ANN, "<b>x</b>" * 101, HTML), BadRequest, "more than 100 entities"),
    "long data": (lambda b: b.send_message(ANN, "x", reply_markup=keys(["é" * 33])), BadRequest, "Button_data_invalid"),
    "wide row": (
        lambda b: b.send_message(ANN, "x", reply_markup=keys(["k"] * 9)),
        BadRequest,
        "Reply markup is too long",
    ),
    "101 keys": (
        lambda b: b.send_message(ANN, "x", reply_markup=keys(*[["k"]] * 101)),
        BadRequest,
        "Reply markup is too",
    ),
    "no action": (
        lambda b: b.send_message(ANN, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("x")]])),
        BadRequest,
        "Text buttons are unallowed",
    ),
    "reply": (
        lambda b: b.send_message(ANN, "x", reply_parameters=ReplyParameters(99)),
        BadRequest,
        "to be replied not found",
    ),
    "caption": (lambda b: b.send_document(ANN, b"x", "c" * 1025), BadRequest, "Message caption is too long"),
    "empty file": (lambda b: b.send_document(ANN, b""), BadRequest, "File must be non-empty"),
    "file id": (lambda b: b.send_document(ANN, "nofile"), BadRequest, "Wrong file identifier"),
    "big photo": (lambda b: b.send_photo(ANN, bytes(limits.PHOTO_BYTES + 1)), NetworkError, "Request Entity Too Large"),
    "album of 1": (lambda b: b.send_media_group(ANN, [InputMediaDocument(b"x")]), BadRequest, "2-10 items"),
    "edit unknown": (lambda b: b.edit_message_text("x", ANN, 99), BadRequest, "Message to edit not found"),
    "edit a person's": (lambda b: b.edit_message_text("x", ANN, 1), BadRequest, "Message can't be edited"),
    "delete unknown": (lambda b: b.delete_message(ANN, 99), BadRequest, "Message to delete not found"),
    "answer unknown": (lambda b: b.answer_callback_query("1"), BadRequest, "Query is too old"),
    "get file": (lambda b: b.get_file("nofile"), BadRequest, "Wrong file_id"),
    "command": (lambda b: b.set_my_commands([BotCommand("Start", "x")]), BadRequest, "Bot_command_invalid"),
    "commands": (lambda b: b.set_my_commands([("c", "x")] * 101), BadRequest, "Bot_commands_too_much"),
    "description": (lambda b: b.set_my_description("x" * 513), BadRequest, "Description_too_long"),
    "secret": (
        lambda b: b.set_webhook("http://127.0.0.1/", secret_token="no spaces"),
        BadRequest,
        "unallowed characters",
    ),
    "no method": (lambda b: b.do_api_request("sendTelepathy", {"chat_id": ANN}), TelegramError, "not found"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_telegram_refuses(name: str, sandbox: TelegramSandbox, bot: Bot) -> None:
    call, error, text = REFUSED[name]
    with pytest.raises(error) as caught:
        await call(bot)
    assert text.lower() in str(caught.value).lower(), f"{name}: the refusal must give Telegram's reason"
    assert sandbox.last(ANN) is None, "a refused call must leave no message"


@pytest.mark.parametrize("text", ["x" * 4096, "<b>" + "x" * 4096 + "</b>", "<b>x</b>" * 100])
async def test_the_longest_allowed_message_passes(bot: Bot, text: str) -> None:
    sent = await bot.send_message(ANN, text, HTML, reply_markup=keys(["d" * 64] * 8, *[["k"]] * 92))
    assert sent.text and "<" not in sent.text, "limits must count after parsing and allow the last unit"


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot) -> None:
    sent = await bot.send_message(ANN, "<b>x</b>", HTML, reply_markup=keys(["a"]))
    with pytest.raises(BadRequest, match="not modified"):
        await sent.edit_text("<strong>x</strong> ", HTML, reply_markup=keys(["a"]))
    with pytest.raises(BadRequest, match="not modified"):
        await sent.edit_reply_markup(keys(["a"]))
    assert await sent.edit_text("x", reply_markup=keys(["a"])), "losing the bold is a change"


@pytest.mark.parametrize(("part", "wrong"), [("text", "caption"), ("caption", "text")])
async def test_text_and_caption_are_not_confused(bot: Bot, part: str, wrong: str) -> None:
    sent = await (bot.send_message(ANN, "x") if part == "text" else bot.send_document(ANN, b"x"))
    with pytest.raises(BadRequest) as caught:
        await (sent.edit_caption("y") if part == "text" else sent.edit_text("y"))
    assert f"no {wrong} in the message" in str(caught.value), "the other part must not be editable"


async def test_other_peoples_messages_stay_in_a_group(sandbox: TelegramSandbox, bot: Bot) -> None:
    said = await sandbox.say(BOB, "hello", GROUP)
    with pytest.raises(BadRequest, match="can't be deleted"):
        await bot.delete_message(GROUP, said["message_id"])
    assert len(sandbox.messages(GROUP)) == 1, "the message must still be there"


async def test_files_above_the_limits_are_refused(sandbox: TelegramSandbox, bot: Bot) -> None:
    said = await sandbox.upload(ANN, "big.csv", bytes(limits.DOWNLOAD_BYTES + 1))
    with pytest.raises(BadRequest, match="File is too big"):
        await bot.get_file(said["document"]["file_id"])
    with pytest.raises(NetworkError, match="Request Entity Too Large"):
        await bot.send_document(ANN, bytes(limits.UPLOAD_BYTES + 1), write_timeout=60)
    assert len(sandbox.files) == 1, "a refused upload must not be kept"


async def test_a_wrong_token_is_refused(sandbox: TelegramSandbox) -> None:
    stranger = Bot("123456:WRONG", base_url=sandbox.base_url)
    async with stranger.request:
        with pytest.raises(InvalidToken):
            await stranger.get_me()
    assert not sandbox.calls, "a call with a wrong token must not reach a method"


async def test_a_press_is_answered_once_and_in_time(
    sandbox: TelegramSandbox, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.send_message(ANN, "x", reply_markup=keys(["a"]))
    first, late = [await sandbox.press(ANN, sandbox.last(ANN) or {}, "a") for _ in range(2)]
    with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
        await bot.answer_callback_query(first, "x" * 201)
    await bot.answer_callback_query(first, "x" * 200, show_alert=True)
    assert (await sandbox.pressed(first)).show_alert, "the person must see the alert"
    monkeypatch.setattr(limits, "CALLBACK_TTL", 0.0)
    for callback in (first, late):
        with pytest.raises(BadRequest, match="Query is too old"):
            await bot.answer_callback_query(callback)
    assert [press.id for press in sandbox.unanswered()] == [late], "the late press must stay unanswered"


# -- what goes wrong -------------------------------------------------------------------------------------------------
async def test_flood_limits_refuse_with_a_waiting_time() -> None:
    async with TelegramSandbox() as strict, Bot(strict.token, base_url=strict.base_url) as bot:
        strict.add_user(ANN, "Ann")
        await strict.press_start(ANN)
        sent = [await bot.send_message(ANN, "x") for _ in range(limits.PRIVATE_BURST)]
        with pytest.raises(RetryAfter) as caught:
            await sent[0].edit_text("y")
        assert caught.value.retry_after == timedelta(seconds=1), "an edit must spend the chat's allowance too"


@pytest.mark.parametrize(
    ("kind", "error", "sent"),
    [
        ("flood", RetryAfter, 0),
        ("server_error", NetworkError, 0),
        ("drop", NetworkError, 0),
        ("drop_after", NetworkError, 1),
        ("delay", TimedOut, 0),
    ],
)
async def test_scripted_faults_hit_the_bot(
    sandbox: TelegramSandbox, bot: Bot, kind: Any, error: type[TelegramError], sent: int
) -> None:
    sandbox.faults.add("sendMessage", kind, seconds=0.3)
    with pytest.raises(error):
        await bot.send_message(ANN, "x", read_timeout=0.1)
    assert (sandbox.last(ANN) is not None) == bool(sent), f"{kind}: the call must have had this effect"
    assert sandbox.calls["sendMessage"] == 1, "the call must be counted"
    assert await bot.send_message(ANN, "y"), "the next call must go well"
