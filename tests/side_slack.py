"""Slack as the people of a test use it; side_telegram has the same verbs and says what they mean."""

from __future__ import annotations

import asyncio
from typing import Any

from chats import (
    ADMIN_CHANNEL,
    CHANNEL,
    ITEMS,
    JOB_FILE,
    OTHER_CHANNEL,
    SLACK_ADMIN,
    SLACK_REQUESTER,
    SLACK_STRANGER,
    SLOW,
    SOON,
    Chats,
    Message,
    results_among,
    until,
)

from bots.sandbox.slack_state import BOT_USER


class SlackSide:
    """Slack; people and channels are ids."""

    name = "slack"
    requester, admin, stranger = SLACK_REQUESTER, SLACK_ADMIN, SLACK_STRANGER
    channel, elsewhere, admins = CHANNEL, OTHER_CHANNEL, ADMIN_CHANNEL

    def __init__(self, chats: Chats) -> None:
        self.chats = chats
        self.sandbox = chats.slack

    # -- requesters --------------------------------------------------------------------------------------------------
    async def post_job(self, items: str = ITEMS, jobfile: str = JOB_FILE) -> None:
        await self.upload(items, jobfile)
        await self.press_in(self.channel, self.requester, "Publish")

    async def upload(self, items: str | bytes, jobfile: str = JOB_FILE) -> Any:
        """Fill in the form behind /newjob; what Slack's client heard back."""
        view = await self.open_form()
        data = items if isinstance(items, bytes) else items.encode()
        files = {"items": [("items.csv", data)]}
        return await self.sandbox.submit(self.requester, view, {"job": jobfile}, files=files)

    async def open_form(self) -> Any:
        """The form behind /newjob; the one that is open already, if any."""
        if not self.sandbox.views(self.requester):
            await self.sandbox.command(self.requester, "/newjob", "", self.channel)
        return await self.sandbox.wait_view(self.requester)

    async def refusal_of(self, items: str | bytes, jobfile: str = JOB_FILE) -> str:
        """What the form says about a bad upload, and what is whispered when that is too short."""
        ack = await self.upload(items, jobfile)
        told = "\n".join(ack.payload["errors"].values())
        return self.text(await self.sandbox.wait_ephemeral(self.requester)) if told.endswith("…") else told

    def open_forms(self) -> list[Any]:
        return self.sandbox.views(self.requester)

    async def press_in(self, chat: Any, who: Any, text: str) -> str:
        message = await self.sandbox.wait_for(chat, lambda m: text in self.buttons(m))
        return await self.tap_on(who, message, text)

    async def say_in(self, chat: Any, who: Any, verb: str, args: str = "") -> None:
        await self.sandbox.command(who, "/tapcrowd", f"{verb} {args}".strip(), chat)

    async def find_in(self, chat: Any, part: str, seconds: float = SOON) -> Message:
        return await self.sandbox.wait_for(chat, lambda m: part in self.text(m), timeout=seconds)

    async def see_in(self, chat: Any, part: str) -> str:
        return self.text(await self.find_in(chat, part))

    async def results_in(self, chat: Any) -> str:
        return self.text(await self.find_in(chat, "Results of job #", SLOW))

    async def send_file(self, user: Any, name: str, text: str) -> None:
        await self.sandbox.upload(user, name, text.encode(), text="newjob")

    async def spoil_next_upload(self, fault: Any) -> None:
        await self.open_form()
        self.sandbox.faults.add("interactive", fault)

    async def settle(self) -> None:
        await self.sandbox.settle()

    # -- workers -----------------------------------------------------------------------------------------------------
    async def arrive(self, number: int, payload: str | None = "j1") -> str:
        """A new worker presses Start under a job's call in the channel, or just writes to the bot."""
        user = self.meet(number)
        if payload is None:
            await self.sandbox.say(user, "start")
        else:
            call = await self.sandbox.wait_for(self.channel, lambda m: "Start" in self.buttons(m))
            await self.sandbox.press(user, call, "Start")
        return user

    def meet(self, number: int) -> str:
        user = f"U{1000 + number}"
        self.sandbox.add_user(user, f"worker {number}")
        return user

    async def join(self, number: int) -> str:
        user = await self.arrive(number)
        await self.tap(user, "Accept")
        return user

    async def tap(self, user: Any, text: str) -> str:
        message = await self.sandbox.wait_dm(user, lambda m: text in self.buttons(m))
        whisper = await self.tap_on(user, message, text)
        stamp = message["ts"]
        await self.sandbox.wait_dm(user, lambda m: m["ts"] == stamp and text not in self.buttons(m))
        return whisper

    async def tap_on(self, user: Any, message: Message, text: str) -> str:
        """Press a button; Slack shows no toast, so what stands in its place is an empty text."""
        await self.sandbox.press(user, message, text)
        return ""

    async def told(self, user: Any, message: Message, text: str) -> str:
        before = len(self.sandbox.ephemerals(user))
        await self.sandbox.press(user, message, text)
        heard = await self.sandbox.wait_ephemeral(user, lambda _: len(self.sandbox.ephemerals(user)) > before)
        return self.text(heard)

    async def see(self, user: Any, part: str) -> Message:
        return await self.sandbox.wait_dm(user, lambda m: part in self.text(m))

    async def task(self, user: Any, *, after: Message | None = None) -> Message:
        last = float(after["ts"]) if after else 0.0
        return await self.sandbox.wait_dm(user, lambda m: "Skip" in self.buttons(m) and float(m["ts"]) > last)

    def now(self, user: Any, message: Message) -> Message:
        return next(m for m in self.shown(user) if self.key(m) == self.key(message))

    async def try_press(self, user: Any, message: Message, text: str, seconds: float = 3.0) -> str:
        before = len(self.sandbox.ephemerals(user))
        ack = await self.sandbox.press(user, message, text)
        if not ack.acked:
            await asyncio.sleep(0.1)
            return ""

        def happened() -> bool:
            return text not in self.buttons(self.now(user, message)) or len(self.sandbox.ephemerals(user)) > before

        return "…" if await until(happened, seconds) else ""

    def shown(self, user: Any) -> list[Message]:
        channel = user if user.startswith("C") else self.sandbox.dm(user)
        return [m for m in self.sandbox.messages(channel) if m["user"] == BOT_USER] if channel else []

    def key(self, message: Message) -> Any:
        return message["ts"]

    async def type(self, user: Any, text: str) -> None:
        await self.sandbox.say(user, text)

    async def command(self, user: Any, verb: str) -> None:
        await self.sandbox.command(user, "/tapcrowd", verb, self.sandbox.dm(user))

    async def leave(self, user: Any) -> None:
        """The person's account ends."""
        self.sandbox.deactivate(user)

    # -- what a message is -------------------------------------------------------------------------------------------
    def rows(self, message: Message) -> list[list[str]]:
        blocks = [b for b in message.get("blocks", []) if b["type"] == "actions"]
        return [[element["text"]["text"] for element in block["elements"]] for block in blocks]

    def buttons(self, message: Message) -> list[str]:
        return [text for row in self.rows(message) for text in row]

    def tokens(self, message: Message) -> dict[str, str]:
        blocks = [b for b in message["blocks"] if b["type"] == "actions"]
        return {element["text"]["text"]: element["value"] for block in blocks for element in block["elements"]}

    def with_token(self, message: Message, text: str, token: str) -> Message:
        label = {"type": "plain_text", "text": text, "emoji": False}
        element = {"type": "button", "action_id": "tap:0", "text": label, "value": token}
        actions = {"type": "actions", "block_id": "row:0", "elements": [element]}
        return {**message, "blocks": [actions]}

    def text(self, message: Message) -> str:
        """Everything that a message shows, as one string."""
        return "\n".join(_texts(message.get("blocks", [])) or [str(message.get("text", ""))])

    def formatted(self, message: Message) -> set[str]:
        """Kinds of elements in the text beyond plain text, such as links and mentions."""
        parts = [part for block in message.get("blocks", []) for part in block.get("elements", [])]
        inner = [element["type"] for part in parts for element in part.get("elements", [])]
        return set(inner) - {"text"}

    def files(self) -> dict[str, bytes]:
        return {stored.info["name"]: stored.data or b"" for stored in self.sandbox.files.values()}

    def results(self) -> list[bytes]:
        return results_among(self.files(), "job-1-labels.png")


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for value in node.values() if isinstance(value, dict | list) for text in _texts(value)]
    return [text for value in node for text in _texts(value)]
