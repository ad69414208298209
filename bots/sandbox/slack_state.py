"""The workspace as Slack keeps it: people, channels, messages, what happened, and who watches; no network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from bots.sandbox import slack_limits as limits
from core.ports import Clock

Json = dict[str, Any]
Message = Json
View = Json
Listener = Callable[[Message], None]
PersonListener = Callable[[str, Json], None]
EventKind = Literal["post", "update", "delete", "ephemeral", "said", "upload", "press", "command"]

TEAM = "T0SANDBOX"
APP = "A0SANDBOX"
BOT_USER = "U0BOT"
BOT_ID = "B0BOT"


class SlackError(Exception):
    """The platform refuses a call; `code` is Slack's own error string, `details` its response_metadata messages."""

    def __init__(self, code: str, details: list[str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.details = details or []


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a channel's history; `at` is ms of the sandbox's clock, `by` who did it, `to` who alone saw it."""

    at: int
    kind: EventKind
    by: str
    text: str
    message: Message | None = None
    to: str = ""


@dataclass(slots=True)
class User:
    """A person's account."""

    id: str
    name: str
    locale: str
    deleted: bool = False


@dataclass(slots=True)
class Channel:
    """A channel or a direct message, with what is in it."""

    id: str
    name: str
    members: set[str]
    is_im: bool = False
    bot_is_member: bool = True
    archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=limits.KEPT_HISTORY))
    listeners: list[Listener] = field(default_factory=list)


