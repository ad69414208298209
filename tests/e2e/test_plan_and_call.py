"""A requester plans a job from its preview; then it calls a worker by name who asked to be called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chats import ITEMS, JOB_FILE, SLOW
from sides import Side, open_side

JOB = JOB_FILE + "invite: true\nhold: 10 min\n"
AWAKE = '[invitations]\nquiet = ""\nexplore = 0\n'
"""Whatever the time is when the test runs, and no call by lot (such a one holds no tasks)."""


@pytest.fixture(params=("telegram-polling", "slack-http"))
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    async with open_side(request.param, tmp_path, config=AWAKE) as side:
        yield side


async def test_a_plan_before_publishing_and_a_call_after(platform: Side) -> None:
    user = await platform.arrive(1, None)
    await platform.tap(user, "Accept")
    await platform.command(user, "call on")
    await platform.see(user, "Calls are on")
    await platform.upload(ITEMS, JOB)
    await platform.press_in(platform.channel, platform.requester, "Plan")
    await platform.see_in(platform.channel, "Planning job #1")
    plan = platform.text(await platform.find_in(platform.channel, "Plan of job #1", SLOW))
    assert "fixed 2, as in your job file" in plan and "dynamic 2-5 at 90%" in plan, "side by side"
    assert plan.count("right (") == 3 and "Advised: " in plan, "each with its range, and an advice"
    await platform.press_in(platform.channel, platform.requester, "Publish")
    call = await platform.see(user, "yours would help most")
    assert "0.02 USD" in platform.text(call) and "kept for you for 10 min" in platform.text(call), "what it is and pays"
    assert platform.buttons(call) == ["Start", "Not now", "No more calls"], "a no is one tap"
    await platform.tap_on(user, call, "Start")
    await platform.task(user)
    assert platform.chats.value("SELECT state FROM invitation") == "accepted", "noted"
    assert platform.chats.value("SELECT count(*) FROM event WHERE kind LIKE 'invitation%'") == 2, "call and answer"
