"""The Slack sandbox with a real app on it, by Socket Mode and by signed HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sandbox.slack_app import ACK_SECONDS, FAST, Bot, build, serve

from bots.sandbox.slack import SlackSandbox


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def slack() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox(FAST, ack_seconds=ACK_SECONDS, trigger_seconds=0.3, floods=False) as sandbox:
        sandbox.add_user("U1", "Ada")
        sandbox.add_channel("C1", "jobs", ["U1"])
        yield sandbox


@pytest.fixture
async def bot(slack: SlackSandbox, mode: str) -> AsyncIterator[Bot]:
    built = build(slack)
    stop = await serve(built, slack, mode)
    yield built
    await stop()
