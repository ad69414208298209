"""People against a real slack-bolt app in the sandbox, by Socket Mode and by signed HTTP; and what goes wrong."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sandbox.slack_app import ACK_SECONDS, Bot, card
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bots.sandbox.slack import SlackSandbox


# -- what people do ---------------------------------------------------------------------------------------------------
async def test_a_button_edits_the_card(slack: SlackSandbox, bot: Bot) -> None:
    message = await card(slack)

    ack = await slack.press("U1", message, "cat")

    edited = await slack.wait_for(message["channel"], lambda m: m["text"] == "You chose cat")
    assert ack.acked and ack.ms < ACK_SECONDS * 1000, "the press must be acknowledged in time"
    assert edited["ts"] == message["ts"], "the card must be edited in place"
    kinds = [event.kind for event in slack.history(message["channel"])]
    assert kinds == ["said", "post", "press", "update"], "the history must tell it in order"


async def test_a_modal_is_opened_refused_and_sent(slack: SlackSandbox, bot: Bot) -> None:
    await slack.press("U1", await card(slack), "form")
    view = await slack.wait_view("U1")

    refused = await slack.submit("U1", view, {"why": "x"})
    still_open = slack.views("U1")
    sent = await slack.submit("U1", view, {"why": {"text": {"value": "furry"}}}, files={"proof": [("a.txt", b"hi")]})

    assert refused.payload and refused.payload["errors"] == {"why": "too short"}, "the person must see why"
    assert still_open == [view] and sent.acked and slack.views("U1") == [], "errors keep a modal, success closes it"
    [proof] = bot.submitted[0]["proof"]["files"]["files"]
    assert slack.files[proof["id"]].data == b"hi", "the uploaded file must be the one the app is told of"


async def test_a_form_needs_its_fields(slack: SlackSandbox, bot: Bot) -> None:
    await slack.press("U1", await card(slack), "form")
    view = await slack.wait_view("U1")

    with pytest.raises(ValueError, match="why"):
        await slack.submit("U1", view, {})
    with pytest.raises(ValueError, match="no field"):
        await slack.submit("U1", view, {"why": "because", "other": "x"})


async def test_a_command_is_answered_to_its_person(slack: SlackSandbox, bot: Bot) -> None:
    ack = await slack.command("U1", "/newjob", "cats", "C1")

    assert ack.acked, "the command must be acknowledged"
    assert [message["text"] for message in slack.ephemerals("U1")] == ["queued cats"], "only its person sees the answer"


async def test_a_response_url_serves_five_times(slack: SlackSandbox, bot: Bot, mode: str) -> None:
    url = slack._payloads.command("U1", slack._workspace.channels["C1"], "/newjob", "")["response_url"]
    webhook = AsyncWebhookClient(url)

    statuses = [(await webhook.send(text=f"note {i}")).status_code for i in range(6)]

    assert statuses == [200] * 5 + [404], "the sixth use must be refused"
    assert len(slack.ephemerals("U1")) == 5, "each of the first five must be shown"


async def test_respond_speaks_to_the_person(slack: SlackSandbox, bot: Bot) -> None:
    await slack.press("U1", await card(slack), "note")

    note = await slack.wait_ephemeral("U1")

    assert note["text"] == "saved", "the response_url must reach the person who pressed"


async def test_a_home_page_is_published(slack: SlackSandbox, bot: Bot) -> None:
    await slack.open_home("U1")

    assert (await slack.wait_view("U1"))["type"] == "home", "the person must see the app's page"


async def test_an_upload_comes_as_file_share(slack: SlackSandbox, bot: Bot) -> None:
    await slack.upload("U1", "items.csv", b"id\n")

    assert bot.heard == ["file_share"], "the app must hear of the file by one message event"


async def test_a_gone_message_cannot_be_pressed(slack: SlackSandbox, bot: Bot) -> None:
    message = await card(slack)
    await bot.app.client.chat_delete(channel=message["channel"], ts=message["ts"])

    ack = await slack.press("U1", message, "cat")

    assert (ack.acked, ack.reason) == (False, "message_not_found"), "Slack tells the person, not the app"
    with pytest.raises(LookupError):
        await slack.press("U1", message, "dog")


async def test_channels_without_the_bot_are_silent(slack: SlackSandbox, bot: Bot) -> None:
    slack.add_channel("C2", "other", ["U1"], bot_is_member=False)

    await slack.say("U1", "task", "C2")

    assert bot.heard == [], "the app must not hear of channels it is not in"
    slack.archive("C1")
    with pytest.raises(ValueError, match="cannot write"):
        await slack.say("U1", "task", "C1")


# -- faults -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["duplicate", "redeliver"])
async def test_the_same_event_comes_twice(slack: SlackSandbox, bot: Bot, kind: Any) -> None:
    slack.faults.add("events_api", kind)

    await slack.say("U1", "hello")
    await slack.settle()

    assert bot.heard == ["hello", "hello"], "Bolt does not de-duplicate, so the app hears both"
    assert len(set(bot.ids)) == 1, "both must carry the same event id"


async def test_a_reordered_event_is_overtaken(slack: SlackSandbox, bot: Bot) -> None:
    slack.faults.add("events_api", "reorder", seconds=0.1)

    await asyncio.gather(slack.say("U1", "first"), slack.say("U1", "second"))

    assert bot.heard == ["second", "first"], "the held event must arrive after the next one"


@pytest.mark.parametrize(("kind", "copies"), [("drop", 1), ("drop_after", 2), ("delay", 1)])
async def test_a_lost_event_comes_again(slack: SlackSandbox, bot: Bot, kind: Any, copies: int) -> None:
    slack.faults.add("events_api", kind)

    ack = await slack.say("U1", "hello")
    await slack.settle()

    assert bot.heard == ["hello"] * copies, "a lost payload comes once in the end, a lost ack makes it come twice"
    assert ack.acked == (kind == "delay"), "what was lost counts as not acknowledged"


async def test_a_lost_click_stays_lost(slack: SlackSandbox, bot: Bot) -> None:
    message = await card(slack)
    slack.faults.add("interactive", "drop")

    ack = await slack.press("U1", message, "cat")
    await slack.settle()

    assert not ack.acked and slack.last(message["channel"]) == message, "nothing may happen, and nothing is retried"


async def test_retry_after_is_obeyed(slack: SlackSandbox, bot: Bot) -> None:
    slack.faults.add("chat.postMessage", "flood", retry_after=1)
    began = time.monotonic()

    await card(slack)

    assert time.monotonic() - began >= 1.0, "the client must have waited as long as it was told"


@pytest.mark.parametrize("kind", ["server_error", "drop"])
async def test_a_failed_call_has_no_effect(slack: SlackSandbox, bot: Bot, kind: Any) -> None:
    bot.app.client.retry_handlers.clear()
    slack.faults.add("chat.postMessage", kind)

    with pytest.raises(Exception, match=r"503|disconnected|reset"):
        await bot.app.client.chat_postMessage(channel="C1", text="x")

    assert slack.messages("C1") == [], "a call that failed before it was handled must leave nothing"


async def test_a_dropped_response_hides_an_effect(slack: SlackSandbox, bot: Bot) -> None:
    bot.app.client.retry_handlers.clear()
    slack.faults.add("chat.postMessage", "drop_after")

    with pytest.raises(Exception, match=r"disconnected|reset"):
        await bot.app.client.chat_postMessage(channel="C1", text="x")

    assert len(slack.messages("C1")) == 1, "the message must be there although the caller heard nothing"


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_a_cut_connection_brings_the_event_again(slack: SlackSandbox, bot: Bot) -> None:
    bot.slow_once = True
    saying = asyncio.ensure_future(slack.say("U1", "hello"))
    await asyncio.sleep(0.05)

    await slack.sockets.cut()

    assert (await saying).reason == "connection_failed", "the event in flight must count as lost"
    await slack.sockets.connected()
