"""HTML is parsed into text and entities as Telegram does it, or refused with the place of the mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.sandbox.telegram_text import EntityError, parse_html, trim, utf16


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("<b>x</b>", "bold"),
        ("<strong>x</strong>", "bold"),
        ("<i>x</i>", "italic"),
        ("<em>x</em>", "italic"),
        ("<u>x</u>", "underline"),
        ("<ins>x</ins>", "underline"),
        ("<s>x</s>", "strikethrough"),
        ("<strike>x</strike>", "strikethrough"),
        ("<del>x</del>", "strikethrough"),
        ("<code>x</code>", "code"),
        ("<pre>x</pre>", "pre"),
        ("<tg-spoiler>x</tg-spoiler>", "spoiler"),
        ('<span class="tg-spoiler">x</span>', "spoiler"),
        ("<blockquote>x</blockquote>", "blockquote"),
        ("<blockquote expandable>x</blockquote>", "expandable_blockquote"),
    ],
)
def test_each_supported_tag_becomes_its_entity(source: str, kind: str) -> None:
    assert parse_html(source) == ("x", [{"type": kind, "offset": 0, "length": 1}]), f"{source} must become {kind}"


def test_links_languages_and_characters_are_kept() -> None:
    text, entities = parse_html(
        '😀 <a href="https://x.org/?a=1&amp;b">l</a><pre><code class="language-py">p&lt;</code></pre>'
    )
    assert text == "😀 lp<", "character references must be resolved"
    link = {"type": "text_link", "url": "https://x.org/?a=1&b", "offset": 3, "length": 1}
    code = {"type": "pre", "language": "py", "offset": 4, "length": 2}
    assert entities == [link, code], "offsets must count UTF-16 units, and pre must know its language"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("é<br/>", 'Unsupported start tag "br/" at byte offset 2'),
        ("<span>x</span>", 'Unsupported start tag "span"'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("1 < 2", "Unclosed start tag at byte offset 2"),
    ],
)
def test_bad_markup_is_refused_with_its_place(source: str, reason: str) -> None:
    with pytest.raises(EntityError) as caught:
        parse_html(source)
    assert reason in str(caught.value), f"{source} must be refused for the right reason"


def test_trimming_moves_and_cuts_entities() -> None:
    trimmed = trim("  ab  ", [{"type": "bold", "offset": 1, "length": 4}, {"type": "code", "offset": 0, "length": 1}])
    assert trimmed == ("ab", [{"type": "bold", "offset": 0, "length": 2}]), "entities must fit the trimmed text"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_comes_back_whole(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    plain, entities = parse_html(f"<b>{escaped}</b>")
    assert plain == text, "escaping and parsing must give the text back"
    lengths = [entity["length"] for entity in entities]
    assert lengths == ([utf16(text)] if text else []), "the entity must cover the text in UTF-16 units"
