"""An unreliable world: floods, broken calls, repeated and reordered updates, people who leave, strangers."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chats import ITEMS, WEBHOOK_SECRET, open_chats, until
from sides import MODES, Side, open_side

from bots.sandbox.faults import CallKind
from bots.sandbox.slack_transport import sign
from core.errors import StoreLocked

SENDS = {"telegram": "sendMessage", "slack": "chat.postMessage"}
EDITS = {"telegram": "editMessageText", "slack": "chat.update"}
CALLS: tuple[CallKind, ...] = ("server_error", "drop", "drop_after")
ANSWERS = "SELECT count(*) FROM answer"
UNSAID = "SELECT count(*) FROM outbox WHERE state <> 1"
FLOOD_SECONDS = 40
"""Of the clock: two real seconds in these tests."""


async def answer_all(side: Side, number: int = 1) -> Any:
    """A worker who answers every task of the job."""
    user = await side.join(number)
    for _ in range(6):
        await side.tap(user, "Apples")
    return user


async def test_a_flood_wait_holds_up_its_own_chat_only(platform: Side) -> None:
    await platform.post_job()
    first, second = await platform.join(1), await platform.join(2)
    tasks = [await platform.task(user) for user in (first, second)]
    await asyncio.sleep(0.5)  # what posting and joining still send must not be what meets the fault
    platform.sandbox.faults.add(SENDS[platform.name], "flood", retry_after=FLOOD_SECONDS)
    began = time.monotonic()
    await platform.tap(first, "Apples")
    assert await until(lambda: platform.sandbox.faults.injected["flood"]), "the first worker's chat has to wait"
    await platform.tap(second, "Apples")
    await platform.task(second, after=tasks[1])
    assert time.monotonic() - began < 1, "the second worker goes on"
    await platform.task(first, after=tasks[0])
    assert time.monotonic() - began > 1.5, "the first one gets the next task when the wait is over"


@pytest.mark.parametrize("fault", CALLS)
async def test_a_broken_call_loses_nothing(side: Side, fault: Any) -> None:
    await side.post_job()
    for call in (SENDS[side.name], EDITS[side.name]):
        side.sandbox.faults.add(call, fault, times=2)
    user = await answer_all(side)
    await side.see(user, "every task that is open to you")
    assert side.sandbox.faults.injected[fault] == 4, "the calls did break"
    assert side.chats.value(ANSWERS) == 6, "every answer is there once"
    assert await until(lambda: not side.chats.value(UNSAID)), "everything is said in the end"


async def test_repeated_and_reordered_updates_are_obeyed_once(side: Side) -> None:
    await side.post_job()
    side.sandbox.faults.random(0.7, ("duplicate", "redeliver", "reorder"), seconds=0.03)
    await answer_all(side)
    await side.settle()
    assert side.sandbox.faults.injected.total() > 4, "updates were repeated and reordered"
    assert side.chats.value(ANSWERS) == 6, "each tap counts once"
    assert side.chats.value("SELECT sum(balance) FROM account WHERE code LIKE 'worker:%'") == 6 * 20_000, "paid once"


async def test_the_task_of_a_person_who_blocks_the_bot_goes_back(tmp_path: Path) -> None:
    async with open_side("telegram-polling", tmp_path) as side:
        await side.post_job()
        user: Any = await side.join(1)
        await side.leave(user)
        assert await until(lambda: not side.chats.value("SELECT sum(active) FROM task")), "others can have the task"
        await side.chats.telegram.unblock(user)
        await side.command(user, "next")
        await side.task(user)


async def test_the_task_of_a_person_without_an_account_goes_back(tmp_path: Path) -> None:
    async with open_side("slack-http", tmp_path) as side:
        await side.post_job()
        user = await side.join(1)
        task = await side.task(user)
        side.sandbox.faults.add("chat.postMessage", "delay", seconds=0.2)
        await side.tap_on(user, task, "Apples")
        await side.leave(user)
        assert await until(lambda: not side.chats.value("SELECT sum(active) FROM task")), (
            "nobody can be told: it is free"
        )
        assert side.chats.read("SELECT state FROM person WHERE user = ?", user) == [("gone",)], (
            "and nobody is written to"
        )
        assert side.chats.value(ANSWERS) == 1, "the answer that they gave stays"


async def test_strangers_at_the_webhooks_are_turned_away(tmp_path: Path) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "x"})
    async with open_chats(tmp_path, webhooks=True) as chats, aiohttp.ClientSession() as http:

        async def status(url: str, headers: dict[str, str]) -> int:
            async with http.post(url, data=body, headers={"Content-Type": "application/json", **headers}) as answer:
                return answer.status

        hook = f"http://127.0.0.1:{chats.port}/telegram"
        header = "X-Telegram-Bot-Api-Secret-Token"
        assert await status(hook, {}) == 403, "no secret"
        assert await status(hook, {header: WEBHOOK_SECRET + "x"}) == 403, "a wrong secret"
        assert await status(chats.slack_url, {}) == 401, "no signature"
        assert await status(chats.slack_url, sign("wrong", body)) == 401, "a signature by somebody else"
        old = sign(chats.slack.signing_secret, body, time.time() - 600)
        assert await status(chats.slack_url, old) == 401, "a signature from ten minutes ago"
        assert await status(chats.slack_url, sign(chats.slack.signing_secret, body)) == 200, "Slack itself is let in"
        assert chats.value("SELECT count(*) FROM inbox") == 0, "none of it is a command"


async def test_a_second_service_on_the_same_store_is_refused(tmp_path: Path) -> None:
    async with open_chats(tmp_path) as chats:
        with pytest.raises(StoreLocked, match="Another tapcrowd process uses this store"):
            async with chats.make_service():
                pass


@pytest.mark.parametrize("mode", MODES)
async def test_no_secret_is_ever_logged(mode: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with open_side(mode, tmp_path) as side:
            for fault in CALLS:
                side.sandbox.faults.add(SENDS[side.name], fault)
                side.sandbox.faults.add(EDITS[side.name], fault)
            side.sandbox.faults.add("getUpdates", "drop")
            await side.upload(ITEMS)
            await side.press_in(side.channel, side.requester, "Publish")
            await answer_all(side)
            chats = side.chats
    secrets = (chats.telegram.token, chats.slack.bot_token, chats.slack.app_token, chats.slack.signing_secret)
    found = [secret for secret in (*secrets, WEBHOOK_SECRET) if secret in caplog.text]
    lines = [line for line in caplog.text.splitlines() if any(secret in line for secret in found)]
    assert not found, f"a secret stands in the log: {lines[:3]}"
    assert caplog.text.count("trying again"), "the log is not empty: broken calls are told"
