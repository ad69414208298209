"""No text of a stranger may hide or reorder what a worker sees, and spelling must survive the cleaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.cells import FORMULA_STARTS, clean, guarded, unguarded, visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u202eb\u2066c\u200f", "abc"),
        ("a\u200bb\ufeffc\u2060", "abc"),
        ("pass\u200dword", "password"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
        ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree\tfour"),
        ("hidden\U000e0041\U000e0042", "hidden"),
    ],
)
def test_hidden_marks(text: str, expected: str) -> None:
    assert clean(text) == expected, "marks that hide go, spelling stays"


@given(st.text() | st.from_regex(r"'*[=+\-@][^']*"))
def test_what_is_guarded_comes_back_and_cannot_run(text: str) -> None:
    cell = guarded(text)
    assert unguarded(cell) == text, "no text is lost on its way through a spreadsheet file"
    if cell.startswith(FORMULA_STARTS):
        float(cell)  # raises for anything but a number


@pytest.mark.parametrize("cell", ["'tis", "it's", "'", "''", "-5", "'12"])
def test_only_a_guard_is_taken_off(cell: str) -> None:
    assert unguarded(cell) == cell, "an apostrophe of the text stays"


@pytest.mark.parametrize("bad", ["\0", "\x1b", "\x7f", "\x85", "\ud800", "\ufffe"])
def test_control_characters_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        clean(f"a{bad}b")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"])))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text), "a cleaned text must be clean"


@pytest.mark.parametrize(
    ("text", "seen"), [("a", True), ("é", True), ("🚲", True), (" \n\u00a0", False), ("\u3164", False)]
)
def test_visible(text: str, seen: bool) -> None:
    assert visible(text) is seen, f"{text!r} was judged wrongly"