class Workspace:
    """Everything both sides can see; changes to it are heard by listeners at once, in order."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.dms: dict[str, str] = {}
        self.ephemerals: dict[str, deque[Message]] = {}
        self.dm_listeners: list[Callable[[str, str], None]] = []
        self.ephemeral_listeners: list[PersonListener] = []
        self.echoes: list[Callable[[EventKind, Channel, Message, Message | None], None]] = []
        self._numbers = count(1)
        self._last_ts = 0

    # -- names -------------------------------------------------------------------------------------------------------
    def new_id(self, prefix: str) -> str:
        """A fresh id in Slack's looks."""
        return f"{prefix}{next(self._numbers):09X}"

    def new_ts(self) -> str:
        """A message timestamp: unique and increasing, seconds with six decimals."""
        self._last_ts = max(self._last_ts + 1, self.clock.now() * 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    # -- finding -----------------------------------------------------------------------------------------------------
    def user(self, user_id: object) -> User:
        """user_not_found when there is nobody of that id."""
        if (user := self.users.get(str(user_id))) is None:
            raise SlackError("user_not_found")
        return user

    def channel(self, channel_id: object) -> Channel:
        """channel_not_found when there is none of that id."""
        if (channel := self.channels.get(str(channel_id))) is None:
            raise SlackError("channel_not_found")
        return channel

    def writable(self, channel_id: object) -> Channel:
        """The channel, if the bot may write there: not_in_channel, is_archived, user_disabled otherwise."""
        if str(channel_id) in self.users:
            return self.open_dm(str(channel_id))
        channel = self.channel(channel_id)
        if channel.archived:
            raise SlackError("is_archived")
        if not channel.bot_is_member:
            raise SlackError("not_in_channel")
        # Slack has been seen to accept these posts (python-slack-sdk #1156); refusing makes the bot notice.
        if channel.is_im and any(self.users[member].deleted for member in channel.members):
            raise SlackError("user_disabled")
        return channel

    def open_dm(self, user_id: str) -> Channel:
        """The bot's direct message with a person, made on first use."""
        if self.user(user_id).deleted:
            raise SlackError("user_disabled")
        return self.dm(user_id)

    def dm(self, user_id: str) -> Channel:
        """The direct message channel with a person, whatever their state."""
        if (known := self.dms.get(user_id)) is not None:
            return self.channels[known]
        channel = Channel(self.new_id("D"), "directmessage", {user_id}, is_im=True)
        self.channels[channel.id] = channel
        self.dms[user_id] = channel.id
        for listener in list(self.dm_listeners):
            listener(user_id, channel.id)
        return channel

    # -- messages ----------------------------------------------------------------------------------------------------
    def message(self, by: str, text: str, blocks: list[Json], **more: object) -> Message:
        """A message object; the bot's carries its bot id, and blocks and elements without an id get one."""
        message: Message = {"type": "message", "user": by, "text": text, "ts": self.new_ts(), "team": TEAM, **more}
        if by == BOT_USER:
            message |= {"bot_id": BOT_ID, "app_id": APP}
        message["blocks"] = self.with_ids(blocks)
        return message

    def with_ids(self, blocks: list[Json]) -> list[Json]:
        """The same blocks with every block_id and action_id filled in, as Slack does."""
        return [self._with_ids(block) for block in blocks]

    def _with_ids(self, block: Json) -> Json:
        filled = {**block, "block_id": block.get("block_id") or self.new_id("b")}
        if block.get("type") == "actions":
            filled["elements"] = [self._with_action(element) for element in block["elements"]]
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                filled[key] = self._with_action(block[key])
        return filled

    def _with_action(self, element: Json) -> Json:
        return element if element.get("action_id") else {**element, "action_id": self.new_id("a")}

    def post(self, channel: Channel, message: Message, kind: EventKind = "post") -> Message:
        """Put a message into a channel, and tell those who watch it."""
        stored = {**message, "channel": channel.id}
        if len(channel.messages) >= limits.KEPT_MESSAGES:
            del channel.messages[next(iter(channel.messages))]
        channel.messages[stored["ts"]] = stored
        self._tell(channel, kind, stored)
        return stored

    def edit(self, channel: Channel, message: Message, text: str, blocks: list[Json]) -> Message:
        """Replace what a message says; those who kept the old one still see the old one."""
        edited = {"user": message["user"], "ts": self.new_ts()}
        stored = {**message, "text": text, "blocks": self.with_ids(blocks), "edited": edited}
        channel.messages[stored["ts"]] = stored
        self._tell(channel, "update", stored, message)
        return stored

    def delete(self, channel: Channel, message: Message) -> None:
        """Take a message away."""
        del channel.messages[message["ts"]]
        self.record(channel, Event(self.clock.now(), "delete", message["user"], message["text"], message))

    def whisper(self, channel: Channel, user_id: str, message: Message) -> Message:
        """Show a message to one person only; it is not kept in the channel."""
        stored = {**message, "channel": channel.id, "is_ephemeral": True}
        kept = self.ephemerals.setdefault(user_id, deque(maxlen=limits.KEPT_EPHEMERALS))
        kept.append(stored)
        self.record(channel, Event(self.clock.now(), "ephemeral", BOT_USER, stored["text"], stored, user_id))
        for listener in list(self.ephemeral_listeners):
            listener(user_id, stored)
        return stored

    def unwhisper(self, user_id: str, ts: str) -> None:
        """Take a note to one person off their screen."""
        kept = self.ephemerals.get(user_id, deque())
        for message in [message for message in kept if message["ts"] == ts]:
            kept.remove(message)

    def record(self, channel: Channel, event: Event) -> None:
        """Write a line of the channel's history."""
        channel.events.append(event)

    def _tell(self, channel: Channel, kind: EventKind, message: Message, before: Message | None = None) -> None:
        self.record(channel, Event(self.clock.now(), kind, message["user"], message["text"], message))
        if message["user"] != BOT_USER:
            return
        for listener in list(channel.listeners):
            listener(message)
        for echo in self.echoes:
            echo(kind, channel, message, before)


def outgoing(message: Message) -> Message:
    """The message as Slack's API shows it: without the sandbox's own channel key."""
    return {key: value for key, value in message.items() if key not in ("channel", "is_ephemeral")}


def elements(surface: Json) -> Iterator[tuple[str, Json]]:
    """Every element that a person can act on, with its block's id, top to bottom."""
    for block in surface.get("blocks", ()):
        if block["type"] == "actions":
            yield from ((block["block_id"], element) for element in block["elements"])
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                yield block["block_id"], block[key]
