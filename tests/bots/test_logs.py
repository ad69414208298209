"""Logs: readable lines, JSON lines, and not one token in either."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bots.logs import HIDDEN, redact, secrets_of, start_logging
from config.settings import load

TOKENS = [
    "1234567890:AAE-b_cdefghijklmnopqrstuvwxyz012345",
    "123456:SANDBOX",
    "xoxb-123-456-abcDEF",
    "xoxe.xoxb-1-abc",
    "xapp-1-A1-2-abcdef",
]


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_are_blacked_out_wherever_they_stand(token: str) -> None:
    for text in (token, f"POST https://chat.example/bot{token}/getMe failed", f"token='{token}', next"):
        assert token not in redact(text), f"{text!r} must lose its token"


def test_a_token_is_also_blacked_out_when_its_colon_is_quoted() -> None:
    assert redact("/bot1234567%3AAAbbCCdd99/getMe") == f"/bot{HIDDEN}/getMe", "URLs may quote the colon"


def test_ordinary_text_is_left_alone() -> None:
    text = "2026-11-22 15:39:01 job 12: 34 answers at 127.0.0.1:8443, telegram:100200 said xoxo"
    assert redact(text) == text, "times, ports and handles are no tokens"


def test_configured_secrets_are_found_wherever_they_are_in_the_settings() -> None:
    settings = load("[telegram]\nwebhook_secret = 'open sesame'\n[slack]\nsigning_secret = 'abc'", {})
    assert secrets_of(settings) == ("open sesame",), "an empty or very short secret would black out ordinary words"


def test_message_arguments_and_tracebacks_are_cleaned() -> None:
    out = io.StringIO()
    start_logging(["open sesame"], to=out)
    try:
        raise ValueError(f"open sesame and {TOKENS[0]}")
    except ValueError:
        logging.getLogger("bots.test").exception("failed for %s", TOKENS[2], stack_info=True)
    text = out.getvalue()
    assert "ValueError: [hidden] and [hidden]" in text, "the traceback stays, without what is secret"
    assert "failed for [hidden]" in text, "arguments are filled in before they are cleaned"
    assert TOKENS[2] not in text and "open sesame and" not in text, "no secret is left anywhere"


def test_a_line_has_time_level_logger_and_message() -> None:
    out = io.StringIO()
    start_logging([], to=out)
    logging.getLogger("bots.test").info("listening on port %d", 8443)
    stamp, rest = out.getvalue().split(" ", 1)
    assert (stamp[-1], rest) == ("Z", "INFO    bots.test: listening on port 8443\n"), "one readable line in UTC"


def test_json_lines_hold_the_same() -> None:
    out = io.StringIO()
    start_logging([], as_json=True, to=out)
    logging.getLogger("bots.test").warning('quote " and newline \n here')
    line = json.loads(out.getvalue())
    assert (line["level"], line["message"]) == ("WARNING", 'quote " and newline \n here'), "one object per line"
    assert out.getvalue().count("\n") == 1, "a line break in a message must not break the line"


def test_debug_is_heard_only_when_asked_for_and_libraries_from_warnings_on() -> None:
    out = io.StringIO()
    start_logging([], to=out)
    logging.getLogger("bots.test").debug("silent")
    chatty = logging.getLogger("slack_bolt.test")
    chatty.setLevel(logging.INFO)
    chatty.info("silent too")
    start_logging([], debug=True, to=out)
    logging.getLogger("bots.test").debug("heard")
    assert "silent" not in out.getvalue() and "heard" in out.getvalue(), "debug lines appear with debug=True alone"
