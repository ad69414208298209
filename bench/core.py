"""The core alone: loops (answer recorded, paid, judged, next task handed out) per second, durable, by backlog size.

    python -m bench.core [--tasks 1000000] [--loops 2000] [--workers 32] [--rounds 3] [--json]

Every loop is one command in one transaction of a real file (WAL, FULL), 32 at a time through the group commit; overlap
3 with controls and reputation, no chat and no network. Bars: at least 1000 loops/s, at most 1 ms of CPU per loop, and
at most 1.2 times the CPU with a million tasks waiting as with a thousand.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import town
from bench.subject import cpu_seconds, scratch
from bench.world import choice
from bots.serving import spare_collector
from config.texts import load_texts
from core.messages import Card
from core.model import Handle
from core.service import House, handle
from core.store import Database

SMALL = 1000
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What so many loops took, and ms per loop as its worker saw it."""

    seconds: float
    cpu: float
    waits: list[float]


class Backlog:
    """A store with one job of so many tasks, and workers with a task in hand."""

    def __init__(self, folder: Path, tasks: int) -> None:
        self._path = folder / f"{tasks}.db"
        self._tasks = tasks
        self._house = House(secret=b"s" * 32, texts=load_texts(), rail="points")
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

    async def check(self) -> None:
        """No task was handed out more often than its overlap allows."""
        sql = "SELECT count(*) FROM task WHERE gold IS NULL AND answers + active > ?"
        over = await self._database.run(lambda tx: tx.value(sql, (town.SPEC.overlap.max,)))
        assert over == 0, f"{over} tasks were handed out too often"

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


async def measure(tasks: int, loops: int, workers: int, rounds: int) -> Row:
    """Interleaved rounds on the small backlog (fresh each time) and the large one."""
    small, large = [], []
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        spare_collector()
        big = Backlog(Path(folder), tasks)
        await big.fill(workers)
        await big.run(workers)
        for number in range(rounds):
            fresh = Backlog(Path(folder, str(number)), SMALL)
            await fresh.fill(workers)
            small.append(await fresh.run(loops))
            await fresh.close()
            large.append(await big.run(loops))
        await big.check()
        await big.close()
    return _row(tasks, loops, small, large)


def _row(tasks: int, loops: int, small: list[Run], large: list[Run]) -> Row:
    seconds = statistics.median(run.seconds for run in large)
    cpu = statistics.median(run.cpu for run in large)
    waits = statistics.quantiles([ms for run in large for ms in run.waits], n=100)
    return {
        "tasks": tasks,
        "loops": loops,
        "loops_per_s": round(loops / seconds),
        "cpu_us_per_loop": round(cpu / loops * 1e6),
        "p50_ms": round(waits[49], 1),
        "p99_ms": round(waits[98], 1),
        "small_loops_per_s": round(loops / statistics.median(run.seconds for run in small)),
        "slowdown_cpu": round(cpu / statistics.median(run.cpu for run in small), 2),
        "slowdown_wall": round(seconds / statistics.median(run.seconds for run in small), 2),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Loops per second and CPU time per loop of the core alone.")
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--loops", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    row = asyncio.run(measure(given.tasks, given.loops, given.workers, given.rounds))
    if given.json:
        print(json.dumps(row))
        return
    for name, value in row.items():
        print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
