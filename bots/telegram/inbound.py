"""Turns a Telegram update into a command: what was said, by whom and where, and nothing about what it means."""

from __future__ import annotations

import re
from typing import TypedDict

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Document, Message, Update, User

from core.messages import Attachment, Command, Left, Press, Said, Typed, Upload
from core.model import Handle

PLATFORM = "telegram"
UPLOAD_VERB = "newjob"
GONE = ("kicked", "left")
DEFAULT_LANG = "en"
_SLASH = re.compile(r"/(?P<verb>\w+)(?:@(?P<bot>\w+))?(?:\s+(?P<args>.*))?", re.ASCII | re.DOTALL)


class _From(TypedDict):
    """The part that all commands share."""

    key: str
    who: Handle
    chat: str
    private: bool
    lang: str


def to_command(update: Update, bot_username: str) -> Command | None:
    """The command in an update; None when it is not for this bot or not from a person."""
    if update.callback_query is not None:
        return _press(update.update_id, update.callback_query)
    if update.message is not None:
        return _message(update.update_id, update.message, bot_username)
    if update.my_chat_member is not None:
        return _membership(update.update_id, update.my_chat_member)
    return None


def _from(update_id: int, user: User, chat: Chat) -> _From:
    return {
        "key": f"{PLATFORM}:{update_id}",
        "who": Handle(PLATFORM, str(user.id)),
        "chat": str(chat.id),
        "private": chat.type == Chat.PRIVATE,
        "lang": (user.language_code or DEFAULT_LANG).partition("-")[0].lower(),
    }


def _press(update_id: int, query: CallbackQuery) -> Press | None:
    message = query.message  # may be inaccessible: it still has its chat and its number
    if message is None or not query.data:
        return None
    start = _from(update_id, query.from_user, message.chat)
    return Press(**start, token=query.data, message=f"{message.chat.id}:{message.message_id}")


def _membership(update_id: int, change: ChatMemberUpdated) -> Left | None:
    if change.chat.type != Chat.PRIVATE or change.new_chat_member.status not in GONE:
        return None
    return Left(**_from(update_id, change.from_user, change.chat))


def _message(update_id: int, message: Message, bot_username: str) -> Command | None:
    user = message.from_user
    if user is None or user.is_bot or message.sender_chat is not None:
        return None  # a channel, an anonymous admin or another bot
    start = _from(update_id, user, message.chat)
    words = message.text or message.caption or ""
    slash = _SLASH.fullmatch(words)
    if slash is not None:
        return _slash(start, slash, message, bot_username)
    if message.document is not None and (start["private"] or _to_bot(message, bot_username)):
        return _upload(start, message, message.document, words)
    if message.text and start["private"]:
        return Typed(**start, text=message.text)
    return None


def _slash(start: _From, slash: re.Match[str], message: Message, bot_username: str) -> Command | None:
    if slash["bot"] and slash["bot"].lower() != bot_username.lower():
        return None
    verb, args = slash["verb"].lower(), (slash["args"] or "").rstrip()
    if verb == UPLOAD_VERB:
        for carrier in (message, message.reply_to_message):
            if carrier is not None and carrier.document is not None:
                return _upload(start, message, carrier.document, args)
    return Said(**start, verb=verb, args=args)


def _upload(start: _From, message: Message, document: Document, text: str) -> Upload:
    """One job per asking message: a second /newjob in reply to the same file asks for another job."""
    attachment = Attachment(document.file_name or "file", document.file_size or 0, document.file_id)
    source = f"{PLATFORM}:{message.chat.id}:{message.message_id}"
    return Upload(**start, source=source, text=text, attachments=(attachment,))


def _to_bot(message: Message, bot_username: str) -> bool:
    reply = message.reply_to_message
    author = reply.from_user if reply is not None else None
    return author is not None and (author.username or "").lower() == bot_username.lower()
