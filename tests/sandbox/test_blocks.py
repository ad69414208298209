"""Block Kit rules of the sandbox: each limit is met by a block that just fits and one that just does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, HeaderBlock, SectionBlock

from bots.sandbox.blocks import HOME, MESSAGE, MODAL, blocks_problems, view_problems

Json = dict[str, Any]
DIVIDER: Json = {"type": "divider"}


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def section(length: int = 1, **more: object) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}, **more}


def button(**more: object) -> Json:
    return {"type": "button", "text": plain(1), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(*options: Json, kind: str = "static_select") -> Json:
    return actions({"type": kind, "options": list(options)})


def option(text: int = 1, value: int = 1) -> Json:
    return {"text": plain(text), "value": "v" * value}


def field(kind: str = "plain_text_input", **more: object) -> Json:
    return {"type": "input", "label": plain(1), "element": {"type": kind, **more}}


def image(**more: object) -> Json:
    return {"type": "image", "image_url": "https://example.org/a.png", **more}


def modal(**more: object) -> Json:
    return {"type": "modal", "title": plain(5), "blocks": [DIVIDER], **more}


FITS_AND_NOT = {
    "blocks of a message": ([DIVIDER] * 50, [DIVIDER] * 51),
    "section text": ([section(3000)], [section(3001)]),
    "empty section text": ([section(1)], [section(0)]),
    "section without anything": ([section()], [{"type": "section"}]),
    "section fields": ([section(fields=[plain(9)] * 10)], [section(fields=[plain(9)] * 11)]),
    "header": ([{"type": "header", "text": plain(150)}], [{"type": "header", "text": plain(151)}]),
    "header in mrkdwn": (
        [{"type": "header", "text": plain(1)}],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    ),
    "actions": ([actions(*[button()] * 25)], [actions(*[button()] * 26)]),
    "no actions": ([actions(button())], [actions()]),
    "button text": ([actions(button(text=plain(75)))], [actions(button(text=plain(76)))]),
    "button in mrkdwn": ([actions(button())], [actions(button(text={"type": "mrkdwn", "text": "x"}))]),
    "button value": ([actions(button(value="v" * 2000))], [actions(button(value="v" * 2001))]),
    "button style": ([actions(button(style="danger"))], [actions(button(style="loud"))]),
    "action id": ([actions(button(action_id="a" * 255))], [actions(button(action_id="a" * 256))]),
    "same action id": (
        [actions(button(action_id="a")), actions(button(action_id="a"))],
        [actions(button(action_id="a"), button(action_id="a"))],
    ),
    "block id": ([section(block_id="b" * 255)], [section(block_id="b" * 256)]),
    "same block id": ([section(block_id="b"), section(block_id="c")], [section(block_id="b"), section(block_id="b")]),
    "option text": ([select(option(text=75))], [select(option(text=76))]),
    "option value": ([select(option(value=150))], [select(option(value=151))]),
    "options": ([select(*[option()] * 100)], [select(*[option()] * 101)]),
    "no options": ([select(option())], [select()]),
    "radio buttons": (
        [select(*[option()] * 10, kind="radio_buttons")],
        [select(*[option()] * 11, kind="radio_buttons")],
    ),
    "overflow": ([select(*[option()] * 5, kind="overflow")], [select(*[option()] * 6, kind="overflow")]),
    "context": (
        [{"type": "context", "elements": [plain(1)] * 10}],
        [{"type": "context", "elements": [plain(1)] * 11}],
    ),
    "alt text": ([image(alt_text="a cat")], [image()]),
    "accessory": ([section(accessory=button())], [section(accessory={"type": "plain_text_input"})]),
    "input element": ([field(max_length=3000)], [field(max_length=3001)]),
    "button as input": ([field()], [field("button", text=plain(1))]),
    "number input": ([field("number_input", is_decimal_allowed=False)], [field("number_input")]),
    "markdown": ([{"type": "markdown", "text": "x" * 12_000}], [{"type": "markdown", "text": "x" * 12_001}]),
    "known type": ([DIVIDER], [{"type": "carousel"}]),
}


@pytest.mark.parametrize(("fits", "not_"), FITS_AND_NOT.values(), ids=FITS_AND_NOT.keys())
def test_a_limit_is_met_exactly(fits: list[Json], not_: list[Json]) -> None:
    assert blocks_problems(fits, MESSAGE) == [], "blocks at the limit must pass"
    assert blocks_problems(not_, MESSAGE), "blocks just over the limit must be refused"


@pytest.mark.parametrize("blocks", [None, "x", {"type": "divider"}])
def test_blocks_must_be_a_list(blocks: object) -> None:
    assert blocks_problems(blocks, MESSAGE), "anything but a list must be refused"


@pytest.mark.parametrize("surface", [MODAL, HOME])
def test_views_hold_a_hundred_blocks(surface: str) -> None:
    assert blocks_problems([DIVIDER] * 100, surface) == [], "a view must take 100 blocks"
    assert blocks_problems([DIVIDER] * 101, surface), "a view must refuse the 101st block"


VIEWS = {
    "title": (modal(title=plain(24)), modal(title=plain(25))),
    "submit": (modal(submit=plain(24)), modal(submit=plain(25))),
    "close": (modal(close=plain(24)), modal(close=plain(25))),
    "metadata": (modal(private_metadata="m" * 3000), modal(private_metadata="m" * 3001)),
    "callback id": (modal(callback_id="c" * 255), modal(callback_id="c" * 256)),
    "type": (modal(), modal(type="home")),
    "input without submit": (modal(blocks=[field()], submit=plain(4)), modal(blocks=[field()])),
    "files": (
        modal(blocks=[field("file_input", max_files=10)], submit=plain(4)),
        modal(blocks=[field("file_input", max_files=11)], submit=plain(4)),
    ),
}


@pytest.mark.parametrize(("fits", "not_"), VIEWS.values(), ids=VIEWS.keys())
def test_a_modal_limit_is_met_exactly(fits: Json, not_: Json) -> None:
    assert view_problems(fits) == [], "a modal at the limit must pass"
    assert view_problems(not_), "a modal just over the limit must be refused"


def test_files_are_asked_for_in_modals_only() -> None:
    asked = [field("file_input")]

    assert blocks_problems(asked, MODAL) == [], "a modal may ask for files"
    assert blocks_problems(asked, MESSAGE), "a message must not ask for files"


def test_a_home_page_needs_no_title() -> None:
    assert view_problems({"type": "home", "blocks": [DIVIDER]}, home=True) == [], "a Home page has no title"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=8))
def test_odd_values_are_problems_and_never_crash(value: object) -> None:
    shapes: list[object] = [
        {"type": "section", "text": value}, {"type": "section", "fields": value}, {"type": value}, value,
        {"type": "actions", "elements": value}, actions({"type": value}), {"type": "input", "element": value},
        actions({"type": "static_select", "options": value}), actions({"type": "radio_buttons", "options": [value]}),
    ]  # fmt: skip

    for shape in shapes:
        assert blocks_problems([shape], MESSAGE), f"{shape!r} must be refused, not crash"


@given(st.integers(1, 160), st.integers(1, 30), st.integers(1, 80))
def test_agrees_with_slacks_own_models(header: int, amount: int, text: int) -> None:
    element = ButtonElement(text="x" * text, value="v")
    blocks = [HeaderBlock(text="h" * header), ActionsBlock(elements=[element] * amount), SectionBlock(text="s")]
    accepted = header <= 150 and amount <= 25 and text <= 75

    problems = blocks_problems(raw(header, amount, text), MESSAGE)

    assert (problems == []) == accepted, "the sandbox must draw the line where slack_sdk draws it"
    assert all_valid(blocks) == accepted, "slack_sdk itself must draw the line there"


def raw(header: int, amount: int, text: int) -> list[Json]:
    buttons = [button(text=plain(text), value="v")] * amount
    return [{"type": "header", "text": plain(header)}, actions(*buttons), section()]


def all_valid(blocks: list[Any]) -> bool:
    try:
        for block in blocks:
            block.to_dict()
            for element in getattr(block, "elements", None) or []:
                element.to_dict()
    except SlackObjectFormationError:
        return False
    return True
