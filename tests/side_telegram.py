"""Telegram as the people of a test use it; side_slack has the same verbs."""

from __future__ import annotations

import asyncio
from typing import Any

from chats import (
    ADMIN,
    ADMIN_GROUP,
    GROUP,
    ITEMS,
    JOB_FILE,
    OTHER_GROUP,
    REQUESTER,
    SLOW,
    SOON,
    STRANGER,
    Chats,
    Message,
    results_among,
    until,
)

from bots.sandbox.faults import DEFAULT_SECONDS


class TelegramSide:
    """Telegram; people are numbers and so are groups."""

    name = "telegram"
    requester, admin, stranger = REQUESTER, ADMIN, STRANGER
    channel, elsewhere, admins = GROUP, OTHER_GROUP, ADMIN_GROUP

    def __init__(self, chats: Chats) -> None:
        self.chats = chats
        self.sandbox = chats.telegram

    # -- requesters --------------------------------------------------------------------------------------------------
    async def post_job(self, items: str = ITEMS, jobfile: str = JOB_FILE) -> None:
        """Upload a job in the requester's group and publish it."""
        await self.upload(items, jobfile)
        await self.press_in(self.channel, self.requester, "Publish")

    async def upload(self, items: str | bytes, jobfile: str = JOB_FILE) -> None:
        """Send the items as a file whose caption is the job."""
        data = items if isinstance(items, bytes) else items.encode()
        caption = f"/newjob\n{jobfile}"
        await self.sandbox.upload(self.requester, "items.csv", data, caption=caption, chat_id=self.channel)

    async def refusal_of(self, items: str | bytes, jobfile: str = JOB_FILE) -> str:
        """What a requester is told about a bad upload."""
        await self.upload(items, jobfile)
        return await self.see_in(self.channel, "nothing was imported")

    def open_forms(self) -> list[Any]:
        """Forms on the requester's screen; Telegram has none."""
        return []

    async def press_in(self, chat: Any, who: Any, text: str) -> str:
        """Press the newest button with that text in a group; the toast."""
        message = await self.sandbox.wait_for(chat, lambda m: text in self.buttons(m))
        return await self.tap_on(who, message, text)

    async def say_in(self, chat: Any, who: Any, verb: str, args: str = "") -> None:
        """A command in a group."""
        await self.sandbox.say(who, f"/{verb} {args}".strip(), chat)

    async def find_in(self, chat: Any, part: str, seconds: float = SOON) -> Message:
        """Wait for a message of the bot in a group that holds this text."""
        return await self.sandbox.wait_for(chat, lambda m: part in self.text(m), timeout=seconds)

    async def see_in(self, chat: Any, part: str) -> str:
        """All that the message says that holds this text."""
        return self.text(await self.find_in(chat, part))

    async def results_in(self, chat: Any) -> str:
        """What stands above the result files, once they come."""
        return self.text(await self.find_in(chat, "Results of job #", SLOW))

    async def send_file(self, user: Any, name: str, text: str) -> None:
        """Send the bot a part of a job in private."""
        await self.sandbox.upload(user, name, text.encode(), caption="/newjob")

    async def spoil_next_upload(self, fault: Any) -> None:
        """Let something go wrong with the delivery of the next upload."""
        self.sandbox.faults.add("message", fault)

    async def settle(self) -> None:
        """Wait until the service has taken everything that is on its way."""
        await asyncio.sleep(DEFAULT_SECONDS)
        assert await until(lambda: not self.sandbox.pending), "the service must take every update"

    # -- workers -----------------------------------------------------------------------------------------------------
    async def arrive(self, number: int, payload: str | None = "j1") -> int:
        """A new worker comes by a job's deep link; their user id."""
        user = self.meet(number)
        await self.sandbox.press_start(user, payload)
        return user

    def meet(self, number: int) -> int:
        """A new person, who has not come to the bot yet; their user id."""
        user = 1000 + number
        self.sandbox.add_user(user, f"worker {number}")
        return user

    async def join(self, number: int) -> int:
        """A new worker comes and accepts."""
        user = await self.arrive(number)
        await self.tap(user, "Accept")
        return user

    async def tap(self, user: Any, text: str) -> str:
        """Press the newest button with that text and wait until the message has changed; the toast."""
        message = await self.sandbox.wait_for(user, lambda m: text in self.buttons(m))
        toast = await self.tap_on(user, message, text)
        number = message["message_id"]
        await self.sandbox.wait_for(user, lambda m: m["message_id"] == number and text not in self.buttons(m))
        return toast

    async def tap_on(self, user: Any, message: Message, text: str) -> str:
        """Press a button of that message as the person saw it; the toast."""
        press = await self.sandbox.press(user, message, text)
        return (await self.sandbox.pressed(press)).text or ""

    async def told(self, user: Any, message: Message, text: str) -> str:
        """Press a button that changes nothing; what the person is told."""
        return await self.tap_on(user, message, text)

    async def see(self, user: Any, part: str) -> Message:
        """Wait until the person's chat shows this text."""
        return await self.sandbox.wait_for(user, lambda m: part in self.text(m))

    async def task(self, user: Any, *, after: Message | None = None) -> Message:
        """Wait for an open task that came after that message."""
        last = after["message_id"] if after else 0
        return await self.sandbox.wait_for(user, lambda m: "Skip" in self.buttons(m) and m["message_id"] > last)

    def now(self, user: Any, message: Message) -> Message:
        """A message as it stands now."""
        return next(m for m in self.shown(user) if self.key(m) == self.key(message))

    async def try_press(self, user: Any, message: Message, text: str, seconds: float = 3.0) -> str:
        """Press a button of a bot that may be down; what came of it, empty when nothing did."""
        try:
            press = await self.sandbox.press(user, message, text)
            return (await self.sandbox.pressed(press, seconds)).text or "…"
        except TimeoutError:
            return ""

    def shown(self, user: Any) -> list[Message]:
        """The bot's messages in the person's chat as they stand now, oldest first."""
        return [m for m in self.sandbox.messages(user) if m["from"]["is_bot"]]

    def key(self, message: Message) -> Any:
        """What a message is known by."""
        return message["message_id"]

    async def type(self, user: Any, text: str) -> None:
        await self.sandbox.say(user, text)

    async def command(self, user: Any, verb: str) -> None:
        await self.sandbox.say(user, f"/{verb}")

    async def leave(self, user: Any) -> None:
        """Shut the bot out."""
        await self.sandbox.block(user)

    # -- what a message is -------------------------------------------------------------------------------------------
    def rows(self, message: Message) -> list[list[str]]:
        """Texts of the buttons, row by row."""
        return [[b["text"] for b in row] for row in message.get("reply_markup", {}).get("inline_keyboard", [])]

    def buttons(self, message: Message) -> list[str]:
        return [text for row in self.rows(message) for text in row]

    def tokens(self, message: Message) -> dict[str, str]:
        """What each button sends, by its text."""
        keyboard = message["reply_markup"]["inline_keyboard"]
        return {b["text"]: b["callback_data"] for row in keyboard for b in row}

    def with_token(self, message: Message, text: str, token: str) -> Message:
        """The message with one button that sends something else."""
        button = {"text": text, "callback_data": token}
        return {**message, "reply_markup": {"inline_keyboard": [[button]]}}

    def text(self, message: Message) -> str:
        return str(message.get("text") or message.get("caption") or "")

    def formatted(self, message: Message) -> set[str]:
        """Kinds of formatting that the platform found in the text, beyond the card's own bold and quote."""
        return {entity["type"] for entity in message.get("entities", [])} - {"bold", "blockquote"}

    def files(self) -> dict[str, bytes]:
        """Every file that lies in the platform, by name."""
        return {stored.meta.get("file_name", "photo.png"): stored.data for stored in self.sandbox.files.values()}

    def results(self) -> list[bytes]:
        """Chart, CSV and JSONL, those that are there."""
        return results_among(self.files(), "photo.png")
