"""The people's side of the Telegram sandbox: what workers and requesters do with their phones, and what they see."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from collections.abc import Callable, Sequence
from typing import Any

from bots.sandbox import telegram_limits as limits
from bots.sandbox.telegram_state import Answer, Chat, Event, Listener, Message, Press, StoredFile, World, words
from bots.sandbox.telegram_text import Entity, utf16
from bots.sandbox.telegram_updates import Updates

_COMMAND = re.compile(r"(?<![\w/<>])/\w{1,32}(?:@\w{3,32})?(?!\w)", re.ASCII)


class People:
    """Acts for people and shows their chats; a private chat's id is the person's id, a group's is negative."""

    def __init__(self, world: World, updates: Updates, *, privacy: bool) -> None:
        self._world, self._updates, self._privacy = world, updates, privacy

    # -- who is there ------------------------------------------------------------------------------------------------
    def add_user(self, user_id: int, name: str, language_code: str = "en") -> None:
        """A person with a Telegram account who has not started the bot yet."""
        if user_id <= 0:
            raise ValueError("a user id is positive")
        self._world.add_user(user_id, name, language_code)

    def add_group(self, chat_id: int, title: str, members: Sequence[int] = ()) -> None:
        """A supergroup with the bot and these people in it."""
        if chat_id >= 0:
            raise ValueError("a group's chat id is negative")
        self._world.add_group(chat_id, title, members)

    def join(self, chat_id: int, user_id: int) -> None:
        """A person enters a group."""
        self._chat(chat_id).members[user_id] = self._world.users[user_id]

    # -- what they do ------------------------------------------------------------------------------------------------
    async def press_start(self, user_id: int, payload: str | None = None) -> Message:
        """Tap the bot's Start button, perhaps on a deep link (payload: 1-64 of A-Z a-z 0-9 _ -)."""
        if payload is not None and not re.fullmatch(limits.DEEP_LINK, payload):
            raise ValueError(f"Telegram opens no deep link with the payload {payload!r}")
        return await self.say(user_id, "/start" if payload is None else f"/start {payload}")

    async def say(
        self, user_id: int, text: str, chat_id: int | None = None, *, reply_to: Message | None = None
    ) -> Message:
        """Write a message, in private unless a group is given; the first one in private opens the chat."""
        if not 1 <= len(text) <= limits.MESSAGE_LENGTH:
            raise ValueError(f"a message has 1 to {limits.MESSAGE_LENGTH} characters")
        return self._post(user_id, chat_id, {"text": text, **_commands("entities", text)}, reply_to)

    async def upload(
        self, user_id: int, name: str, data: bytes, *, caption: str | None = None, chat_id: int | None = None
    ) -> Message:
        """Send a file as a document."""
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = self._world.store(name, data, folder="documents", file_name=name, mime_type=mime)
        content: dict[str, Any] = {"document": file.meta}
        if caption:
            content |= {"caption": caption, **_commands("caption_entities", caption)}
        return self._post(user_id, chat_id, content, None)

    async def press(self, user_id: int, message: Message, choice: str | int) -> str:
        """Press a button of a message as the person saw it, by text, callback data or index; gives the callback's id.

        The message may be stale: a person can press before an edit arrives. LookupError when it has no such button.
        """
        chat = self._writable(user_id, message["chat"]["id"])
        data = _button(message, choice)
        press = self._world.press(user_id, message, data)
        seen = chat.messages.get(message["message_id"])
        query = {
            "id": press.id, "from": chat.members[user_id], "chat_instance": str(chat.id), "data": data,
            "message": seen or {"chat": chat.info, "message_id": message["message_id"], "date": 0},
        }  # fmt: skip
        self._world.record(chat, "pressed", user_id, data, message)
        self._updates.push("callback_query", user_id, query)
        return press.id

    async def pressed(self, callback_id: str, timeout: float = 5.0) -> Answer:
        """The bot's answer to a press; TimeoutError when none comes within `timeout` real seconds."""
        press = self._world.open.get(callback_id) or self._world.answered[callback_id]
        return await asyncio.wait_for(asyncio.shield(press.answer), timeout)

    async def block(self, user_id: int) -> None:
        """Block the bot."""
        self._membership(self._chat(user_id), user_id, blocked=True)

    async def unblock(self, user_id: int) -> None:
        """Unblock the bot."""
        self._membership(self._chat(user_id), user_id, blocked=False)

    async def kick(self, chat_id: int) -> None:
        """Remove the bot from a group."""
        chat = self._chat(chat_id)
        self._membership(chat, next(iter(chat.members)), blocked=True)

    # -- what they see -----------------------------------------------------------------------------------------------
    def messages(self, chat_id: int) -> list[Message]:
        """The chat as it stands now, oldest first."""
        return list(self._chat(chat_id).messages.values())

    def last(self, chat_id: int) -> Message | None:
        """The bot's latest message in the chat."""
        return next(filter(self._world.is_bots, reversed(self._chat(chat_id).messages.values())), None)

    def history(self, chat_id: int) -> list[Event]:
        """Everything that happened in the chat, oldest first (bounded), for transcripts."""
        return list(self._chat(chat_id).events)

    def subscribe(self, chat_id: int, callback: Listener) -> Callable[[], None]:
        """Call back at once on each new or edited message of the bot; gives the function that ends it."""
        listeners = self._chat(chat_id).listeners
        listeners.append(callback)
        return lambda: listeners.remove(callback)

    async def wait_for(self, chat_id: int, predicate: Callable[[Message], bool], timeout: float = 5.0) -> Message:
        """The latest message of the bot that fits, now or within `timeout` real seconds; else TimeoutError."""
        chat = self._chat(chat_id)
        for message in reversed(chat.messages.values()):
            if self._world.is_bots(message) and predicate(message):
                return message
        found: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def check(message: Message) -> None:
            if not found.done() and predicate(message):
                found.set_result(message)

        end = self.subscribe(chat_id, check)
        try:
            return await asyncio.wait_for(found, timeout)
        finally:
            end()

    def unanswered(self) -> list[Press]:
        """Presses that the bot has not answered, oldest first; `age` tells how long each has waited."""
        return list(self._world.open.values())

    @property
    def files(self) -> dict[str, StoredFile]:
        """Every upload by file id, the bot's and the people's."""
        return self._world.files

    # -- underneath --------------------------------------------------------------------------------------------------
    def _chat(self, chat_id: int) -> Chat:
        return self._world.chats[chat_id]

    def _writable(self, user_id: int, chat_id: int | None) -> Chat:
        chat = self._chat(user_id if chat_id is None else chat_id)
        if user_id not in chat.members:
            raise ValueError(f"user {user_id} is not in chat {chat.id}")
        if chat.blocked and chat.private:
            raise ValueError(f"user {user_id} has blocked the bot")
        return chat

    def _post(self, user_id: int, chat_id: int | None, content: dict[str, Any], reply_to: Message | None) -> Message:
        chat = self._writable(user_id, chat_id)
        chat.opened = True
        if reply_to is not None:
            content = {**content, "reply_to_message": reply_to}
        message = self._world.message(chat, chat.members[user_id], content)
        self._world.record(chat, "said", user_id, words(message), message)
        if not chat.blocked and self._visible(chat, message):
            self._updates.push("message", chat.id, message)
        return message

    def _visible(self, chat: Chat, message: Message) -> bool:
        """Whether the bot gets it: in privacy mode only commands and replies to the bot leave a group."""
        if chat.private or not self._privacy:
            return True
        reply = message.get("reply_to_message")
        return "entities" in message or "caption_entities" in message or bool(reply and self._world.is_bots(reply))

    def _membership(self, chat: Chat, by: int, *, blocked: bool) -> None:
        """Shut the bot out of a chat or let it in again, and tell it so."""
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        out = {"user": self._world.bot, "status": "kicked", "until_date": 0}
        member = {"user": self._world.bot, "status": "member"}
        self._updates.push("my_chat_member", chat.id, {
            "chat": chat.info, "from": chat.members[by], "date": self._world.clock.now() // 1000,
            "old_chat_member": member if blocked else out, "new_chat_member": out if blocked else member,
        })  # fmt: skip


def _commands(name: str, text: str) -> dict[str, list[Entity]]:
    """The bot_command entities that Telegram marks by itself."""
    if "/" not in text:
        return {}
    found = [
        {"type": "bot_command", "offset": utf16(text[: match.start()]), "length": len(match[0])}
        for match in _COMMAND.finditer(text)
    ]
    return {name: found} if found else {}


def _button(message: Message, choice: str | int) -> str:
    """Callback data of the chosen button."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    if isinstance(choice, int):
        return str(buttons[choice]["callback_data"])
    for field in ("text", "callback_data"):
        for button in buttons:
            if button.get(field) == choice and "callback_data" in button:
                return str(button["callback_data"])
    raise LookupError(f"no button {choice!r} among {[button['text'] for button in buttons]}")
