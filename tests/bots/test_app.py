"""The switchboard: what a command says is spoken, a poisonous one is put aside, the unreachable are left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from builders import ADMIN_PLACE, Town, make_items, worker

from bots.app import App
from bots.outbox import Outbox
from bots.pace import UNLIMITED, Pace
from bots.uploads import Intake
from core.errors import StoreError, Unreachable
from core.intake.rows import Limits
from core.messages import Attachment, Card, Said
from core.model import Place
from core.ports import SystemClock
from core.service import handle


@dataclass
class Ear:
    """A Chat that keeps what was said; whoever is in `gone` cannot be written to."""

    heard: list[tuple[str, Card]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    platform: str = "telegram"

    async def send(self, chat: str, card: Card) -> str:
        if chat in self.gone:
            raise Unreachable("blocked")
        self.heard.append((chat, card))
        return f"{chat}:{len(self.heard)}"

    async def edit(self, message: str, card: Card) -> None:
        self.heard.append((message, card))

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        raise NotImplementedError

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        raise NotImplementedError


@dataclass
class Failing:
    """A Store on which commands fail as told; everything else works."""

    town: Town
    error: Exception | None = None

    async def run(self, unit: Any, *args: Any) -> Any:
        if unit is handle and self.error is not None:
            raise self.error
        return await self.town.database.run(unit, *args)


@dataclass
class Bench:
    """An App on a town's store, and what it says."""

    town: Town
    ear: Ear
    store: Failing
    app: App
    outbox: Outbox

    async def say(self, verb: str, key: str = "k1", number: int = 1) -> str:
        who = worker(number)
        reply = await self.app.dispatch(Said(key=key, who=who, chat=who.user, private=True, verb=verb))
        await self.outbox.drained()
        return reply.toast


@pytest.fixture
async def bench(town: Town) -> AsyncIterator[Bench]:
    ear, store, clock = Ear(), Failing(town), SystemClock()

    async def unreachable(place: Place) -> None:
        await app.unreachable(place)

    outbox = Outbox(store, {"telegram": ear}, {"telegram": Pace(UNLIMITED, clock)}, clock, unreachable)
    app = App(store, town.house, clock, Intake(store, {}, clock, town.house, Limits()), outbox)
    yield Bench(town, ear, store, app, outbox)
    await outbox.stop()


async def test_what_a_command_says_is_spoken(bench: Bench) -> None:
    await bench.say("start")
    chat, card = bench.ear.heard[0]
    assert (chat, card.title) == (worker(1).user, "Agreement, version 1"), "the reply's speeches go out"


async def test_a_store_that_fails_makes_the_command_come_again(bench: Bench) -> None:
    bench.store.error = StoreError("disk")
    with pytest.raises(StoreError):
        await bench.say("start")
    bench.store.error = None
    await bench.say("start")
    assert len(bench.ear.heard) == 1, "the redelivered command is obeyed"


async def test_a_poisonous_command_is_put_aside_and_told(bench: Bench) -> None:
    bench.store.error = ZeroDivisionError("a bug")
    toast = await bench.say("start")
    assert "Something went wrong on our side" in toast, "the person is told kindly, with a reference"
    alerts = [card.text for chat, card in bench.ear.heard if chat == ADMIN_PLACE.chat]
    assert len(alerts) == 1 and "a bug" in alerts[0], "the admins learn what failed"
    bench.store.error = None
    assert await bench.say("start") == toast, "delivered again, it gets the same answer and does nothing"


async def test_the_task_of_somebody_unreachable_goes_back(bench: Bench) -> None:
    await bench.town.publish(make_items(3))
    await bench.town.join(worker(1))
    bench.ear.gone.add(worker(1).user)
    await bench.say("next")
    rows = await bench.town.read(
        lambda tx: tx.all("SELECT sum(active), (SELECT state FROM person WHERE user = '1001') FROM task")
    )
    assert rows == [(0, "gone")], "their task is free for others, and nothing more is said to them"
