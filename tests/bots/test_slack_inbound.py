"""What Slack delivers becomes the right command, with a key that a repeated delivery shares."""

from __future__ import annotations

from typing import Any

import pytest

from bots.slack import inbound
from core.messages import Attachment, Left, Press, Said, Typed, Upload
from core.model import Handle

ADDRESS = "https://files.slack.com/F1/items.csv"
FILE = {"id": "F1", "name": "items.csv", "size": 12, "url_private_download": ADDRESS}


def slash(command: str, text: str = "", channel: str = "C1") -> dict[str, Any]:
    return {"command": command, "text": text, "user_id": "U1", "channel_id": channel, "trigger_id": "77.1"}


def message(text: str = "", channel: str = "D1", **event: Any) -> dict[str, Any]:
    said = {"type": "message", "user": "U1", "channel": channel, "text": text, "ts": "5.1", **event}
    return {"event_id": "Ev1", "event": said}


def press(action_id: str = "tap:0", value: str = "tok", channel: str = "D1") -> dict[str, Any]:
    action = {"type": "button", "action_id": action_id, "value": value, "action_ts": "9.9"}
    container = {"type": "message", "channel_id": channel, "message_ts": "5.1"}
    return {"user": {"id": "U1"}, "container": container, "actions": [action]}


def form(*, job_file: bool = False) -> dict[str, Any]:
    job = {"name": "job.yaml", "id": "F2", "size": 3, "url_private": "https://files.slack.com/F2/job.yaml"}
    values = {
        "items": {"items": {"files": [FILE]}},
        "job": {"job": {"value": "title: Cats"}},
        "job_file": {"job_file": {"files": [job] if job_file else []}},
    }
    view = {"id": "V1", "hash": "h", "private_metadata": "C1", "state": {"values": values}}
    return {"user": {"id": "U1", "locale": "de-DE"}, "trigger_id": "88.1", "view": view}


@pytest.mark.parametrize(
    ("command", "text", "verb", "args"),
    [
        ("/tapcrowd", "Next", "next", ""),
        ("/tapcrowd", " pause  J1 now ", "pause", "J1 now"),
        ("/tapcrowd", "", "help", ""),
        ("/stats", "all", "stats", "all"),
        ("/tapcrowd", "grant <@U9|ann> reviewer", "grant", "slack:U9 reviewer"),
    ],
)
def test_a_slash_command_is_said(command: str, text: str, verb: str, args: str) -> None:
    said = inbound.from_command(slash(command, text))
    assert (said.verb, said.args) == (verb, args), "the verb must follow /tapcrowd or be the command's own name"
    assert said.key == "slack:cmd:77.1", "the key must name the trigger"


def test_a_slash_command_in_a_direct_chat_is_answered_in_ours() -> None:
    said = inbound.from_command(slash("/next", channel="D_OF_TWO_PEOPLE"))
    assert (said.chat, said.private) == ("@U1", True), "the direct chat may be one where the bot cannot speak"
    assert inbound.from_command(slash("/next")).private is False, "a channel is not private"


@pytest.mark.parametrize(
    ("text", "verb", "args"), [("!next", "next", ""), ("/Stats a b", "stats", "a b"), ("/tapcrowd pay\n5", "pay", "5")]
)
def test_a_direct_message_with_a_mark_is_said(text: str, verb: str, args: str) -> None:
    said = inbound.from_event(message(text))
    assert isinstance(said, Said), f"{text!r} must be read as a command"
    assert (said.verb, said.args, said.chat) == (verb, args, "D1"), "verb and arguments must be told apart"


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("2", "2"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("see <https://x.org/a|x.org> and <https://y.org>", "see x.org and https://y.org"),
        ("ask <@U7> in <#C2|jobs> or <!here>", "ask slack:U7 in #jobs or @here"),
        ("!", "!"),
    ],
)
def test_other_direct_messages_are_typed_as_the_person_typed_them(text: str, typed: str) -> None:
    command = inbound.from_event(message(text))
    assert command == Typed(key="slack:Ev1", who=Handle("slack", "U1"), chat="D1", private=True, text=typed), (
        "Slack's own markup must be undone"
    )


