"""Cards read well: layout of options, one-line receipts, guides, alerts with every figure."""

from __future__ import annotations

import pytest
from builders import Town, make_items, make_spec, worker

from core.messages import Button
from core.model import Example, Item, Option, Place
from core.service.views import RECEIPT_ITEM, item_text, option_rows

ADA = worker(1)


def options(*texts: str) -> tuple[Option, ...]:
    return tuple(Option(text[:3], text) for text in texts)


@pytest.mark.parametrize(
    ("texts", "shape"),
    [
        (("Yes", "No"), [2]),
        (("Yes", "No", "Maybe"), [3]),
        (("A fairly long option", "Another long option"), [1, 1]),
        (("1", "2", "3", "4", "5"), [5]),
        (("Apple", "Bread", "Cheese", "Date"), [2, 2]),
        (("Apple", "Bread", "Cheese", "Date", "Egg"), [2, 2, 1]),
    ],
)
def test_options_are_laid_out_for_a_phone(texts: tuple[str, ...], shape: list[int]) -> None:
    rows = option_rows(options(*texts), lambda choice, text: Button(text, choice))
    assert [len(row) for row in rows] == shape, "short ones share a row, long ones stand alone"
    assert [b.token for row in rows for b in row] == [str(n) for n in range(len(texts))], "in order, none lost"


def test_an_item_is_bare_text_or_a_line_per_column() -> None:
    assert item_text({"text": "hello"}) == "hello", "one column needs no name"
    assert item_text({"a": "1", "b": "2"}) == "a: 1\nb: 2", "several do"


async def test_a_receipt_is_one_short_line(town: Town) -> None:
    await town.publish((Item("x", {"text": "long\ntext " * 30}), *make_items(1)), make_spec(priority=5))
    await town.join(ADA)
    receipts = []
    for _ in range(2):
        reply = await town.press(ADA, "Apples")
        receipts.append(reply.speeches[0].card.text)
    longest = max(receipts, key=len)
    assert "\n" not in longest and longest.endswith("…"), "a receipt never fills the screen"
    assert len(longest) <= RECEIPT_ITEM + len("✓ Apples · "), "it is cut"


async def test_the_last_row_is_skip_cant_tell_report(town: Town) -> None:
    await town.publish(make_items(1))
    await town.join(ADA)
    assert [b.text for b in town.last(ADA).rows[-1]] == ["Skip", "Can't tell", "Report"], "always in this order"


async def test_the_header_says_job_place_and_earnings(town: Town) -> None:
    await town.publish(make_items(3), make_spec(session=2))
    await town.join(ADA)
    await town.press(ADA, "Apples")
    assert town.last(ADA).title == "Topics · 2 of 2 · earned 0.02 USD", "where one stands, at a glance"


async def test_a_guide_shows_good_examples_and_common_mistakes(town: Town) -> None:
    examples = (Example("a pear", "a", "fruit"), Example("a loaf", "a", "that is bread", good=False))
    await town.publish(make_items(3), make_spec(instructions="Look.", examples=examples))
    await town.join(ADA)
    guide = next(s.card.text for s in town.said[Place(*ADA)] if "Good examples" in s.card.text)
    assert guide.index("Look.") < guide.index("a pear") < guide.index("Common mistakes") < guide.index("a loaf"), (
        "instructions, then good, then bad"
    )


async def test_braces_in_a_requesters_text_are_shown_as_they_are(town: Town) -> None:
    await town.publish((Item("x", {"text": "{0} {secret}"}),), make_spec(title="{title}"))
    await town.join(ADA)
    assert town.last(ADA).quote == "{0} {secret}" and "{title}" in town.last(ADA).title, "nothing is filled in"
    await town.press(ADA, "Apples")
    assert "Session complete" in town.last(ADA).title, "and nothing breaks"
