"""What every Bot API method needs: the parameters as sent, and the checks that all senders share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bots.sandbox import telegram_limits as limits
from bots.sandbox.telegram_errors import bad_request, flood, forbidden
from bots.sandbox.telegram_flood import Flood
from bots.sandbox.telegram_state import Chat, World
from bots.sandbox.telegram_text import Entity, EntityError, parse_html, trim
from bots.sandbox.telegram_updates import Updates

MARKUP_ACTIONS = frozenset({
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
})  # fmt: skip
OTHER_KEYBOARDS = frozenset({"keyboard", "remove_keyboard", "force_reply"})


@dataclass(frozen=True, slots=True)
class Upload:
    """One file part of a multipart call."""

    name: str
    data: bytes


class Params:
    """Parameters of a call: strings from a form, values from JSON, `Upload`s from multipart."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """A text; empty when absent."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number; refuses anything else."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise bad_request(f"{name} must be a number") from error

    def flag(self, name: str) -> bool:
        """A Boolean, as JSON or as Telegram's form values."""
        return str(self.values.get(name, "")).lower() in {"true", "1"}

    def json(self, name: str) -> Any:
        """A JSON value, parsed if it came as text; None when absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name} JSON object") from error


@dataclass(frozen=True, slots=True)
class Api:
    """The server's parts, as the methods see them."""

    world: World
    updates: Updates
    floods: Flood | None

    def known_chat(self, p: Params) -> Chat:
        """The chat named by chat_id."""
        value = p.text("chat_id")
        chat = self.world.chats.get(int(value)) if value.lstrip("-").isdecimal() else None
        if chat is None:
            raise bad_request("chat not found" if value else "chat_id is empty")
        return chat

    def open_chat(self, p: Params) -> Chat:
        """The same, if the bot may speak there."""
        chat = self.known_chat(p)
        if chat.blocked:
            raise forbidden(
                "bot was blocked by the user" if chat.private else "bot was kicked from the supergroup chat"
            )
        if not chat.opened:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def spend(self, chat: Chat, count: int = 1, *, edit: bool = False) -> None:
        """Count messages against the flood limits or refuse with 429; called last, so that refusals cost nothing."""
        if self.floods is not None:
            wait = self.floods.refuse(chat.id, self.world.clock.now(), count, edit=edit)
            if wait:
                raise flood(wait)


def formatted(p: Params, name: str) -> tuple[str, list[Entity]]:
    """Plain text and entities of the text or caption."""
    text, entities = p.text(name), p.json("entities" if name == "text" else "caption_entities") or []
    mode = p.text("parse_mode")
    if mode:
        if mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        try:
            text, entities = parse_html(text)
        except EntityError as error:
            raise bad_request(f"can't parse entities: {error}") from error
    if len(entities) > limits.ENTITIES:
        raise bad_request(f"can't parse entities: more than {limits.ENTITIES} entities")
    return trim(text, entities)


def text_content(p: Params, *, too_long: str) -> dict[str, Any]:
    """The text part of a message; refuses an empty or an endless one."""
    text, entities = formatted(p, "text")
    if not text:
        raise bad_request("message text is empty")
    if len(text) > limits.MESSAGE_LENGTH:
        raise bad_request(too_long)
    return {"text": text, "entities": entities} if entities else {"text": text}


def caption_content(p: Params) -> dict[str, Any]:
    """The caption part of a message; may be empty."""
    text, entities = formatted(p, "caption")
    if len(text) > limits.CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    if not text:
        return {}
    return {"caption": text, "caption_entities": entities} if entities else {"caption": text}


def keyboard(p: Params) -> dict[str, Any]:
    """The inline keyboard as part of a message; empty when there is none."""
    markup = p.json("reply_markup")
    if not markup:
        return {}
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = [row for row in markup.get("inline_keyboard", []) if row]
    if not rows:
        if markup.keys() & OTHER_KEYBOARDS or "inline_keyboard" in markup:
            return {}
        raise bad_request("object expected as reply markup")
    if max(map(len, rows)) > limits.KEYBOARD_ROW or sum(map(len, rows)) > limits.KEYBOARD_BUTTONS:
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    return {"reply_markup": {"inline_keyboard": rows}}


def _check_button(button: dict[str, Any]) -> None:
    if not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if len(button.keys() & MARKUP_ACTIONS) != 1:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= limits.CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
