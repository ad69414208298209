"""What crosses the border between chats and core: commands in, cards and speeches out, in no platform's words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from core.model import Handle, JobUpload, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something a person did. `key` is the platform and its update id: the same key is obeyed once."""

    key: str
    who: Handle
    chat: str
    """The chat it was said in, as the platform writes it."""
    private: bool
    """Whether that chat is between this person and the bot alone."""
    lang: str = "en"
    """The client's language; the person's own stored choice wins."""

    @property
    def place(self) -> Place:
        """Where an answer to this command belongs."""
        return Place(self.who.platform, self.chat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Command):
    """A slash command: /verb args; verb in lower case without slash or bot name."""

    verb: str
    args: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed(Command):
    """Plain text in a private chat; a digit answers the live task."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Press(Command):
    """A tap on a button; `message` is the reference of the message that carried it, as Chat.send returned it."""

    token: str
    message: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a person sent: its name and size as claimed, and the platform's own reference to fetch it by."""

    name: str
    size: int
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Command):
    """Files for a new job, not fetched yet; `text` is what came with them: the caption after /newjob, or a form field.

    `source` names the message or form it came from, so that it makes one job only.
    """

    source: str
    text: str
    attachments: tuple[Attachment, ...]
    form: bool = False
    """Whether it came from a form, which can show what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostJob(Command):
    """A validated upload; `source` names the message or form it came from, so that it makes one job only."""

    source: str
    upload: JobUpload


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Command):
    """The person blocked the bot or left the workspace: nothing more can be said to them."""


class Button(NamedTuple):
    """A choice under a card: `token` comes back in a Press; or `start` opens the private chat with that payload."""

    text: str
    token: str = ""
    start: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A message without a platform. Every text is untrusted and plain: the renderer escapes and cuts it.

    Shown in this order: title (bold), text, quote (the item, set apart), question (bold), then the buttons row by row.
    """

    text: str = ""
    title: str = ""
    quote: str = ""
    question: str = ""
    rows: tuple[tuple[Button, ...], ...] = ()

    def dumps(self) -> str:
        """As JSON for the outbox table."""
        return json.dumps([self.text, self.title, self.quote, self.question, self.rows], ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> Card:
        """Back from the outbox table."""
        body, title, quote, question, rows = json.loads(text)
        return cls(body, title, quote, question, tuple(tuple(Button(*b) for b in row) for row in rows))


class Priority:
    """Order in which waiting speeches leave when the platform's pace is the bottleneck; smaller goes first."""

    EDIT = 1
    TASK = 2
    NOTICE = 3
    BROADCAST = 4


class Speech(NamedTuple):
    """One durable row of the outbox: send a card, edit a message that was sent, or send files.

    `op` is "send", "edit" or "files". An edit names the message by `message`, or by `card_id` when its reference is
    not known yet; files are (path, name) pairs with `card` as the caption.
    """

    id: int
    op: str
    place: Place
    card: Card
    card_id: int | None = None
    message: str | None = None
    files: tuple[tuple[str, str], ...] = ()
    priority: int = Priority.TASK
    attempts: int = 0


@dataclass(slots=True)
class Reply:
    """What handling a command gave: the toast for the person who pressed, and the speeches written to the outbox."""

    toast: str = ""
    alert: bool = False
    """A refusal: shown in a box on Telegram, as an ephemeral message on Slack; a plain toast is not shown on Slack."""
    speeches: list[Speech] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """Small results for callers inside the house, such as the id of a new job."""
