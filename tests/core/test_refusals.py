"""Every refusal of the core has a text with all its values, which says why and what to do."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import core.service
from config.texts import load_texts
from core.model import CloseReason, JobState

ENGLISH = load_texts().catalogues["en"]
FOLDER = Path(core.service.__file__).parent
ADVICE = ("/next", "/start", "/status", "/help", "/newjob", "/privacy", "Usage:", "Please", "please", "type ", "tap ")
ADVICE += ("/review", "press ", "Press ", "write to", "Ask an admin", "Use the", "just answer", "Try again")
ADVICE += ("/suspects", "/audit", "/models", "/promote", "/runs", "/call", "/results", "learn: true")
VALUES_AT_RUN_TIME = {"nothing.none", "nothing.done", "nothing.language", "nothing.skill", "nothing.deadline"}
"""Kept in a variable before they are raised; nothing.budget is also raised by name."""


def refusals() -> dict[str, set[str]]:
    """Every key in a Refused(...) of core/service, with the names of the values given."""
    found: dict[str, set[str]] = {key: set() for key in VALUES_AT_RUN_TIME}
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
                for key in keys_of(node.args[0]):
                    found.setdefault(key, set()).update(str(k.arg) for k in node.keywords)
    return found


def keys_of(argument: ast.expr) -> list[str]:
    """The literal, or both of `"a" if … else "b"` written one statement above."""
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    return ["restricted", "restricted.good"] if getattr(argument, "id", "") == "key" else []


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


REFUSALS = refusals()


def test_the_search_finds_the_refusals() -> None:
    assert len(REFUSALS) > 30 and {"press.forged", "undo.late", "job.poor", "restricted"} <= set(REFUSALS), (
        "the tree of the service is read, not an empty folder"
    )


@pytest.mark.parametrize("key", sorted(REFUSALS))
def test_a_refusal_has_its_text_and_values(key: str) -> None:
    assert key in ENGLISH, f"{key} is said nowhere"
    assert fields(ENGLISH[key]) <= REFUSALS[key], f"{key} names values that are not given: {ENGLISH[key]}"


@pytest.mark.parametrize("key", sorted(REFUSALS))
def test_a_refusal_says_what_to_do(key: str) -> None:
    text = ENGLISH[key]
    assert any(hint in text for hint in ADVICE), f"{key} leaves people alone: {text}"
    assert text[0] in "“✓" or text[0].isupper() or text.startswith("{"), f"{key} is a sentence: {text}"


def test_a_restriction_says_why_until_when_and_whom_to_write_to() -> None:
    assert fields(ENGLISH["restricted"]) == {"reason", "until", "contact"}, "why, until when, what to do"
    assert fields(ENGLISH["restricted.good"]) == {"reason", "contact"}, "for good has no end"


@pytest.mark.parametrize("key", [*(f"state.{s}" for s in JobState), *(f"reason.close.{r}" for r in CloseReason)])
def test_every_state_and_reason_has_its_word(key: str) -> None:
    assert ENGLISH.get(key), f"{key} has no word"


def said_by_name() -> set[str]:
    """Literal keys of every desk.say(lang, "key", …)."""
    found = set()
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say"
            if call and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):  # type: ignore[attr-defined]
                found.add(str(node.args[1].value))  # type: ignore[attr-defined]
    return found


def test_every_text_that_is_said_exists() -> None:
    missing = said_by_name() - set(ENGLISH)
    assert not missing, f"said but written nowhere: {sorted(missing)}"
