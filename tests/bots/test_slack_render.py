"""Any card is accepted by Slack, and untrusted text can neither format, mention, link nor hide."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.sandbox.blocks import MESSAGE, blocks_problems
from bots.slack.render import EMPTY, FALLBACK_TEXT, clean, cut, notice, to_blocks, to_text
from core.messages import Button, Card

texts = st.text(st.characters(), max_size=40) | st.text("ab <&>*\n", min_size=2990, max_size=3100)
buttons = st.builds(Button, st.text(max_size=90), st.text("tok:", max_size=64), st.sampled_from(["", "", "job1"]))
rows = st.lists(st.lists(buttons, max_size=12).map(tuple), max_size=8).map(tuple)
cards = st.builds(Card, texts, texts, texts, texts, rows)


def pieces(card: Card) -> dict[str, dict[str, Any]]:
    """The text element of each text block, by block id."""
    shown = [block for block in to_blocks(card) if block["type"] == "rich_text"]
    return {block["block_id"]: block["elements"][0]["elements"][0] for block in shown}


@given(cards)
def test_any_card_gives_valid_blocks(card: Card) -> None:
    problems = blocks_problems(to_blocks(card), MESSAGE)
    assert not problems, "Slack must accept the blocks of any card"
    lengths = [len(piece["text"]) for piece in pieces(card).values()]
    assert all(0 < length <= 3000 for length in lengths), "every text must fit its block"


@given(cards)
def test_any_fallback_fits_and_mentions_nobody(card: Card) -> None:
    text = to_text(card)
    assert 0 < len(text) <= FALLBACK_TEXT * 5, "the fallback must be neither empty nor too long"
    assert "<" not in text and ">" not in text, "an unescaped angle bracket could mention or link"
    text.encode()


def test_a_card_is_shown_in_order() -> None:
    card = Card("Read it.", "Cats", "a cat", "Cat or dog?", ((Button("Cat", "t1"), Button("Dog", "t2")),))
    blocks = to_blocks(card)
    assert [b["block_id"] for b in blocks] == ["title", "text", "quote", "question", "row:0"], "the order is fixed"
    assert blocks[2]["elements"][0]["type"] == "rich_text_quote", "the item must be set apart"
    assert [name for name, piece in pieces(card).items() if "style" in piece] == ["title", "question"], "both are bold"


def test_buttons_carry_their_tokens() -> None:
    row = to_blocks(Card("x", rows=((Button("Cat", "t1"), Button("Open", start="j1"), Button("Idle")),)))[-1]
    found = [(b["action_id"], b.get("value")) for b in row["elements"]]
    assert found == [("tap:0", "t1"), ("start:1", "j1"), ("tap:2", None)], "ids are a verb and an index, values tokens"
    assert not any(b["text"]["emoji"] for b in row["elements"]), "a label must not become an emoji"


def test_markup_stays_text() -> None:
    typed = "<!channel> <@U1> *bold* _it_ ~no~ `code` :smile: &amp;"
    card = Card(text=typed)
    assert pieces(card)["text"] == {"type": "text", "text": typed}, "a text element shows what was typed, literally"
    assert to_text(card).startswith("&lt;!channel&gt; &lt;@U1&gt;"), "the fallback must be escaped"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202eevil\u202c", "evil"),
        ("a\u200bb\ufeff\u2066c\x00", "abc"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("\ud800x", "x"),
    ],
)
def test_hiding_characters_are_dropped(text: str, shown: str) -> None:
    assert clean(text) == shown, "only characters that people can see, or that a script needs, may stay"


def test_long_labels_end_in_an_ellipsis() -> None:
    row = to_blocks(Card(rows=((Button("x" * 80, "t"), Button("\n", "u")),)))[0]
    labels = [b["text"]["text"] for b in row["elements"]]
    assert labels == ["x" * 74 + "…", EMPTY], "a label has at most 75 characters and at least one"


def test_wide_rows_are_broken_after_five() -> None:
    blocks = to_blocks(Card(rows=(tuple(Button(str(i), str(i)) for i in range(7)),)))
    assert [len(b["elements"]) for b in blocks] == [5, 2], "a row holds five buttons"


def test_many_rows_are_packed() -> None:
    blocks = to_blocks(Card("x", rows=tuple((Button(str(i), str(i)),) for i in range(200))))
    assert [len(b["elements"]) for b in blocks[1:]] == [25] * 8, "all buttons must be shown, 25 in a block"


def test_the_quote_is_cut_first() -> None:
    text = to_text(Card("t" * 500, "title", "q" * 4000, "question?"))
    assert len(text) == FALLBACK_TEXT and text.endswith("…\nquestion?"), "all but the quote must stay whole"


def test_small_texts_of_the_renderer() -> None:
    assert to_text(Card()) == EMPTY and to_blocks(Card()) == [], "an empty card is still a message"
    assert notice("no") == to_blocks(Card("no")), "a toast is plain text"
    assert cut("abc", 0) == "" and cut("abc", 3) == "abc", "a cut never adds to the text"
