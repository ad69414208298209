"""Turns a card into Telegram's HTML and keyboard: escapes, cuts and lays out, so that no input can break a message.

Lengths are counted in UTF-16 units, as Telegram counts offsets: never fewer than the characters that it may count.
The keyboard is the JSON that goes over the wire: the library's keyboard objects cost 50 µs a card, this costs 5.
"""

from __future__ import annotations

import json
import re
from html import escape
from unicodedata import east_asian_width

from core.messages import Button, Card

MESSAGE_UNITS = 4096  # after entities parsing (Bot API, sendMessage)
CAPTION_UNITS = 1024  # after entities parsing (Bot API, sendDocument)
TOAST_UNITS = 200  # Bot API, answerCallbackQuery
KEYBOARD_BUTTONS = 100  # telegram.constants.InlineKeyboardMarkupLimit
ROW_BUTTONS = 8  # telegram.constants.InlineKeyboardMarkupLimit
ROW_CELLS = 36  # our choice: letters that a row shows on a narrow phone; a button's frame takes two more of them
FRAME_CELLS = 2
BUTTON_UNITS = 64  # our choice: more is never visible
LONG_QUOTE = 600  # units; a longer quote is folded
GAP = "\n\n"
CUT = "…(cut)"
EMPTY = "…"  # Telegram refuses a message without text

_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them between their own characters
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
    f"|(?<![^\x00-\x7f{_JOINERS}])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\x7f{_JOINERS}])"
)
_CUT_ORDER = (2, 1, 3, 0)  # of title, text, quote, question: the quote first, the title last


def to_html(card: Card) -> str:
    """The card as a message in Telegram's HTML: never empty, at most 4096 units when parsed."""
    return _html(card, MESSAGE_UNITS) or EMPTY


def to_caption(card: Card) -> str:
    """The card as the caption of a file: perhaps empty, at most 1024 units when parsed."""
    return _html(card, CAPTION_UNITS)


def to_keyboard(card: Card, bot_username: str) -> str | None:
    """The card's buttons as the JSON of an InlineKeyboardMarkup; None when it has none."""
    rows, left = [], KEYBOARD_BUTTONS
    for row in card.rows:
        for part in _readable([(plain(button.text), button) for button in row[:left]]):
            rows.append([_button(text, button, bot_username) for text, button in part])
        left -= len(row[:left])
    return json.dumps({"inline_keyboard": rows}, ensure_ascii=False) if rows else None


def plain(text: str) -> str:
    """Text without control, bidi and zero-width characters, trimmed."""
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub("", text)
    return text.strip()


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def clip(text: str, limit: int, mark: str = EMPTY) -> str:
    """Text of at most `limit` units; one that was cut ends with the mark."""
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - units(mark))]
    return kept.decode("utf-16-le", errors="ignore").rstrip() + mark


def _html(card: Card, limit: int) -> str:
    shown = [plain(part) for part in (card.title, card.text, card.quote, card.question)]
    title, text, quote, question = _fit(shown, limit)
    fold = " expandable" if units(quote) > LONG_QUOTE else ""
    parts = (
        title and f"<b>{escape(title, quote=False)}</b>",
        escape(text, quote=False),
        quote and f"<blockquote{fold}>{escape(quote, quote=False)}</blockquote>",
        question and f"<b>{escape(question, quote=False)}</b>",
    )
    return GAP.join(part for part in parts if part)


def _fit(parts: list[str], limit: int) -> list[str]:
    """The parts, cut where they exceed the limit together: the quote first, then the text, then the rest."""
    over = sum(map(units, parts)) + len(GAP) * (sum(map(bool, parts)) - 1) - limit
    for index in _CUT_ORDER:
        if over <= 0:
            break
        size = units(parts[index])
        parts[index] = clip(parts[index], max(size - over, min(size, len(CUT))), CUT)
        over -= size - units(parts[index])
    return parts


def _readable(row: list[tuple[str, Button]]) -> list[list[tuple[str, Button]]]:
    """The row in as few even rows as a phone can show."""
    if not row:
        return []
    widest = max(_cells(text) for text, _ in row) + FRAME_CELLS
    columns = max(1, min(ROW_BUTTONS, ROW_CELLS // widest))
    lines = -(-len(row) // columns)
    columns = -(-len(row) // lines)
    return [row[start : start + columns] for start in range(0, len(row), columns)]


def _cells(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _button(text: str, button: Button, bot_username: str) -> dict[str, str]:
    text = clip(text, BUTTON_UNITS) or EMPTY
    if button.start:
        return {"text": text, "url": f"https://t.me/{bot_username}?start={button.start}"}
    return {"text": text, "callback_data": button.token}
