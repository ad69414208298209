"""Routing decisions per second: answer recorded, paid, judged, next task handed out, durable, by size of the backlog.

    python -m bench.routing [--tasks 1000 100000 1000000] [--loops 2000] [--workers 32] [--rounds 3] [--json]

Every loop is one command in one transaction of a real file (WAL, FULL), 32 workers at a time through the group commit;
overlap 3 with controls and reputation, no chat and no network. Beside it the bare floor of the same store in the same
run: close a lease, record the answer, lease the next task, on three plain tables. Bars: at least 1000 loops/s with a
p99 of at most 50 ms, at most 1 ms of CPU per loop, at most 1.2 times the time with a million tasks waiting as with a
thousand, and no task handed out too often.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench import town
from bench.subject import cpu_seconds, scratch
from bench.world import choice
from bots.serving import spare_collector
from config.settings import default_rules
from config.texts import load_texts
from core.messages import Card
from core.model import Handle
from core.service import House, handle
from core.store import Database
from core.store.tx import Tx

SIZES = (1000, 100_000, 1_000_000)
FLOOR = "floor"
FLOOR_TASKS = 100_000
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What so many loops took, and ms per loop as its worker saw it."""

    seconds: float
    cpu: float
    waits: list[float]


class Subject(Protocol):
    """Something whose loops are timed."""

    async def run(self, loops: int) -> Run:
        """So many loops, all workers at once."""
        ...

    async def check(self) -> int:
        """How many tasks were handed out too often."""
        ...

    async def close(self) -> None:
        """Close the store."""
        ...


class Backlog:
    """A store with one job of so many tasks, and workers with a task in hand."""

    def __init__(self, folder: Path, tasks: int) -> None:
        self._path = folder / f"{tasks}.db"
        self._tasks = tasks
        self._house = House(secret=b"s" * 32, texts=load_texts(), rail="points", rules=default_rules())
        self._cards: dict[Handle, Card] = {}
        self._database: Database
        self._left = iter(range(0))

    async def fill(self, workers: int) -> None:
        """Import the job and let the workers join."""
        self._database = await Database.open(self._path)
        await town.open_job(self._database, self._house, self._tasks)
        for number in range(workers):
            who = Handle("telegram", str(1000 + number))
            reply = await town.join(self._database, self._house, who, who.user)
            self._cards[who] = town.cards(reply)[-1]

    async def run(self, loops: int) -> Run:
        """All workers answer until so many loops are done."""
        self._left, waits = iter(range(loops)), []
        start, cpu = time.perf_counter(), cpu_seconds()
        for part in await asyncio.gather(*(self._work(who) for who in self._cards)):
            waits += part
        return Run(time.perf_counter() - start, cpu_seconds() - cpu, waits)

    async def check(self) -> int:
        """How many tasks were handed out more often than their overlap allows."""
        sql = "SELECT count(*) FROM task WHERE gold IS NULL AND answers + active > ?"
        return int(await self._database.run(lambda tx: tx.value(sql, (town.SPEC.overlap.max,))))

    async def close(self) -> None:
        """Close the store."""
        await self._database.close()

    async def _work(self, who: Handle) -> list[float]:
        waits = []
        for number in self._left:
            card = self._cards[who]
            button = card.rows[0][choice(card.quote)]
            press = town.press(who, who.user, button.token, f"{number}:{time.perf_counter_ns()}")
            start = time.perf_counter()
            reply = await self._database.run(handle, press, town.now_ms(), self._house)
            waits.append((time.perf_counter() - start) * 1e3)
            self._cards[who] = next(card for card in reversed(town.cards(reply)) if len(card.rows[0]) > 1)
        return waits


class Floor:
    """The same store with three plain tables and nothing decided: what the database alone allows."""

    def __init__(self, database: Database, workers: int) -> None:
        self._database = database
        self._workers = range(workers)
        self._left = iter(range(0))

    @classmethod
    async def open(cls, folder: Path, workers: int) -> Floor:
        """A fresh store with so many tasks, each worker holding one."""
        database = await Database.open(folder / "floor.db")
        await database.run(_lay_floor, workers)
        return cls(database, workers)

    async def run(self, loops: int) -> Run:
        """All workers go round until so many loops are done."""
        self._left, waits = iter(range(loops)), []
        start, cpu = time.perf_counter(), cpu_seconds()
        for part in await asyncio.gather(*(self._work(worker) for worker in self._workers)):
            waits += part
        return Run(time.perf_counter() - start, cpu_seconds() - cpu, waits)

    async def check(self) -> int:
        """How many tasks were leased twice."""
        sql = "SELECT count(*) FROM (SELECT task FROM floor_answer GROUP BY task HAVING count(*) > 1)"
        return int(await self._database.run(lambda tx: tx.value(sql)))

    async def close(self) -> None:
        """Close the store."""
        await self._database.close()

    async def _work(self, worker: int) -> list[float]:
        waits = []
        for number in self._left:
            start = time.perf_counter()
            await self._database.run(_bare_loop, worker, number)
            waits.append((time.perf_counter() - start) * 1e3)
        return waits


