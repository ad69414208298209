"""The parts put together: what is missing is said at once, one platform alone is enough, a stop is clean."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from chats import Chats, open_chats, until

from bots.composition import Tapcrowd
from config.settings import load
from core.errors import ChatError, SettingsError, StoreLocked
from core.store import Database

NO_TELEGRAM = {"TAPCROWD_TELEGRAM_TOKEN": "", "TAPCROWD_TELEGRAM_WEBHOOK_URL": ""}
NO_SLACK = {"TAPCROWD_SLACK_BOT_TOKEN": ""}


@pytest.fixture
async def chats(tmp_path: Path) -> Chats:
    return Chats(tmp_path, webhooks=False)


def test_without_any_token_there_is_nothing_to_run() -> None:
    with pytest.raises(SettingsError, match="tapcrowd init"):
        Tapcrowd(load("", {}))


@pytest.mark.parametrize(("without", "idle"), [(NO_TELEGRAM, "telegram"), (NO_SLACK, "slack")])
async def test_one_platform_alone_is_enough(chats: Chats, without: dict[str, str], idle: str) -> None:
    await chats.open_platforms()
    async with chats.make_service(**without):
        assert await until(lambda: chats.telegram.calls or chats.slack.calls), "the other platform is served"
    await chats.close_platforms()
    assert not getattr(chats, idle).calls, "a platform without a token is never called"


async def test_a_refused_token_ends_the_start_and_frees_the_store(chats: Chats) -> None:
    await chats.open_platforms()
    with pytest.raises(ChatError) as caught:
        async with chats.make_service(TAPCROWD_TELEGRAM_TOKEN="1:wrong"):
            pass
    assert "1:wrong" not in str(caught.value), "the token does not stand in the error"
    async with chats.make_service():
        pass
    await chats.close_platforms()


async def test_a_stopped_service_leaves_the_store_to_the_next(tmp_path: Path) -> None:
    async with open_chats(tmp_path) as chats:
        path = chats.service.store.path
        with pytest.raises(StoreLocked):
            await Database.open(path)
    await (await Database.open(path)).close()
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not names & {"batch runs", "telegram", "telegram polling"}, f"nothing goes on after a stop: {names}"


async def test_what_was_unsaid_at_a_stop_is_said_at_the_next_start(tmp_path: Path) -> None:
    async with open_chats(tmp_path) as chats:
        chats.telegram.faults.add("sendMessage", "server_error", times=1000)
        await chats.telegram.say(9, "/start")
        unsaid = "SELECT count(*) FROM outbox WHERE state = 0"
        assert await until(lambda: chats.value(unsaid)), "Telegram takes no message just now"
        await chats.service.__aexit__(None, None, None)
        chats.telegram.faults.clear()
        async with chats.make_service():
            await chats.telegram.wait_for(9, lambda m: "Agreement" in m["text"])
            assert await until(lambda: not chats.value(unsaid)), "nothing is said twice after that"
