"""Speaks on Telegram: the Chat port over the library's Bot, lean enough for thousands of edits per CPU second.

Sends and edits go through Bot.do_api_request, since Bot.send_message parses the message that comes back into objects
that nobody reads: 180 µs a call instead of 15. The library warns when do_api_request is given a name that Bot has as
a method; it turns the spellings below, which Bot has not, into sendMessage and editMessageText.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from telegram import Bot, InputFile, InputMediaDocument, Message
from telegram.error import InvalidToken, TelegramError

from bots.telegram.failures import BAD_TOKEN, too_large, translate, unchanged
from bots.telegram.render import TOAST_UNITS, clip, plain, to_caption, to_html, to_keyboard
from bots.telegram.request import AioHttpRequest
from core.errors import BadUpload, Rejected
from core.messages import Attachment, Card

SEND = "send_Message"
EDIT = "edit_Message_Text"
HTML = "HTML"
NO_PREVIEW = '{"is_disabled":true}'  # LinkPreviewOptions
GROUP_FILES = 10  # at most, and at least 2 (Bot API, sendMediaGroup)
PHOTO_BYTES = 10_000_000  # a larger picture goes as a document (Bot API, sendPhoto)

log = logging.getLogger(__name__)
logging.getLogger("telegram.Bot").setLevel(logging.INFO)  # its debug lines hold the bot token and the webhook secret

Named = tuple[Path, str]


def connect(token: str, api_url: str = "https://api.telegram.org") -> TelegramChat:
    """A chat for this bot token; `api_url` without a slash at its end, for one's own Bot API server or the sandbox."""
    http = AioHttpRequest()
    bot = Bot(
        token, f"{api_url}/bot", base_file_url=f"{api_url}/file/bot", request=http, get_updates_request=http
    )  # fmt: skip
    return TelegramChat(bot, http)


class TelegramChat:
    """The Chat port; chats are Telegram's chat ids and a message reference is "chat_id:message_id"."""

    platform = "telegram"

    def __init__(self, bot: Bot, http: AioHttpRequest) -> None:
        self.bot = bot
        self._http = http

    async def open(self) -> None:
        """Connect and learn the bot's own name; Rejected when the token is wrong, a second call changes nothing."""
        try:
            await self.bot.initialize()
        except InvalidToken:
            failure = Rejected(BAD_TOKEN)  # the library's own text holds the token
        except TelegramError as error:
            raise translate(error) from error
        else:
            return
        raise failure

    async def close(self) -> None:
        """Disconnect."""
        await self.bot.shutdown()

    @property
    def username(self) -> str:
        """The bot's name without @; known once open."""
        return self.bot.username

    async def send(self, chat: str, card: Card) -> str:
        """Send a card; the reference of the new message, to edit it by."""
        try:
            sent = await self.bot.do_api_request(SEND, {"chat_id": chat, **self._content(card)})
        except TelegramError as error:
            raise translate(error) from error
        return f"{sent['chat']['id']}:{sent['message_id']}"

    async def edit(self, message: str, card: Card) -> None:
        """Replace the message's text and buttons by this card."""
        chat, _, number = message.rpartition(":")
        try:
            await self.bot.do_api_request(EDIT, {"chat_id": chat, "message_id": number, **self._content(card)})
        except TelegramError as error:
            if not unchanged(error):
                raise translate(error) from error

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        """Send files with the card as the first one's caption: a PNG as a picture, the others as documents.

        Buttons need a message of their own kind: a first document that bears some goes ahead of the group.
        """
        try:
            sent = await self._send_first(chat, card, files)
        except TelegramError as error:
            raise translate(error) from error
        except FileNotFoundError as error:
            raise Rejected(f"the file {error.filename} does not exist any more") from error
        return f"{sent.chat.id}:{sent.message_id}"

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        """Fetch a person's file; BadUpload when it is larger than `limit` bytes, whatever size it claimed."""
        data = None
        try:
            if attachment.size <= limit:
                file = await self.bot.get_file(attachment.ref)
                data = await self._http.fetch(file.file_path or "", limit)
        except TelegramError as error:
            if not too_large(error):
                raise translate(error) from error
        if data is None:
            raise BadUpload([f"{attachment.name}: larger than {limit} bytes, or than what Telegram hands to bots"])
        return data

    async def toast(self, callback_id: str, text: str, alert: bool = False) -> None:
        """Answer a press; a press that is too old to be answered is not an error, nor is any other failure."""
        try:
            shown = clip(plain(text), TOAST_UNITS)
            await self.bot.answer_callback_query(callback_id, shown or None, show_alert=alert or None)
        except TelegramError as error:
            log.info("a press was not answered: %s", error.message)

    def _content(self, card: Card) -> dict[str, str | None]:
        return {
            "text": to_html(card),
            "parse_mode": HTML,
            "link_preview_options": NO_PREVIEW,
            "reply_markup": to_keyboard(card, self.bot.username),
        }

    async def _send_first(self, chat: str, card: Card, files: list[Named]) -> Message:
        """The message that bears the caption; the other files follow it."""
        first, rest = _lead(files, alone=bool(card.rows))
        sent: Message | None = None
        if first is not None:
            sent = await self._send_one(chat, first, to_caption(card), to_keyboard(card, self.bot.username))
        for start in range(0, len(rest), GROUP_FILES):
            caption = to_caption(card) if sent is None else ""
            message = await self._send_group(chat, rest[start : start + GROUP_FILES], caption)
            sent = sent or message
        if sent is None:
            raise Rejected("there is no file to send")
        return sent

    async def _send_one(self, chat: str, file: Named, caption: str, keyboard: str | None) -> Message:
        extra: Any = {"reply_markup": keyboard} if keyboard else None
        with ExitStack() as stack:
            content = _open(stack, file)
            if _is_picture(file):
                return await self.bot.send_photo(chat, content, caption, parse_mode=HTML, api_kwargs=extra)
            return await self.bot.send_document(chat, content, caption, parse_mode=HTML, api_kwargs=extra)

    async def _send_group(self, chat: str, files: list[Named], caption: str) -> Message:
        if len(files) == 1:
            return await self._send_one(chat, files[0], caption, None)
        with ExitStack() as stack:
            media = [InputMediaDocument(_open(stack, file, attach=True)) for file in files]
            return (await self.bot.send_media_group(chat, media, caption=caption or None, parse_mode=HTML))[0]


def _lead(files: list[Named], *, alone: bool) -> tuple[Named | None, list[Named]]:
    """The file to send first by itself (a picture, or any if it must stand alone), and the others."""
    first = next(filter(_is_picture, files), files[0] if files and alone else None)
    return first, [file for file in files if file is not first]


def _is_picture(file: Named) -> bool:
    path, name = file
    return name.lower().endswith(".png") and path.stat().st_size <= PHOTO_BYTES


def _open(stack: ExitStack, file: Named, *, attach: bool = False) -> InputFile:
    """A file that is read while it is sent, not before."""
    path, name = file
    return InputFile(stack.enter_context(path.open("rb")), name, attach=attach, read_file_handle=False)
