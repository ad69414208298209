"""What Telegram knows in the sandbox: people, chats, messages, presses and files; no HTTP, no bot.

Messages are JSON-ready dicts, never changed in place: an edit puts a new dict in, so a person may still hold the old.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from core.ports import Clock

Message = dict[str, Any]
Listener = Callable[[Message], None]
EventKind = Literal["sent", "edited", "deleted", "toast", "said", "pressed"]

KEEP_MESSAGES = 2000  # per chat; our choice, so that memory stays flat in long benchmarks
KEEP_EVENTS = 2000  # per chat
KEEP_ANSWERED = 10_000  # presses whose answer can still be asked for


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a chat's transcript; `at` is ms of the sandbox's clock, `by` a user id (the bot's too)."""

    at: int
    kind: EventKind
    by: int
    text: str
    message: Message


@dataclass(frozen=True, slots=True)
class Answer:
    """The bot's answer to a press; `seconds` is the real time that it took."""

    text: str
    show_alert: bool
    seconds: float


@dataclass(slots=True)
class Press:
    """A press of a button, open until the bot answers it once."""

    id: str
    user_id: int
    message: Message
    data: str
    began: float
    answer: asyncio.Future[Answer]

    @property
    def age(self) -> float:
        """Real seconds since the press."""
        return time.monotonic() - self.began


@dataclass(slots=True)
class StoredFile:
    """An upload: its bytes and how Telegram describes it."""

    meta: dict[str, Any]
    path: str
    data: bytes


@dataclass(slots=True)
class Chat:
    """A private chat or a group, from the bot's point of view."""

    info: dict[str, Any]
    ids: itertools.count[int]
    members: dict[int, dict[str, Any]]
    opened: bool
    blocked: bool = False  # by the person, or kicked from the group
    messages: dict[int, Message] = field(default_factory=dict)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=KEEP_EVENTS))
    listeners: list[Listener] = field(default_factory=list)

    @property
    def id(self) -> int:
        """Chat id: positive for a person, negative for a group."""
        chat_id: int = self.info["id"]
        return chat_id

    @property
    def private(self) -> bool:
        """Whether this is the chat with one person."""
        return self.id > 0


class World:
    """The sandbox's state and the only place where it changes."""

    def __init__(self, bot: dict[str, Any], clock: Clock) -> None:
        self.bot, self.clock = bot, clock
        self.users: dict[int, dict[str, Any]] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}
        self.open: dict[str, Press] = {}
        self.answered: dict[str, Press] = {}
        self.profile: dict[tuple[str, str, str], Any] = {}  # commands and texts by (what, scope, language)
        self._private_ids = itertools.count(1)  # private chats share one sequence, each supergroup has its own
        self._serial = itertools.count(1)

    def add_user(self, user_id: int, name: str, language_code: str) -> dict[str, Any]:
        """A person and the private chat, not opened yet."""
        user = {"id": user_id, "is_bot": False, "first_name": name, "language_code": language_code}
        self.users[user_id] = user
        info = {"id": user_id, "type": "private", "first_name": name}
        self.chats[user_id] = Chat(info, self._private_ids, {user_id: user}, opened=False)
        return user

    def add_group(self, chat_id: int, title: str, members: Iterable[int]) -> Chat:
        """A supergroup that has the bot and these people in it."""
        info = {"id": chat_id, "type": "supergroup", "title": title}
        people = {user_id: self.users[user_id] for user_id in members}
        self.chats[chat_id] = Chat(info, itertools.count(1), people, opened=True)
        return self.chats[chat_id]

    def message(self, chat: Chat, sender: dict[str, Any], content: dict[str, Any]) -> Message:
        """A new message, numbered, dated and kept."""
        number, date = next(chat.ids), self.clock.now() // 1000
        message = {"message_id": number, "from": sender, "chat": chat.info, "date": date, **content}
        chat.messages[number] = message
        if len(chat.messages) > KEEP_MESSAGES:
            del chat.messages[next(iter(chat.messages))]
        return message

    def publish(self, chat: Chat, message: Message, kind: Literal["sent", "edited"]) -> Message:
        """Show a message of the bot to the people of the chat."""
        chat.messages[message["message_id"]] = message
        self.record(chat, kind, self.bot["id"], words(message), message)
        for listener in tuple(chat.listeners):
            listener(message)
        return message

    def record(self, chat: Chat, kind: EventKind, by: int, text: str, message: Message) -> None:
        """Add a line to the chat's transcript."""
        chat.events.append(Event(self.clock.now(), kind, by, text, message))

    def press(self, user_id: int, message: Message, data: str) -> Press:
        """A press that waits for its answer."""
        key = f"{self.bot['id']}{next(self._serial):08d}"
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.open[key] = press = Press(key, user_id, message, data, time.monotonic(), answer)
        return press

    def close(self, press: Press, answer: Answer) -> None:
        """Settle a press with its answer."""
        del self.open[press.id]
        self.answered[press.id] = press
        if len(self.answered) > KEEP_ANSWERED:
            del self.answered[next(iter(self.answered))]
        press.answer.set_result(answer)
        self.record(self.chats[press.message["chat"]["id"]], "toast", press.user_id, answer.text, press.message)

    def store(self, name: str, data: bytes, *, folder: str, **meta: Any) -> StoredFile:
        """Keep the bytes of an upload; more `meta` goes into its description."""
        serial = next(self._serial)
        about = {"file_id": f"file-{serial}", "file_unique_id": f"unique-{serial}", "file_size": len(data), **meta}
        suffix = "." + name.rsplit(".", 1)[1] if "." in name else ""
        self.files[about["file_id"]] = kept = StoredFile(about, f"{folder}/file_{serial}{suffix}", data)
        return kept

    def is_bots(self, message: Message) -> bool:
        """Whether the bot sent it."""
        return bool(message["from"]["id"] == self.bot["id"])


def words(message: Message) -> str:
    """What a transcript shows of a message: its text, or its caption with the file's name."""
    if "text" in message:
        return str(message["text"])
    name = message["document"].get("file_name", "") if "document" in message else "photo"
    return f"[{name}] {message.get('caption', '')}".strip()
