"""The kill test: SIGKILL at random points while people of both platforms work; what was confirmed is there once."""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from chats import JOB_FILE, Chats, until
from e2e.kill_service import READY, SharedClock
from sides import SIDES, Side

from bots.composition import DATABASE
from core.store.sqlite import connect_readonly
from core.store.verify import verify

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("kill_service.py")
SEED = 20261122
KILLS = 30
KILLS_OF_BATCHES = 2
STATES = "SELECT j.id, j.state, j.reason, a.state, count(*) FROM job j JOIN assignment a ON a.job = j.id GROUP BY 1, 4"
TASKS, OVERLAP = 80, 3
"""Per job; there is one job on each platform, and everybody may work on both."""
JOB = JOB_FILE.replace("overlap: 2", f"overlap: {OVERLAP}").replace("budget: 5 USD", "budget: 9 USD")
HOUSE = {"TAPCROWD_QUALITY_CHANCE_ERROR": "0"}
"""This crowd answers by lot, and is not to be barred for it."""
WORKERS = 6
PAY = 20_000
SPEED = 25.0
START_SECONDS = 30.0
ITEM = re.compile(r"thing \d+ of \w+")
RECEIPT = re.compile(rf"✓ (?P<label>Apples|Bread) · (?P<item>{ITEM.pattern})")
SOCKET_STARTS = 6
"""Every so many starts Slack comes by sockets, else by HTTP: it allows few connections a minute (Tier 1)."""
THINKING = (0.05, 0.25)
"""Real seconds that a person looks at a task."""
PATIENCE = 1.0
"""Real seconds without anything to press after which a person asks for the next task."""


class Service:
    """The process under test."""

    def __init__(self, chats: Chats, clock: SharedClock, rng: random.Random) -> None:
        self.chats, self.rng = chats, rng
        self.environ = {**os.environ, **clock.environ(), **HOUSE, "PYTHONPATH": str(ROOT)}
        self.process: Process
        self.starts = self.kills = 0

    async def start(self, *, wait: bool = True) -> None:
        """Start it in a way of delivery by lot, on a platform that fails now and then."""
        self.starts += 1
        hook, http = self.rng.random() < 0.5, self.starts % SOCKET_STARTS != 0
        self.chats.slack.http_url = self.chats.slack_url if http else None
        settings = self.chats.environ(telegram_hook=hook, slack_http=http)
        self._script_faults()
        with (self.chats.folder / "stderr.txt").open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, PROGRAM, stdout=PIPE, stderr=errors, cwd=ROOT, env={**self.environ, **settings}
            )
        if wait:
            assert self.process.stdout is not None
            line = await asyncio.wait_for(self.process.stdout.readline(), START_SECONDS)
            assert line == READY, "the service must start again after every kill"

    def _script_faults(self) -> None:
        for sandbox, calls in (
            (self.chats.telegram, ("sendMessage", "editMessageText")),
            (self.chats.slack, ("chat.postMessage", "chat.update")),
        ):
            sandbox.faults.clear()
            sandbox.faults.random(0.2, ("duplicate", "redeliver", "reorder"), seconds=0.1)
            for call in calls:
                sandbox.faults.add(call, "drop_after")
                sandbox.faults.add(call, "server_error")

    async def kill(self) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.communicate()
        self.kills += 1

    async def suffer(self, times: int) -> None:
        """Be killed that often: mostly at work, now and then while starting."""
        for _ in range(times):
            early = self.rng.random() < 0.15
            await self.start(wait=not early)
            await asyncio.sleep(self.rng.uniform(0.2, 1.2) if early else self.rng.uniform(0.02, 0.7))
            await self.kill()


class Tapper:
    """A patient person: presses what is open, again when nothing happens, and remembers what was confirmed."""

    def __init__(self, side: Side, user: Any, rng: random.Random) -> None:
        self.side, self.user, self.rng = side, user, rng
        self.spent: set[Any] = set()
        self.confirmed: set[tuple[str, str]] = set()

    async def work(self) -> None:
        """Until cancelled."""
        quiet = 0.0
        while True:
            message = self._open_message()
            if message is None and quiet >= PATIENCE:
                await self._ask()
                quiet = 0.0
            elif message is None:
                quiet += 0.05
                await asyncio.sleep(0.05)
            else:
                quiet = 0.0
                await asyncio.sleep(self.rng.uniform(*THINKING))
                await self._press(message)

    def _open_message(self) -> Any:
        shown = self.side.shown(self.user)
        fresh = (m for m in reversed(shown) if self.side.key(m) not in self.spent)
        return next((m for m in fresh if {"Accept", "Continue", "Skip"} & set(self.side.buttons(m))), None)

    async def _ask(self) -> None:
        await self.side.type(self.user, "/next" if self.side.shown(self.user) else "/start")

    async def _press(self, message: Any) -> None:
        texts = self.side.buttons(message)
        choice = next((verb for verb in ("Accept", "Continue") if verb in texts), "")
        answer = await self.side.try_press(self.user, message, choice or self.rng.choice(("Apples", "Bread")))
        if answer.startswith("✓ ") and not choice:
            self.confirmed.add((ITEM.findall(self.side.text(message))[0], answer.removeprefix("✓ ")))
        if answer:
            self.spent.add(self.side.key(message))

    def all_confirmed(self) -> set[tuple[str, str]]:
        """(item, label) of everything that a toast or a receipt on the screen confirms."""
        receipts = [match for m in self.side.shown(self.user) for match in RECEIPT.finditer(self.side.text(m))]
        return self.confirmed | {(match["item"], match["label"]) for match in receipts}


