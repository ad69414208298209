"""A person's place before a chat: the few things that people do with a bot, the same on Telegram and Slack.

What the bot shows arrives at once through the sandbox's callbacks as `Seen`, reduced to what a person reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from bots.sandbox.slack import SlackSandbox
from bots.sandbox.telegram import TelegramSandbox

START = "Start"
PRESSES = 3
"""How often a person presses a button that does not react."""
CALL_SECONDS = 60.0  # real seconds that a person waits for the call to a job
TOAST_SECONDS = 10.0  # real seconds until a person believes that a press was lost
QUOTES = ("blockquote", "expandable_blockquote")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of the bot as a person sees it; `ref` names the message, `raw` is the platform's own object."""

    ref: str
    text: str
    item: str = ""
    buttons: tuple[str, ...] = ()
    raw: Any = None


Look = Callable[[Seen], None]


class Seat(Protocol):
    """One person's private chat with the bot."""

    handle: str

    def watch(self, look: Look) -> None:
        """Call back with everything that the bot shows from now on, notes to this person alone among it."""

    async def arrive(self) -> None:
        """Press Start under the call to a job, as soon as the channel has one."""

    async def press(self, seen: Seen, button: str) -> bool:
        """Press a button, again when nothing happens; False when the bot never reacted."""

    async def say(self, verb: str) -> None:
        """Send a command to the bot."""


class TelegramSeat:
    """A person with Telegram who is in the group where jobs are called out."""

    def __init__(self, sandbox: TelegramSandbox, user: int, group: int) -> None:
        self.handle = f"telegram:{user}"
        self._sandbox, self._user, self._group = sandbox, user, group
        self._look: Look = _nowhere

    def watch(self, look: Look) -> None:
        """Look at the private chat."""
        self._look = look
        self._sandbox.subscribe(self._user, lambda message: look(seen_on_telegram(message)))

    async def arrive(self) -> None:
        """Follow the deep link of the call's button."""
        call = await self._sandbox.wait_for(self._group, _has_link, timeout=CALL_SECONDS)
        payload = parse_qs(urlsplit(_links(call)[0]).query)["start"][0]
        await self._sandbox.press_start(self._user, payload)

    async def press(self, seen: Seen, button: str) -> bool:
        """Press, and read the box that a refusal opens."""
        for _ in range(PRESSES):
            press = await self._sandbox.press(self._user, seen.raw, button)
            try:
                answer = await self._sandbox.pressed(press, TOAST_SECONDS)
            except TimeoutError:
                continue
            if answer.show_alert:
                self._look(Seen("toast", answer.text))
            return True
        return False

    async def say(self, verb: str) -> None:
        """Type the command."""
        await self._sandbox.say(self._user, f"/{verb}")


class SlackSeat:
    """A person with Slack who is in the channel where jobs are called out."""

    def __init__(self, sandbox: SlackSandbox, user: str, channel: str) -> None:
        self.handle = f"slack:{user}"
        self._sandbox, self._user, self._channel = sandbox, user, channel

    def watch(self, look: Look) -> None:
        """Look at the direct messages, from when there are any, and at what only this person is shown."""
        user, sandbox = self._user, self._sandbox

        def follow(channel: str) -> None:
            sandbox.subscribe(channel, lambda message: look(seen_on_slack(message)))

        known = sandbox.dm(user)
        if known is not None:
            follow(known)
        else:
            sandbox.on_dm(lambda who, channel: follow(channel) if who == user else None)
        sandbox.on_ephemeral(lambda who, note: look(seen_on_slack(note)) if who == user else None)

    async def arrive(self) -> None:
        """Press the call's button."""
        call = await self._sandbox.wait_for(
            self._channel, lambda message: START in seen_on_slack(message).buttons, timeout=CALL_SECONDS
        )
        await self.press(seen_on_slack(call), START)

    async def press(self, seen: Seen, button: str) -> bool:
        """Press until Slack takes it; what it refuses shows a warning sign to the person."""
        for _ in range(PRESSES):
            ack = await self._sandbox.press(self._user, seen.raw, button)
            if ack.acked:
                return True
            await asyncio.sleep(0)
        return False

    async def say(self, verb: str) -> None:
        """Type the slash command in the direct message."""
        await self._sandbox.command(self._user, "/tapcrowd", verb, self._sandbox.dm(self._user))


def seen_on_telegram(message: Any) -> Seen:
    """A Telegram message as read."""
    text = str(message.get("text") or message.get("caption") or "")
    quote = next((entity for entity in message.get("entities", ()) if entity["type"] in QUOTES), None)
    rows = message.get("reply_markup", {}).get("inline_keyboard", ())
    buttons = tuple(button["text"] for row in rows for button in row)
    return Seen(str(message["message_id"]), text, _cut_out(text, quote) if quote else "", buttons, message)


def _cut_out(text: str, entity: Any) -> str:
    """The part of the text under an entity, whose places count UTF-16 units."""
    first, last = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
    return text.encode("utf-16-le")[first:last].decode("utf-16-le")


def _links(message: Any) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", ())
    return [button["url"] for row in rows for button in row if "?start=" in button.get("url", "")]


def _has_link(message: Any) -> bool:
    return bool(_links(message))


def seen_on_slack(message: Any) -> Seen:
    """A Slack message as read: the fallback text stands for the blocks, the quote block is the item."""
    buttons: list[str] = []
    item = ""
    for block in message.get("blocks", ()):
        if block["type"] == "actions":
            buttons += [element["text"]["text"] for element in block["elements"] if element["type"] == "button"]
        elif block.get("block_id") == "quote":
            item = "".join(piece["text"] for part in block["elements"] for piece in part["elements"])
    return Seen(str(message["ts"]), str(message.get("text", "")), item, tuple(buttons), message)


def _nowhere(_: Seen) -> None:
    """Nobody looks."""
