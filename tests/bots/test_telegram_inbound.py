"""Updates as Telegram writes them become commands, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from bots.telegram.inbound import to_command
from core.messages import Attachment, Command, Left, Press, Said, Typed, Upload
from core.model import Handle

BOT = "tapcrowd_bot"
ANN = {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": "pt-BR"}
ME = {"id": 1, "is_bot": True, "first_name": "tapcrowd", "username": BOT}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ann"}
GROUP = {"id": -100, "type": "supergroup", "title": "Requests"}
FILE = {"document": {"file_id": "f1", "file_unique_id": "u1", "file_name": "items.csv", "file_size": 12}}
ASKED = {"message_id": 4, "date": 1, "chat": GROUP, "from": ME, "text": "Send me the items"}


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    """A message of Ann as JSON."""
    return {"message_id": 5, "date": 1, "chat": chat, "from": ANN, **content}


def read(kind: str, body: dict[str, Any]) -> Command | None:
    """The command in one update of that kind."""
    update = Update.de_json({"update_id": 99, kind: body}, None)
    assert update is not None
    return to_command(update, BOT)


def member(chat: dict[str, Any], status: str) -> dict[str, Any]:
    """A change of the bot's own membership, made by Ann."""
    old = {"user": ME, "status": "member"}
    new = {"user": ME, "status": status, **({"until_date": 0} if status == "kicked" else {})}
    return {"chat": chat, "from": ANN, "date": 1, "old_chat_member": old, "new_chat_member": new}


@pytest.mark.parametrize(
    ("text", "verb", "args"),
    [
        ("/start job_12", "start", "job_12"),
        ("/HELP", "help", ""),
        ("/pay@TapCrowd_Bot 5 USD", "pay", "5 USD"),
        ("/newjob\ntitle: Cats\nquestion: Cat?", "newjob", "title: Cats\nquestion: Cat?"),
    ],
)
def test_a_slash_command_is_split_into_verb_and_arguments(text: str, verb: str, args: str) -> None:
    said = read("message", message(GROUP, text=text))
    assert isinstance(said, Said), "a text that starts with a slash must be a command"
    assert (said.verb, said.args) == (verb, args), "the verb is in lower case, the arguments stay as typed"


def test_a_command_knows_who_said_it_where_and_in_which_language() -> None:
    said = read("message", message(GROUP, text="/work"))
    assert said is not None and said.key == "telegram:99", "the update id must be the key against double delivery"
    assert said.who == Handle("telegram", "7") and said.chat == "-100", "the person and the chat must be told apart"
    assert (said.private, said.lang) == (False, "pt"), "a group is not private; the language has no region"


@pytest.mark.parametrize(
    "body",
    [
        message(GROUP, text="/work@other_bot"),
        message(GROUP, text="hello all"),
        message(GROUP, **FILE),
        message(GROUP, caption="look", reply_to_message=message(GROUP, text="?"), **FILE),
        message(GROUP, text="/work", sender_chat=GROUP),
        {**message(text="/work"), "from": ME},
        message(photo=[{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]),
    ],
    ids=["other bot", "group talk", "group file", "reply to a person", "anonymous admin", "a bot", "photo"],
)
def test_what_is_not_meant_for_the_bot_is_no_command(body: dict[str, Any]) -> None:
    assert read("message", body) is None, "such a message must be left alone"


@pytest.mark.parametrize("kind", ["edited_message", "channel_post"])
def test_edits_and_channel_posts_are_ignored(kind: str) -> None:
    assert read(kind, message(text="/work")) is None, f"{kind} must be no command"


def test_plain_text_in_private_is_typed() -> None:
    typed = read("message", message(text=" 2 "))
    assert isinstance(typed, Typed) and typed.text == " 2 ", "the text must arrive as it was typed"
    assert typed.private, "the chat with one person is private"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (message(GROUP, caption="/newjob Cats\nCat?", **FILE), "Cats\nCat?"),
        (message(GROUP, caption="title: Cats", reply_to_message=ASKED, **FILE), "title: Cats"),
        (message(**FILE), ""),
        (message(GROUP, text="/newjob@tapcrowd_bot Cats\nCat?", reply_to_message=message(GROUP, **FILE)), "Cats\nCat?"),
    ],
    ids=["caption", "reply to the bot", "private", "command in reply to a file"],
)
def test_a_file_meant_for_the_bot_is_an_upload(body: dict[str, Any], text: str) -> None:
    upload = read("message", body)
    assert isinstance(upload, Upload), "a file that came with this must be an upload"
    assert upload.attachments == (Attachment("items.csv", 12, "f1"),), "the file must be named, not fetched"
    assert upload.text == text, "the words after /newjob must come along with all their lines"
    assert upload.source == f"telegram:{upload.chat}:5", "the message that asked must be the source"


def test_a_press_carries_its_token_and_message() -> None:
    query = {"id": "c1", "from": ANN, "chat_instance": "x", "data": "t12:cat", "message": message(text="Cat?")}
    press = read("callback_query", query)
    assert isinstance(press, Press) and press.token == "t12:cat", "the button's data must be the token"
    assert press.message == "7:5", "the message must be named as Chat.send names it"


def test_a_press_on_an_inaccessible_message_still_counts() -> None:
    query = {"id": "c1", "from": ANN, "chat_instance": "x", "data": "t", "message": {**message(PRIVATE), "date": 0}}
    press = read("callback_query", query)
    assert isinstance(press, Press) and press.message == "7:5", "an old message has its chat and number still"


@pytest.mark.parametrize("status", ["kicked", "left"])
def test_blocking_the_bot_is_leaving(status: str) -> None:
    left = read("my_chat_member", member(PRIVATE, status))
    assert isinstance(left, Left) and left.who.user == "7", "the person who blocked the bot has left"


@pytest.mark.parametrize(("chat", "status"), [(PRIVATE, "member"), (GROUP, "left")])
def test_other_changes_of_membership_mean_nothing(chat: dict[str, Any], status: str) -> None:
    assert read("my_chat_member", member(chat, status)) is None, "only a person who leaves is a command"


@given(st.text(min_size=1, max_size=60))
def test_any_private_text_is_typed_or_said(text: str) -> None:
    command = read("message", message(text=text))
    assert isinstance(command, Typed | Said) or "@" in text, "no private text may be lost, save one for another bot"
