"""Handles and places read and write themselves."""

from __future__ import annotations

import pytest

from core.model import Handle, Place, parse_handle


@pytest.mark.parametrize("text", ["telegram:1001", "slack:U123"])
def test_a_handle_is_read_as_it_is_written(text: str) -> None:
    assert str(parse_handle(f" {text} ")) == text, "spaces around it do not matter"


@pytest.mark.parametrize("text", ["", "1001", "telegram:", "icq:7", ":7"])
def test_what_is_no_handle_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a handle such as"):
        parse_handle(text)


def test_a_place_is_written_with_its_platform() -> None:
    assert str(Place("slack", "C1")) == "slack:C1", "chats of two platforms never look alike"
    assert Handle("telegram", "1") == ("telegram", "1"), "a handle is a plain pair for the store"