def _lay_floor(tx: Tx, workers: int) -> None:
    tx.run("CREATE TABLE floor_task(id INTEGER PRIMARY KEY, want INTEGER NOT NULL)")
    tx.run("CREATE INDEX floor_wanted ON floor_task(id) WHERE want > 0")
    tx.run("CREATE TABLE floor_lease(worker INTEGER PRIMARY KEY, task INTEGER NOT NULL)")
    tx.run("CREATE TABLE floor_answer(id INTEGER PRIMARY KEY, task INTEGER, worker INTEGER, label INTEGER)")
    tx.many("INSERT INTO floor_task VALUES(?, 1)", [(task,) for task in range(FLOOR_TASKS)])
    tx.many("INSERT INTO floor_lease VALUES(?, ?)", [(worker, task) for task, worker in enumerate(range(workers))])
    tx.run("UPDATE floor_task SET want = 0 WHERE id < ?", (workers,))


def _bare_loop(tx: Tx, worker: int, number: int) -> int:
    task = tx.value("DELETE FROM floor_lease WHERE worker = ? RETURNING task", (worker,))
    tx.run("INSERT INTO floor_answer(task, worker, label) VALUES(?, ?, ?)", (task, worker, number % 2))
    following = int(tx.value("SELECT id FROM floor_task WHERE want > 0 ORDER BY id LIMIT 1"))
    tx.run("UPDATE floor_task SET want = want - 1 WHERE id = ?", (following,))
    tx.run("INSERT INTO floor_lease VALUES(?, ?)", (worker, following))
    return following


@dataclass(slots=True)
class Measured:
    """The runs of one subject, round by round."""

    runs: list[Run] = field(default_factory=list)
    over: int = 0

    def row(self, name: str, loops: int) -> Row:
        """Medians over the rounds, of waits too: one pause of the machine is one round's p99."""
        waits = [statistics.quantiles(run.waits, n=100) for run in self.runs]
        return {
            "backlog": name,
            "loops_per_s": round(loops / statistics.median(run.seconds for run in self.runs)),
            "cpu_us_per_loop": round(statistics.median(run.cpu for run in self.runs) / loops * 1e6),
            "p50_ms": round(statistics.median(cuts[49] for cuts in waits), 1),
            "p99_ms": round(statistics.median(cuts[98] for cuts in waits), 1),
            "worst_p99_ms": round(max(cuts[98] for cuts in waits), 1),
            "over_assigned": self.over,
        }


async def measure(sizes: Sequence[int], loops: int, workers: int, rounds: int) -> list[Row]:
    """Interleaved rounds; the smallest backlog is fresh each time, since its tasks would run out."""
    with tempfile.TemporaryDirectory(dir=scratch()) as text:
        folder = Path(text)
        spare_collector()
        kept: dict[str, Subject] = {FLOOR: await Floor.open(folder, workers)}
        for size in sorted(sizes)[1:]:
            kept[str(size)] = await _filled(folder, size, workers)
        found = {name: Measured() for name in (FLOOR, *map(str, sorted(sizes)))}
        for number in range(rounds):
            fresh = await _filled(folder / str(number), min(sizes), workers)
            for name, subject in {**kept, str(min(sizes)): fresh}.items():
                found[name].runs.append(await subject.run(loops))
            found[str(min(sizes))].over += await fresh.check()
            await fresh.close()
        for name, subject in kept.items():
            found[name].over = await subject.check()
            await subject.close()
    return _with_ratios([measured.row(name, loops) for name, measured in found.items()])


async def _filled(folder: Path, tasks: int, workers: int) -> Backlog:
    backlog = Backlog(folder, tasks)
    await backlog.fill(workers)
    await backlog.run(workers)
    return backlog


def _with_ratios(rows: list[Row]) -> list[Row]:
    """Each against the floor and against the smallest backlog."""
    floor, small = rows[0], rows[1]
    for row in rows:
        row["share_of_floor"] = round(row["loops_per_s"] / floor["loops_per_s"], 3)
        row["slower_than_small"] = round(small["loops_per_s"] / row["loops_per_s"], 2) if row is not floor else None
    return rows


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--loops", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = asyncio.run(measure(given.tasks, given.loops, given.workers, given.rounds))
    if given.json:
        print(json.dumps(rows))
        return
    print("  ".join(f"{name:>17}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{'-' if value is None else value:>17}" for value in row.values()))


if __name__ == "__main__":
    main()
