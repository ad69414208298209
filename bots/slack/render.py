"""Draws a card in Block Kit so that untrusted text is shown as it is and can neither format, mention, link nor hide.

Texts go into rich_text blocks: Slack shows their text elements literally, so bold and the quote bar come from the
block's structure, and `<!channel>`, `*stars*` or `:emoji:` stay the characters that were typed. Only the fallback of
notifications (`to_text`) is mrkdwn: there & < > are escaped, which disarms mentions and links.
"""

from __future__ import annotations

import re
from typing import Any

from core.messages import Button, Card

Block = dict[str, Any]

SECTION_TEXT = 3000  # Slack, section block reference; we keep the same for rich_text, whose own limit is undocumented
TITLE_TEXT = 150  # Slack, header block reference
BLOCKS = 50  # Slack, per message
ROW_BUTTONS = 5  # our choice: what fits beside each other on a wide screen
BLOCK_BUTTONS = 25  # Slack, elements of an actions block
BUTTON_TEXT = 75  # Slack, button element reference
FALLBACK_TEXT = 3000  # our choice, before escaping; Slack advises 4000 characters of text and cuts at 40 000
EMPTY = "…"

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, embeddings, overrides and isolates
    "\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"  # zero width; the joiners that scripts need stay
    "\U000e0001\U000e0020-\U000e007f"  # tags
    "\ud800-\udfff]"  # lone surrogates, which no UTF-8 can carry
)
_BREAKS = re.compile("\r\n|[\r\u2028\u2029]")


def to_blocks(card: Card) -> list[Block]:
    """The blocks of a card: title, text, quote, question, then its buttons; [] for a card without any of them."""
    parts = [
        _part("title", card.title, TITLE_TEXT, bold=True),
        _part("text", card.text, SECTION_TEXT),
        _part("quote", card.quote, SECTION_TEXT, kind="rich_text_quote"),
        _part("question", card.question, SECTION_TEXT, bold=True),
    ]
    blocks = [part for part in parts if part is not None]
    return blocks + _actions(card, BLOCKS - len(blocks))


def to_text(card: Card) -> str:
    """The card as one mrkdwn text for notifications and captions; when it is too long the quote is cut first."""
    parts = [clean(part).strip() for part in (card.title, card.text, card.quote, card.question)]
    room = FALLBACK_TEXT - sum(map(len, parts)) - (len(parts) - 1)
    if room < 0:
        parts[2] = cut(parts[2], max(0, len(parts[2]) + room))
    return escape(cut("\n".join(part for part in parts if part), FALLBACK_TEXT)) or EMPTY


def notice(text: str) -> list[Block]:
    """A toast as blocks: plain text, literally."""
    return to_blocks(Card(text=text or EMPTY))


def clean(text: str) -> str:
    """Without the characters that hide or reorder others; every line break is a newline."""
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub("", _BREAKS.sub("\n", text))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis if something was cut."""
    return text if len(text) <= limit else text[: max(0, limit - 1)].rstrip() + "…"[:limit]


def escape(text: str) -> str:
    """As mrkdwn that mentions and links nothing."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _part(name: str, text: str, limit: int, *, bold: bool = False, kind: str = "rich_text_section") -> Block | None:
    shown = cut(clean(text).strip(), limit)
    if not shown:
        return None
    piece: Block = {"type": "text", "text": shown}
    if bold:
        piece["style"] = {"bold": True}
    return {"type": "rich_text", "block_id": name, "elements": [{"type": kind, "elements": [piece]}]}


def _actions(card: Card, room: int) -> list[Block]:
    """The buttons in rows of five; packed tighter, and the last ones dropped, if the message has no room for that."""
    rows = [row[i : i + ROW_BUTTONS] for row in card.rows for i in range(0, len(row), ROW_BUTTONS)]
    if len(rows) > room:
        flat = [button for row in card.rows for button in row]
        rows = [tuple(flat[i : i + BLOCK_BUTTONS]) for i in range(0, len(flat), BLOCK_BUTTONS)][:room]
    blocks, index = [], 0
    for number, row in enumerate(rows):
        elements = [_button(button, index + i) for i, button in enumerate(row)]
        blocks.append({"type": "actions", "block_id": f"row:{number}", "elements": elements})
        index += len(row)
    return blocks


def _button(button: Button, index: int) -> Block:
    label = cut(clean(button.text).replace("\n", " ").strip(), BUTTON_TEXT) or EMPTY
    verb, value = ("start", button.start) if button.start else ("tap", button.token)
    text = {"type": "plain_text", "text": label, "emoji": False}
    element: Block = {"type": "button", "action_id": f"{verb}:{index}", "text": text}
    return {**element, "value": value} if value else element
