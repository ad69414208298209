"""64 workers tap at once, twice and thrice: no task gets too many answers, no budget is exceeded."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

from builders import REQUESTER, Town, make_items, make_spec, open_town, worker
from states import held, purse_of

from core.messages import Command, Press, Reply, Said, Typed
from core.model import Overlap
from core.quality import ChanceTest
from core.service import handle
from core.store import connect_readonly
from core.store.tx import Tx
from core.store.verify import verify

CROWD = 64
TASKS = 2_000
BURST = 40
TOO_MANY = (
    "INSERT INTO broken SELECT 'too many', NEW.task, NEW.person FROM main.task t JOIN main.job j ON j.id = t.job "
    "WHERE t.id = NEW.task AND t.gold IS NULL AND j.spec ->> '$.overlap.max' < "
    "(SELECT count(*) FROM main.assignment WHERE task = NEW.task AND state IN ('SUBMITTED', 'ACTIVE')); "
)
TWO_LIVE = (
    "INSERT INTO broken SELECT 'two live', NEW.task, NEW.person WHERE 1 < "
    "(SELECT count(*) FROM main.assignment WHERE person = NEW.person AND state = 'ACTIVE'); "
)
WATCH = (
    "CREATE TEMP TABLE broken(what TEXT, task INTEGER, person INTEGER)",
    f"CREATE TEMP TRIGGER leased AFTER INSERT ON main.assignment BEGIN {TOO_MANY} {TWO_LIVE} END",
    f"CREATE TEMP TRIGGER changed AFTER UPDATE OF state ON main.assignment BEGIN {TOO_MANY} {TWO_LIVE} END",
)
"""Looks at every single change to a lease from inside its transaction, not only at the state in the end."""


def watch(tx: Tx) -> None:
    for statement in WATCH:
        tx.run(statement)


class Member:
    """One of the crowd: presses the newest buttons, at times several commands at once, until nothing is left."""

    def __init__(self, town: Town, number: int, undos: float) -> None:
        self.town = town
        self.who = worker(number)
        self.rng = random.Random(number)
        self.undos = undos
        self.keys = 0
        self.shown: dict[str, str] = {}

    async def run(self) -> None:
        await self.send(self.said("start"))
        await self.send(self.tap("Accept"))
        await self.burst()
        while await self.one_round():
            pass

    async def burst(self) -> None:
        """The same task pressed over and over, with other keys and other buttons, all in flight together."""
        texts = [self.rng.choice(("Apples", "Bread", "Skip")) for _ in range(BURST // 2)]
        await self.send(*(self.tap(text) for text in texts), *(self.said("next") for _ in texts))

    async def one_round(self) -> bool:
        """Whether there was anything to press."""
        if "Apples" not in self.shown:
            await self.send(self.tap("Continue") if "Continue" in self.shown else self.said("next"))
            return "Apples" in self.shown
        tap = self.tap(self.rng.choice(("Apples", "Apples", "Bread", "Can't tell")))
        dice = self.rng.random()
        if dice < 0.1:
            await self.send(tap, tap, self.tap("Bread"), self.typed("2"), self.said("next"))
        else:
            await self.send(tap)
        if dice > 1 - self.undos and "Undo" in self.shown:
            await self.send(self.tap("Undo"))
        return True

    async def send(self, *commands: Command) -> None:
        """Obey them all at once, then look at the newest buttons."""
        run = self.town.database.run
        replies: list[Reply] = await asyncio.gather(
            *(run(handle, command, self.town.now, self.town.house) for command in commands)
        )
        for speech in sorted((s for reply in replies for s in reply.speeches), key=lambda s: s.id):
            buttons = {b.text: b.token for row in speech.card.rows for b in row}
            self.shown = {**self.shown, **buttons} if set(buttons) == {"Undo"} else buttons or self.shown
        if not any(reply.speeches for reply in replies):
            self.shown = {}

    def new(self, kind: type[Any], **values: str) -> Any:
        self.keys += 1
        return kind(key=f"{self.who}:{self.keys}", who=self.who, chat=self.who.user, private=True, **values)

    def said(self, verb: str) -> Command:
        return self.new(Said, verb=verb)

    def typed(self, text: str) -> Command:
        return self.new(Typed, text=text)

    def tap(self, text: str) -> Command:
        return self.new(Press, token=self.shown.get(text, "x" * 24), message="m")


async def race(town: Town, undos: float = 0.05) -> None:
    await town.read(watch)
    await asyncio.gather(*(Member(town, number, undos).run() for number in range(CROWD)))


async def figures(town: Town, job: int) -> tuple[int, ...]:
    sql = "SELECT done, answers, active, (SELECT sum(want) FROM task WHERE job = job.id) FROM job WHERE id = ?"
    return tuple(await town.read(lambda tx: tx.one(sql, (job,))))


async def test_64_workers_never_give_a_task_too_many_answers(tmp_path: Path) -> None:
    town = await open_town(tmp_path, chance=ChanceTest(error=0))
    spec = make_spec(overlap=Overlap("fixed", 3, 3), budget=10_000_000_000, control_share=0.05, session=50)
    await town.credit(100_000)
    job = await town.publish(make_items(TASKS, gold=[0, 1] * 10), spec)
    await race(town)
    assert await town.read(lambda tx: tx.all("SELECT * FROM broken")) == [], "no change ever broke a limit"
    assert await figures(town, job) == (TASKS, 3 * TASKS, 0, 0), "every task has its three answers, no more, no fewer"
    same = "SELECT task, person FROM assignment GROUP BY task, person HAVING count(*) > 1"
    assert await town.read(lambda tx: tx.all(same)) == [], "nobody had the same task twice"
    await town.tick(61)
    closing = await town.read(lambda tx: tx.one("SELECT state, reason FROM job WHERE id = ?", (job,)))
    assert closing == ("closing", "completed"), "the job is complete and closes"
    assert verify(connect_readonly(town.database.path)) == [], "books and counts agree with the records"
    await town.database.close()


async def test_64_workers_never_spend_more_than_the_budget(tmp_path: Path) -> None:
    town = await open_town(tmp_path, chance=ChanceTest(error=0))
    budget = 500 * 24_000 + 23_999
    spec = make_spec(overlap=Overlap("dynamic", 2, 5, 0.95), budget=budget, control_share=0.1, session=20)
    job = await town.publish(make_items(600, gold=[0, 1] * 10), spec)
    before = await held(town, await purse_of(town, REQUESTER))
    await race(town, undos=0.2)
    assert await town.read(lambda tx: tx.all("SELECT * FROM broken")) == [], "no change ever broke a limit"
    bought = await town.read(lambda tx: tx.value("SELECT answers + control_answers FROM job WHERE id = ?", (job,)))
    assert bought == 500, "the budget buys exactly as many answers as it can pay"
    await town.tick(61)
    await town.tick(1)
    closing = await town.read(lambda tx: tx.one("SELECT state, reason FROM job WHERE id = ?", (job,)))
    assert closing == ("closing", "budget"), "the job closes when its budget is used up"
    assert await held(town, await purse_of(town, REQUESTER)) == before + 23_999, "the odd rest went back"
    assert verify(connect_readonly(town.database.path)) == [], "books and counts agree with the records"
    await town.database.close()
