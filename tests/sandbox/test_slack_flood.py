"""Slack's rate limits in the sandbox, on a clock that the test moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.sandbox.slack import SlackSandbox
from bots.sandbox.slack_flood import Floods


class HandClock:
    """A clock that stands until the test moves it."""

    speed = 1.0

    def __init__(self) -> None:
        self.ms = 1_000_000_000

    def now(self) -> int:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


def floods(clock: HandClock, post: float | None = None, update: float | None = None) -> Floods:
    return Floods(clock, post_per_minute=post, update_per_minute=update)


def test_a_channel_takes_a_burst_and_then_one_a_second() -> None:
    clock = HandClock()
    limit = floods(clock)

    waits = [limit.retry_after("chat.postMessage", "C1") for _ in range(6)]
    clock.ms += 1000

    assert waits == [0] * 5 + [1], "five may come at once, the sixth must wait a second"
    assert limit.retry_after("chat.postMessage", "C1") == 0, "a second later one more must fit"
    assert limit.retry_after("chat.postMessage", "C2") == 0, "another channel has its own allowance"


def test_the_workspace_has_a_cap_across_channels() -> None:
    limit = floods(HandClock(), post=60.0)

    waits = [limit.retry_after("chat.postMessage", f"C{number}") for number in range(61)]

    assert waits == [0] * 60 + [1], "the sixty-first message of the minute must wait"


@pytest.mark.parametrize(("method", "tier"), [("conversations.open", 50), ("users.info", 100), ("views.open", 100)])
def test_a_method_has_its_tier(method: str, tier: int) -> None:
    limit = floods(HandClock())

    passed = sum(limit.retry_after(method, "") == 0 for _ in range(tier + 10))

    assert passed == tier, "a tier must be so many calls a minute"


def test_edits_have_no_workspace_cap_unless_given() -> None:
    free, capped = floods(HandClock()), floods(HandClock(), update=50.0)

    assert all(free.retry_after("chat.update", f"D{n}") == 0 for n in range(300)), "a crowd's edits must pass"
    assert sum(capped.retry_after("chat.update", f"D{n}") == 0 for n in range(60)) == 50, "Tier 3 must hold when set"


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60))
def test_no_window_holds_more_than_its_burst_and_its_rate(gaps: list[int]) -> None:
    clock = HandClock()
    limit = floods(clock)
    passed: list[int] = []
    for gap in gaps:
        clock.ms += gap
        if limit.retry_after("chat.postMessage", "C1") == 0:
            passed.append(clock.ms)

    spans = [(passed[j] - passed[i], j - i + 1) for i in range(len(passed)) for j in range(i, len(passed))]

    assert all(count <= 5 + span / 1000 + 1e-6 for span, count in spans), "no window may exceed burst plus rate"


async def test_an_excess_is_told_by_429() -> None:
    async with SlackSandbox(HandClock()) as slack:
        slack.add_channel("C1", "jobs")
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        for number in range(5):
            await client.chat_postMessage(channel="C1", text=str(number))

        with pytest.raises(SlackApiError) as refusal:
            await client.chat_postMessage(channel="C1", text="6")

    response = refusal.value.response
    assert (response.status_code, response["error"]) == (429, "ratelimited"), "it must be Slack's refusal"
    assert response.headers["Retry-After"] == "1", "it must say for how long"