@pytest.mark.parametrize(
    "event",
    [
        message("hi", bot_id="B1"),
        message("hi", subtype="message_changed"),
        message("hi", subtype="channel_join"),
        message("hi", channel="C1"),
        message("a picture", channel="C1", subtype="file_share", files=[FILE]),
        message("   "),
        {"event_id": "Ev1", "event": {"type": "message", "channel": "D1", "text": "x", "ts": "1.1"}},
        {"event_id": "Ev1", "event": {"type": "reaction_added", "user": "U1"}},
        {"event_id": "Ev1", "event": {"type": "user_change", "user": {"id": "U1", "deleted": False}}},
        {"event_id": "Ev1", "event": {"type": "app_uninstalled"}},
    ],
)
def test_what_asks_for_nothing_is_ignored(event: dict[str, Any]) -> None:
    assert inbound.from_event(event) is None, "only a person's new message to the bot is a command"


@pytest.mark.parametrize(
    ("channel", "text", "caption"),
    [
        ("D1", "", ""),
        ("D1", "/newjob title: Cats", "title: Cats"),
        ("C1", "<@UBOT> newjob\n```yaml\ntitle: Cats\n```", "title: Cats"),
        ("D1", "title: Cats", "title: Cats"),
    ],
)
def test_files_become_an_upload(channel: str, text: str, caption: str) -> None:
    upload = inbound.from_event(message(text, channel, subtype="file_share", files=[FILE]))
    assert isinstance(upload, Upload), "a message with files must be an upload"
    assert (upload.source, upload.text) == (f"slack:{channel}:5.1", caption), "the caption is what follows newjob"
    assert upload.attachments == (Attachment("items.csv", 12, ADDRESS),), "the file must be named"


def test_a_file_without_an_address_is_named_by_its_id() -> None:
    found = inbound.attachment({"id": "F9"})
    assert found == Attachment("F9", 0, "id:F9"), "a file of another workspace tells its id only"


def test_a_button_is_a_press() -> None:
    command = inbound.from_action(press())
    expected = Press(
        key="slack:act:D1:5.1:U1:9.9",
        who=Handle("slack", "U1"),
        chat="D1",
        private=True,
        token="tok",
        message="D1:5.1",
    )
    assert command == expected, "a press must carry the token, the message's reference and a key of its own"


def test_a_start_button_speaks_in_the_direct_chat() -> None:
    said = inbound.from_action(press("start:0", "j7", channel="C1"))
    assert isinstance(said, Said), "a start button must be read as /start"
    assert (said.verb, said.args, said.chat, said.private) == ("start", "j7", "@U1", True), "/start is private"


def test_a_start_button_on_the_home_page_has_no_message() -> None:
    payload = {**press("start:home", ""), "container": {"type": "view", "view_id": "V3"}}
    said = inbound.from_action(payload)
    assert isinstance(said, Said) and said.key == "slack:act::V3:U1:9.9", "the key must name the view"
    assert inbound.from_action({**payload, "actions": [{"action_id": "tap:0", "value": "t"}]}) is None, (
        "a press without a message cannot be answered"
    )


def test_the_form_becomes_an_upload() -> None:
    upload = inbound.from_form(form())
    assert (upload.chat, upload.private, upload.lang) == ("C1", False, "de"), "the answer goes where /newjob was said"
    assert (upload.key, upload.source) == ("slack:view:V1:88.1", "slack:view:V1"), "one form makes one job"
    assert upload.text == "title: Cats" and len(upload.attachments) == 1, "text and items must both arrive"


def test_a_job_file_stands_for_the_text() -> None:
    upload = inbound.from_form(form(job_file=True))
    assert upload.text == "", "the text may still be the example that the form was opened with"
    assert [a.name for a in upload.attachments] == ["items.csv", "job.yaml"], "the items come first"


def test_a_deactivated_person_has_left() -> None:
    body = {"event_id": "Ev2", "event": {"type": "user_change", "user": {"id": "U4", "deleted": True}}}
    left = Left(key="slack:Ev2", who=Handle("slack", "U4"), chat="@U4", private=True)
    assert inbound.from_event(body) == left, "nothing more can be said to a deactivated person"


def test_direct_chats_are_learned_from_deliveries_only_when_they_are_ours() -> None:
    assert inbound.direct_chat(message("x")) == ("U1", "D1"), "a message to the bot shows its direct chat"
    assert inbound.direct_chat(press()) == ("U1", "D1"), "a press in a direct chat is on the bot's own message"
    assert inbound.direct_chat(press(channel="C1")) is None, "a channel is no direct chat"
    assert inbound.direct_chat(message("x", bot_id="B2")) is None, "a bot's message shows nothing about a person"
