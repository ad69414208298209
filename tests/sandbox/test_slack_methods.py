"""The Slack sandbox refuses what Slack refuses: every case through the real slack_sdk client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.sandbox.slack import SlackSandbox
from bots.sandbox.slack_state import BOT_USER

Call = Callable[[AsyncWebClient], Awaitable[Any]]
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Title"}, "blocks": [SECTION]}
HOME = {"type": "home", "blocks": [SECTION]}


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox(floods=False, ack_seconds=0.3, trigger_seconds=0.2, max_file_bytes=100) as sandbox:
        sandbox.add_user("U1", "Ada", "de-DE")
        sandbox.add_user("U2", "Bob")
        sandbox.add_user("UGONE", "Gone")
        sandbox.add_channel("C1", "jobs", ["U1"])
        sandbox.add_channel("CFAR", "far", ["U1"], bot_is_member=False)
        sandbox.add_channel("COLD", "old", ["U1"])
        sandbox.archive("COLD")
        await sandbox.say("UGONE", "bye")
        sandbox.deactivate("UGONE")
        yield sandbox


@pytest.fixture
def client(slack: SlackSandbox) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)


REFUSALS: dict[str, tuple[str, Call]] = {
    "wrong token": ("invalid_auth", lambda c: c.auth_test(token="xoxb-other")),
    "no method": ("unknown_method", lambda c: c.api_call("chat.shout")),
    "app token": ("not_allowed_token_type", lambda c: c.auth_test(token="xapp-sandbox")),
    "bot token for sockets": ("not_allowed_token_type", lambda c: c.apps_connections_open(app_token="xoxb-sandbox")),
    "no channel": ("channel_not_found", lambda c: c.chat_postMessage(channel="C9", text="x")),
    "not a member": ("not_in_channel", lambda c: c.chat_postMessage(channel="CFAR", text="x")),
    "archived": ("is_archived", lambda c: c.chat_postMessage(channel="COLD", text="x")),
    "no text": ("no_text", lambda c: c.api_call("chat.postMessage", json={"channel": "C1"})),
    "long text": ("msg_too_long", lambda c: c.chat_postMessage(channel="C1", text="x" * 40_001)),
    "51 blocks": ("invalid_blocks", lambda c: c.chat_postMessage(channel="C1", text="x", blocks=[SECTION] * 51)),
    "blocks unreadable": (
        "invalid_blocks_format", lambda c: c.chat_postMessage(channel="C1", text="x", blocks="{not json"),
    ),
    "write to the gone": ("user_disabled", lambda c: c.chat_postMessage(channel="UGONE", text="x")),
    "open the gone": ("user_disabled", lambda c: c.conversations_open(users="UGONE")),
    "open nobody": ("user_not_found", lambda c: c.conversations_open(users="U9")),
    "open itself": ("cannot_dm_bot", lambda c: c.conversations_open(users=BOT_USER)),
    "open without users": ("users_list_not_supplied", lambda c: c.conversations_open(users="")),
    "edit nothing": ("message_not_found", lambda c: c.chat_update(channel="C1", ts="1.2", text="x")),
    "edit in a user": ("channel_not_found", lambda c: c.chat_update(channel="U1", ts="1.2", text="x")),
    "delete nothing": ("message_not_found", lambda c: c.chat_delete(channel="C1", ts="1.2")),
    "whisper outside": ("user_not_in_channel", lambda c: c.chat_postEphemeral(channel="C1", user="U2", text="x")),
    "unknown user": ("user_not_found", lambda c: c.users_info(user="U9")),
    "unknown conversation": ("channel_not_found", lambda c: c.conversations_info(channel="C9")),
    "made-up trigger": ("invalid_trigger_id", lambda c: c.views_open(trigger_id="t", view=MODAL)),
    "bad modal": ("invalid_arguments", lambda c: c.views_open(trigger_id="t", view={**MODAL, "title": None})),
    "no view": ("not_found", lambda c: c.views_update(view_id="V9", view=MODAL)),
    "home of nobody": ("user_not_found", lambda c: c.views_publish(user_id="U9", view=HOME)),
    "big file": ("file_upload_size_restricted", lambda c: c.files_upload_v2(content="x" * 101, filename="a")),
    "unknown file": ("file_not_found", lambda c: c.files_info(file="F9")),
    "share nothing": ("file_not_found", lambda c: c.files_completeUploadExternal(files=[{"id": "F9"}])),
}  # fmt: skip


@pytest.mark.parametrize(("code", "call"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_slack_refuses(client: AsyncWebClient, code: str, call: Call) -> None:
    with pytest.raises(SlackApiError) as refusal:
        await call(client)

    assert refusal.value.response["error"] == code, "the error must be Slack's own string"


async def test_refused_blocks_say_where(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel="C1", text="x", blocks=[SECTION, {"type": "header"}])

    [problem] = refusal.value.response["response_metadata"]["messages"]
    assert "/blocks/1/text" in problem, "the refusal must point at the wrong block"


async def test_a_message_of_the_largest_size_passes(slack: SlackSandbox, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1", text="x" * 40_000, blocks=[SECTION] * 50)

    assert len(slack.messages("C1")[0]["blocks"]) == 50, "40,000 characters and 50 blocks must be accepted"


async def test_only_own_messages_can_be_edited(slack: SlackSandbox, client: AsyncWebClient) -> None:
    await slack.say("U1", "mine", "C1")
    ts = slack.messages("C1")[0]["ts"]

    with pytest.raises(SlackApiError, match="cant_update_message"):
        await client.chat_update(channel="C1", ts=ts, text="x")
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        await client.chat_delete(channel="C1", ts=ts)


async def test_an_edit_without_blocks_keeps_them(slack: SlackSandbox, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="a", blocks=[SECTION]))["ts"]
    before = slack.messages("C1")[0]

    await client.chat_update(channel="C1", ts=ts, text="b")
    kept = slack.messages("C1")[0]
    await client.chat_update(channel="C1", ts=ts, text="c", blocks=[])

    assert (kept["text"], kept["blocks"]) == ("b", before["blocks"]), "blocks left out must stay"
    assert slack.messages("C1")[0]["blocks"] == [], "an empty list must remove them"
    assert before["text"] == "a", "a person who holds the old message must still see the old text"


async def test_a_deleted_message_is_gone(slack: SlackSandbox, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="a"))["ts"]

    await client.chat_delete(channel="C1", ts=ts)

    assert slack.messages("C1") == [], "the channel must not show it"
    assert [event.kind for event in slack.history("C1")] == ["post", "delete"], "the history must still tell"


async def test_a_direct_message_is_opened_once(slack: SlackSandbox, client: AsyncWebClient) -> None:
    opened: list[tuple[str, str]] = []
    slack.on_dm(lambda user, channel: opened.append((user, channel)))

    first = await client.conversations_open(users="U1")
    again = await client.conversations_open(users="U1")

    assert first["channel"]["id"] == again["channel"]["id"] == slack.dm("U1"), "one channel per person"
    assert opened == [("U1", slack.dm("U1"))], "its opening must be heard of once"


async def test_the_locale_comes_on_request(client: AsyncWebClient) -> None:
    bare = await client.users_info(user="U1")
    full = await client.users_info(user="U1", include_locale=True)

    assert "locale" not in bare["user"], "Slack keeps the locale back unless asked"
    assert full["user"]["locale"] == "de-DE", "asked, it gives the person's locale"


async def test_an_ephemeral_message_is_seen_by_one(slack: SlackSandbox, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst")

    assert [message["text"] for message in slack.ephemerals("U1")] == ["psst"], "the person must see it"
    assert slack.messages("C1") == [], "the channel must not"


async def test_a_file_is_shared_with_its_comment(slack: SlackSandbox, client: AsyncWebClient) -> None:
    await client.files_upload_v2(channel="C1", filename="out.csv", content="id,label\n", initial_comment="done")

    message = slack.last("C1")
    assert message is not None and message["text"] == "done", "the comment must be the message's text"
    [file] = message["files"]
    assert slack.files[file["id"]].data == b"id,label\n", "the file must arrive as it was sent"


async def test_a_download_needs_the_token(slack: SlackSandbox) -> None:
    await slack.upload("U1", "in.csv", b"id\n1\n", "C1")
    [file] = slack.messages("C1")[0]["files"]
    address, token = file["url_private_download"], {"Authorization": f"Bearer {slack.bot_token}"}

    async with aiohttp.ClientSession() as session:
        async with session.get(address, headers=token) as good, session.get(address) as bad:
            assert await good.read() == b"id\n1\n", "the token must open the file"
            assert bad.content_type == "text/html", "without it, Slack shows its sign-in page"


async def test_an_upload_of_another_length_is_refused(slack: SlackSandbox, client: AsyncWebClient) -> None:
    room = await client.files_getUploadURLExternal(filename="a.txt", length=3)

    async with aiohttp.ClientSession() as session, session.post(room["upload_url"], data=b"longer") as response:
        assert response.status == 400, "the bytes must be as many as announced"


async def test_a_home_page_is_published(slack: SlackSandbox, client: AsyncWebClient) -> None:
    first = await client.views_publish(user_id="U1", view=HOME)

    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id="U1", view=HOME, hash="old")
    home = slack.home("U1")
    assert home is not None and home["id"] == first["view"]["id"], "the person must see the page"
