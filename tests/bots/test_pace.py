"""The platforms' limits hold for every pattern of arrivals, and nobody waits without need; in simulated time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots import pace
from bots.pace import SLACK, TELEGRAM, Limits, Pace
from core.messages import Priority


class Simulated:
    """A clock that jumps to the next sleeper as soon as everybody waits."""

    speed = 1.0

    def __init__(self) -> None:
        self.at = 1_000_000.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> int:
        return int(self.at * 1000)

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.at + seconds, next(self._order), sleeper))
        await sleeper

    async def run(self, *tasks: asyncio.Task[None]) -> None:
        """Let time pass until these are done."""
        while not all(task.done() for task in tasks):
            for _ in range(5):  # everybody goes as far as they can
                await asyncio.sleep(0)
            if self._sleepers:
                due, _, sleeper = heapq.heappop(self._sleepers)
                self.at = max(self.at, due)
                sleeper.set_result(None)
        await asyncio.gather(*tasks)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that wants to be made `after` seconds from the start."""

    after: float
    chat: str
    new: bool = True
    priority: int = Priority.TASK

    @property
    def group(self) -> bool:
        return self.chat.startswith("-")


@dataclass(frozen=True, slots=True)
class Made:
    """A call and the ms from the start at which it was made."""

    at: int
    call: Call


async def simulate(limits: Limits, calls: list[Call]) -> list[Made]:
    clock, made = Simulated(), list[Made]()
    start, turns = clock.now(), Pace(limits, clock)

    async def one(call: Call) -> None:
        await clock.sleep(call.after)
        await turns.turn(call.chat, call.priority, group=call.group, new_message=call.new)
        made.append(Made(clock.now() - start, call))

    await clock.run(*(asyncio.create_task(one(call)) for call in calls))
    return made


def most_within(made: list[Made], seconds: float) -> int:
    """The largest number of calls in any window of that length."""
    times = sorted(one.at for one in made)
    return max((sum(start <= at < start + seconds * 1000 for at in times) for start in times), default=0)


def by_chat(made: list[Made], *, group: bool) -> list[list[Made]]:
    found = defaultdict(list)
    for one in made:
        if one.call.group is group:
            found[one.call.chat].append(one)
    return list(found.values())


CALL = st.builds(
    Call,
    after=st.floats(0, 3) | st.floats(0, 90) | st.sampled_from([0.0, 1.0, 60.0]),
    chat=st.sampled_from(["1", "2", "-3", "-4"]) | st.integers(10, 99).map(str),
    new=st.booleans(),
    priority=st.integers(Priority.EDIT, Priority.BROADCAST),
)


@given(st.lists(CALL, max_size=150))
def test_no_window_of_telegrams_limits_is_exceeded(calls: list[Call]) -> None:
    made = asyncio.run(simulate(TELEGRAM, calls))
    assert len(made) == len(calls), "every call is made in the end"
    assert most_within([one for one in made if one.call.new], 1) <= 30, "30 new messages in any second, overall"
    assert all(most_within(of, 60) <= 20 for of in by_chat(made, group=True)), "20 calls in any minute in a group"
    assert all(most_within(of, 10) <= 14 for of in by_chat(made, group=False)), "one a second in a chat, and a burst"


@given(st.lists(CALL, max_size=150))
def test_slacks_limits_hold_too(calls: list[Call]) -> None:
    made = asyncio.run(simulate(SLACK, calls))
    new = [one for one in made if one.call.new]
    assert most_within(new, 60) <= 20 + 20 * 60, "several hundred new messages a minute in a workspace"
    assert all(most_within(of, 60) <= 64 for of in by_chat(made, group=True)), "one a second in a channel, and a burst"


@given(st.lists(st.sampled_from([Priority.EDIT, Priority.TASK, Priority.BROADCAST]), min_size=6, max_size=80))
def test_the_urgent_go_first_and_within_a_priority_who_came_first(priorities: list[int]) -> None:
    calls = [Call(0.001 * n, str(n), priority=priority) for n, priority in enumerate(priorities)]
    made = [one.call for one in asyncio.run(simulate(Limits((1, 2), (4, 1), (4, 1)), calls))]
    assert made[1:] == sorted(made[1:], key=lambda call: (call.priority, call.after)), "after the first, by urgency"


@given(st.lists(st.floats(0, 100), max_size=60))
def test_a_quiet_chat_is_never_delayed(others: list[float]) -> None:
    busy = [Call(after, "-3", new=False) for after in others]
    calls = [Call(50.0, "1"), Call(50.0, "-2")]
    made = asyncio.run(simulate(TELEGRAM, busy + calls))
    assert all(one.at == 50_000 for one in made if one.call in calls), "calls in other chats hold nobody up"


def test_edits_do_not_wait_for_the_overall_limit() -> None:
    calls = [Call(0.0, str(n)) for n in range(200)] + [Call(0.0, f"9{n}", new=False) for n in range(200)]
    made = asyncio.run(simulate(TELEGRAM, calls))
    assert {one.at for one in made if not one.call.new} == {0}, "only new messages count against 30 a second"
    assert max(one.at for one in made) >= 7500, "200 new messages take (200 - 5) / 25 seconds"


def test_a_busy_chat_is_remembered_however_many_quiet_ones_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "BUCKETS", 10)
    busy = [Call(0.0, "-3", new=False) for _ in range(15)]
    quiet = [Call(0.01 * n, str(n), new=False) for n in range(100, 160)]
    late = [Call(1.0, "-3", new=False) for _ in range(10)]
    made = asyncio.run(simulate(TELEGRAM, busy + quiet + late))
    assert most_within([one for one in made if one.call.chat == "-3"], 60) <= 20, "its bucket was not filled anew"


async def test_a_caller_who_gave_up_uses_nothing() -> None:
    clock = Simulated()
    turns = Pace(Limits((1, 1), (9, 9), (9, 9)), clock)
    await turns.turn("1", Priority.TASK, group=False, new_message=True)
    gone, waits = (
        asyncio.create_task(turns.turn(chat, Priority.TASK, group=False, new_message=True)) for chat in ("2", "3")
    )
    await asyncio.sleep(0)
    gone.cancel()
    start = clock.at
    await clock.run(waits)
    assert clock.at - start < 1.1, "the next in line gets the turn of the one who left"
