"""No card breaks Telegram's limits or its HTML, whatever people put into it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup

from bots.sandbox.telegram_text import parse_html, utf16
from bots.telegram.render import CUT, clip, plain, to_caption, to_html, to_keyboard, units
from core.messages import Button, Card

BOT = "tapcrowd_bot"
HOSTILE = st.text(st.characters() | st.sampled_from("<>&\"'/b\n\u202e\u200b\u200d😀"), max_size=40)
LONG = st.builds(lambda text, times: text * times, HOSTILE, st.integers(1, 400))
BUTTONS = st.builds(Button, HOSTILE, st.from_regex(r"[a-z0-9:]{1,64}", fullmatch=True), st.sampled_from(["", "job_1"]))
CARDS = st.builds(
    Card, LONG, LONG, LONG, LONG, st.lists(st.lists(BUTTONS, max_size=12).map(tuple), max_size=12).map(tuple)
)


def rows(card: Card) -> list[list[dict[str, Any]]]:
    """The keyboard as rows of buttons; the library must be able to read it."""
    keyboard = to_keyboard(card, BOT)
    markup = InlineKeyboardMarkup.de_json(json.loads(keyboard or '{"inline_keyboard": []}'), None)
    assert markup is not None
    return [[button.to_dict() for button in row] for row in markup.inline_keyboard]


@given(CARDS)
def test_any_card_renders_within_the_limits(card: Card) -> None:
    for html, limit in ((to_html(card), 4096), (to_caption(card), 1024)):
        text, entities = parse_html(html)
        assert utf16(text) <= limit, "a message must fit after parsing"
        assert all(entity["length"] <= utf16(text) for entity in entities), "every tag must be closed"
        tags = set(re.findall(r"<[^>]*>", html))
        assert tags <= {"<b>", "</b>", "<blockquote>", "<blockquote expandable>", "</blockquote>"}, "no input is a tag"
    assert parse_html(to_html(card))[0].strip(), "Telegram refuses a message without text"


@given(CARDS)
def test_any_keyboard_is_within_the_limits(card: Card) -> None:
    found = rows(card)
    assert sum(map(len, found)) == min(100, sum(map(len, card.rows))), "at most 100 buttons, and else all of them"
    assert all(1 <= len(row) <= 8 for row in found), "a row has 1 to 8 buttons"
    assert all(button["text"] for row in found for button in row), "Telegram refuses a button without text"


def test_the_parts_appear_in_order_and_escaped() -> None:
    html = to_html(Card("2 < 3", "Cats & dogs", "<b>an item", "Cat?"))
    text, entities = parse_html(html)
    assert text == "Cats & dogs\n\n2 < 3\n\n<b>an item\n\nCat?", "title, text, quote and question must follow in order"
    assert [entity["type"] for entity in entities] == ["bold", "blockquote", "bold"], "each part has its own look"


def test_a_long_quote_is_folded() -> None:
    _, entities = parse_html(to_html(Card(quote="item " * 150)))
    assert entities[0]["type"] == "expandable_blockquote", "a quote of 750 characters must be folded"


def test_the_quote_is_cut_before_anything_else() -> None:
    text, _ = parse_html(to_html(Card("rules", "title", "q" * 9000, "Cat?")))
    assert text.startswith("title\n\nrules\n\nqqq") and text.endswith(CUT + "\n\nCat?"), "only the quote may lose"
    assert len(text) == 4096, "what fits must be shown"


def test_the_text_is_cut_when_the_quote_is_not_enough() -> None:
    text, _ = parse_html(to_html(Card("t" * 9000, "title", "item " * 9, "Cat?")))
    assert text.endswith(f"{CUT}\n\n{CUT}\n\nCat?"), "quote and text must both say that they were cut"


def test_emoji_are_cut_whole() -> None:
    assert clip("😀" * 10, 6) == "😀😀…", "half an emoji is no character"
    assert units(clip("a😀" * 9, 7)) <= 7, "the limit counts UTF-16 units"


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("\u202eevil\u202c \u200bcat\ufeff\x00", "evil cat"),
        ("a\u200db", "ab"),
        ("👩\u200d🌾", "👩\u200d🌾"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("two\nlines\t.", "two\nlines\t."),
    ],
    ids=["bidi and zero width", "joiner in Latin", "emoji", "Persian", "white space"],
)
def test_invisible_characters_are_stripped_where_they_only_hide(given_text: str, shown: str) -> None:
    assert plain(given_text) == shown, "what people see must be what is there, and their script must stay whole"


@pytest.mark.parametrize(
    ("texts", "widths"),
    [
        (["cat", "dog"], [2]),
        ([str(number) for number in range(10)], [5, 5]),
        (["Very positive", "Rather positive", "Neutral"], [2, 1]),
        (["a rather long answer that needs its own row", "no"], [1, 1]),
        (["とても肯定的ですね", "とても否定的ですね"], [1, 1]),
    ],
)
def test_a_row_too_wide_for_a_phone_is_split_evenly(texts: list[str], widths: list[int]) -> None:
    card = Card("?", rows=(tuple(Button(text, "t") for text in texts),))
    assert [len(row) for row in rows(card)] == widths, "every button must be readable"


def test_a_start_button_opens_the_private_chat() -> None:
    card = Card("New job", rows=((Button("Work", start="job_12"), Button("Skip", "s")),))
    assert rows(card)[0][0]["url"] == "https://t.me/tapcrowd_bot?start=job_12", "start must be a deep link"
    assert rows(card)[0][1]["callback_data"] == "s", "a token must come back as callback data"


def test_a_card_without_buttons_has_no_keyboard() -> None:
    assert to_keyboard(Card("Done", rows=((),)), BOT) is None, "an edit to no buttons must take the keyboard away"