@asynccontextmanager
async def working(tappers: Sequence[Tapper]) -> AsyncIterator[None]:
    """A crowd at work; a person who breaks down fails the test."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tapper.work()) for tapper in tappers]
        yield
        for task in tasks:
            task.cancel()


async def finish(service: Service, sides: Sequence[Side]) -> None:
    """Kill the service while it aggregates, then let it come to its end."""
    running = "SELECT count(*) FROM batch_run WHERE state = 'running' AND final = 1"
    for _ in range(KILLS_OF_BATCHES):
        await service.start()
        assert await until(lambda: service.chats.value(running), 30), "the jobs must come to their aggregate run"
        await service.kill()
    await service.start()
    for side in sides:
        await side.results_in(side.channel)
    waiting = "SELECT count(*) FROM outbox WHERE state = 0"
    assert await until(lambda: not service.chats.value(waiting), 20), "nothing may be left unsaid"


def check_store(chats: Chats, tappers: Sequence[Tapper]) -> None:
    """What was confirmed is there once, and the money agrees."""
    label = {"0": "Apples", "1": "Bread"}
    rows = chats.read(
        "SELECT p.platform, p.user, t.columns, a.label FROM answer a JOIN task t ON t.id = a.task "
        "JOIN person p ON p.id = a.person WHERE a.kind = 'answer'"
    )
    stored = Counter((who, user, ITEM.findall(columns)[0], label[str(given)]) for who, user, columns, given in rows)
    confirmed = {(t.side.name, str(t.user), *pair) for t in tappers for pair in t.all_confirmed()}
    lost = confirmed - set(stored)
    assert not lost, f"{len(lost)} confirmed answers are not in the store: {sorted(lost)[:3]}"
    assert len(rows) == 2 * TASKS * OVERLAP, (
        f"every task has its answers, and none is there twice: {chats.read(STATES)}"
    )
    assert set(stored.values()) == {1}, "no person's answer to a task may be there twice"
    assert len(confirmed) == len(rows), "people saw a receipt for every answer that counts"
    connection = connect_readonly(chats.folder / DATABASE)
    problems = verify(connection)
    connection.close()
    assert not problems, f"the books are sound, not: {problems[:3]}"
    paid = chats.value("SELECT sum(balance) FROM account WHERE code LIKE 'worker:%'")
    assert paid == len(rows) * PAY, "each answer is paid once"
    held = chats.value("SELECT sum(balance) FROM account WHERE code LIKE 'job:%'")
    assert held == 0, "closed jobs hold no money"
    assert chats.read("SELECT DISTINCT state FROM job") == [("closed",)], "both jobs are closed"


@pytest.mark.timeout(240)
async def test_nothing_confirmed_is_lost_or_paid_twice_however_often_the_service_is_killed(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    clock = SharedClock(SPEED)
    chats = Chats(tmp_path, webhooks=False, clock=clock)
    await chats.open_platforms()
    service = Service(chats, clock, rng)
    sides = [make(chats) for make in SIDES.values()]
    try:
        await service.start()
        for side in sides:
            await side.post_job(items_of(side.name), JOB)
        await service.kill()
        tappers = [Tapper(side, side.meet(n), rng) for side in sides for n in range(WORKERS)]
        async with working(tappers):
            await service.suffer(KILLS)
            await finish(service, sides)
        check_store(chats, tappers)
        assert service.kills >= KILLS, "the service was killed often enough"
        for side in sides:
            assert side.sandbox.faults.injected["redeliver"] > 0, f"{side.name} delivered updates again"
    finally:
        await service.kill()
        await chats.close_platforms()


def items_of(name: str) -> str:
    """Items that no other platform's job has."""
    return "\n".join(["id,text", *(f"t{n},thing {n} of {name}" for n in range(TASKS)), ""])
