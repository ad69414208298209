"""Slack's delivery rules, met by a real slack-bolt app: deadlines, retries, signatures, connections."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sandbox.slack_app import FAST, FORM, Bot, build, card, serve
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from bots.sandbox.slack import EVENTS, SlackSandbox


async def test_a_late_ack_is_a_failure_and_clicks_come_once(slack: SlackSandbox, bot: Bot) -> None:
    ack = await slack.press("U1", await card(slack), "slow")
    await slack.settle()

    assert not ack.acked and ack.reason in ("timeout", "http_timeout"), "an ack after the deadline counts as none"
    assert [a.attempt for a in slack.acks if a.kind == "interactive"] == [0], "a click must never come again"


async def test_an_event_comes_again_until_acknowledged(slack: SlackSandbox, bot: Bot) -> None:
    bot.slow_once = True

    first = await slack.say("U1", "hello")
    await slack.settle()

    assert not first.acked and slack.acks[-1].acked, "the second attempt must succeed"
    assert bot.retries[1] == "1" and len(set(bot.ids)) == 1, "it must be marked as a retry of the same event"


async def test_an_event_is_given_up_after_three_retries(slack: SlackSandbox) -> None:
    await slack.say("U1", "anyone?")
    await slack.settle()

    assert [ack.attempt for ack in slack.acks] == [0, 1, 2, 3], "nobody listens: one attempt and three retries"
    assert slack.outcomes == Counter(no_connection=4), "each must say that there was no connection"


async def test_a_trigger_opens_one_view_in_time(slack: SlackSandbox, bot: Bot) -> None:
    tokens, client = slack._tokens, bot.app.client
    used, late = tokens.add_trigger("used", "U1"), tokens.add_trigger("late", "U1")
    await client.views_open(trigger_id=used, view=FORM)
    await asyncio.sleep(0.35)

    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await client.views_open(trigger_id=used, view=FORM)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await client.views_open(trigger_id=late, view=FORM)


@pytest.mark.parametrize("mode", ["http"], indirect=True)
@pytest.mark.parametrize("forged", [{"secret": "wrong"}, {"at": time.time() - 400}], ids=["signature", "stamp"])
async def test_bolt_refuses_forged_requests(slack: SlackSandbox, bot: Bot, forged: dict[str, Any]) -> None:
    good = await slack.deliver_forged("events_api", {"type": "url_verification", "challenge": "c"})
    bad = await slack.deliver_forged("events_api", {"type": "url_verification", "challenge": "c"}, **forged)

    assert (good.status, bad.status) == (200, 401), "only the right secret and a fresh stamp may pass"


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_a_refreshed_app_reconnects(slack: SlackSandbox, bot: Bot) -> None:
    await slack.sockets.refresh()

    ack = await slack.command("U1", "/newjob", "again", "C1")

    assert ack.acked, "a payload must wait for the new connection"
    assert slack.calls["apps.connections.open"] == 2, "the app must have asked for a new one"


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_each_payload_goes_to_one_connection(slack: SlackSandbox, bot: Bot) -> None:
    twin = build(slack)
    stop = await serve(twin, slack, "socket")
    await slack.sockets.connected(2)
    for number in range(4):
        await slack.say("U1", f"m{number}")
    await stop()

    assert len(bot.heard) == len(twin.heard) == 2, "the payloads must be shared out, none sent to both"


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_a_ticket_opens_one_connection(slack: SlackSandbox, bot: Bot) -> None:
    url = (await bot.app.client.apps_connections_open(app_token=slack.app_token))["url"]
    session = AsyncSocketModeHandler(bot.app, slack.app_token).client.aiohttp_client_session

    async with session, session.ws_connect(url) as ws:
        hello = json.loads((await ws.receive()).data)
        refused = await session.get(url.replace("ws://", "http://"))

    assert (hello["type"], refused.status) == ("hello", 403), "a second use of the ticket must be refused"


async def test_the_app_hears_itself_when_echo_is_on(mode: str) -> None:
    async with SlackSandbox(FAST, echo=True, floods=False) as slack:
        slack.add_user("U1", "Ada")
        bot = build(slack)
        stop = await serve(bot, slack, mode)
        message = await card(slack)
        await slack.press("U1", message, "cat")
        await slack.wait_for(message["channel"], lambda m: m["text"] == "You chose cat")
        await slack.settle()
        await stop()

    assert [ack.acked for ack in slack.acks if ack.kind == "events_api"] == [True] * 3, "a post and an edit come back"
    assert bot.heard == ["task"], "Bolt keeps what the app itself did from its listeners"


async def test_mentions_come_as_their_own_event(mode: str) -> None:
    async with SlackSandbox(FAST, events=[*EVENTS, "app_mention"]) as slack:
        slack.add_user("U1", "Ada")
        slack.add_channel("C1", "jobs", ["U1"])
        bot = build(slack)
        mentions: list[str] = []
        bot.app.event("app_mention")(_noting(mentions))
        stop = await serve(bot, slack, mode)
        await slack.say("U1", "<@U0BOT> hi", "C1")
        await slack.settle()
        await stop()

    assert (mentions, bot.heard) == (["<@U0BOT> hi"], ["<@U0BOT> hi"]), "a mention comes beside its message"


def _noting(into: list[str]) -> Callable[..., Awaitable[None]]:
    async def note(event: dict[str, Any]) -> None:
        into.append(event["text"])

    return note
