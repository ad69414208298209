"""Taps per second and CPU time per tap of the whole path, against the framework's floor in the same run.

    python -m bench.taps [--taps 3000] [--workers 64] [--rounds 3] [--platform telegram] [--json]

Whole path: HTTP in, command, durable commit (SQLite, WAL, FULL), then answer, edit and next card out. The bot runs in
its own process, whose user and system time is counted; API server and workers share the other one. Rounds are
interleaved (floor, floor with the next card, ours, floor, …) and the medians are shown. No flood limits apply.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import socket
import statistics
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from bench import subject
from bench.subject import Subject
from bench.world import Load, World
from bench.world_slack import SlackWorld
from bench.world_telegram import TelegramWorld

CASES = ("floor", "floor3", "ours")
CALLS = {
    "telegram": ("answerCallbackQuery", "editMessageText", "sendMessage"),
    "slack": ("chat.update", "chat.postMessage"),
}
PATHS = {"telegram": "/telegram", "slack": "/slack/events"}
SECONDS = 120.0
"""How long one run may take before it counts as hung."""
WARM_UP = 0.1
"""Share of the taps that is driven before the clock starts."""
Row = dict[str, Any]


def make_world(platform: str, case: str, workers: int) -> World:
    """The platform's side for a case; the floor of two calls lets workers go on after the edit."""
    calls = CALLS[platform][:-1] if case == "floor" else CALLS[platform]
    if platform == "telegram":
        return TelegramWorld([str(1000 + n) for n in range(workers)], calls=calls, frees=calls[-1])
    return SlackWorld([f"D{1000 + n}" for n in range(workers)], calls=calls, frees=calls[-1])


async def run_case(platform: str, case: str, taps: int, workers: int) -> tuple[Load, float]:
    """One run; what the workers saw and the bot's CPU seconds."""
    world, port = make_world(platform, case, workers), free_port()
    api = f"http://127.0.0.1:{await world.serve()}"
    what = Subject(platform, case, api, port, tuple(world.workers), tasks=max(2 * taps, 2000))
    here, there = multiprocessing.Pipe()
    bot = multiprocessing.get_context("spawn").Process(target=subject.main, args=(what, there), daemon=True)
    bot.start()
    try:
        async with asyncio.timeout(SECONDS):
            return await _measure(world, here, f"http://127.0.0.1:{port}{PATHS[platform]}", taps)
    finally:
        bot.join(5)
        bot.kill()
        await world.close()


async def _measure(world: World, pipe: Connection, url: str, taps: int) -> tuple[Load, float]:
    await asyncio.to_thread(pipe.recv)
    world.deal()
    await world.drive(url, max(len(world.workers), round(taps * WARM_UP)))
    pipe.send("go")
    load = await world.drive(url, taps)
    pipe.send("stop")
    return load, await asyncio.to_thread(pipe.recv)


def measure(platform: str, taps: int, workers: int, rounds: int) -> Row:
    """Medians over the rounds."""
    runs: dict[str, list[tuple[Load, float]]] = {case: [] for case in CASES}
    for _ in range(rounds):
        for case in CASES:
            runs[case].append(asyncio.run(run_case(platform, case, taps, workers)))
    cpu = {case: statistics.median(seconds for _, seconds in runs[case]) / taps * 1e6 for case in CASES}
    loads = [load for load, _ in runs["ours"]]
    seconds = statistics.median(load.seconds for load in loads)
    return {
        "platform": platform,
        "taps": taps,
        "seconds": round(seconds, 2),
        "taps_per_s": round(taps / seconds),
        "cpu_us_per_tap": round(cpu["ours"]),
        "floor_cpu_us": round(cpu["floor"]),
        "floor3_cpu_us": round(cpu["floor3"]),
        "ratio": round(cpu["ours"] / cpu["floor"], 2),
        "ratio3": round(cpu["ours"] / cpu["floor3"], 2),
        **_quantiles("answered", [ms for load in loads for ms in load.answered]),
        **_quantiles("next", [ms for load in loads for ms in load.followed]),
        "floor_taps_per_s": round(taps / statistics.median(load.seconds for load, _ in runs["floor"])),
    }


def _quantiles(name: str, seconds: Sequence[float]) -> Row:
    cuts = statistics.quantiles(seconds, n=100)
    return {f"{name}_p50_ms": round(cuts[49] * 1e3, 1), f"{name}_p99_ms": round(cuts[98] * 1e3, 1)}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def show(row: Row) -> None:
    """The row as lines."""
    print(f"{row['platform']}: {row['taps']} taps in {row['seconds']} s, {row['taps_per_s']} taps/s")
    print(f"  CPU of the bot   {row['cpu_us_per_tap']:6d} µs a tap")
    print(f"  floor            {row['floor_cpu_us']:6d} µs   ratio {row['ratio']:.2f}")
    print(f"  floor, next card {row['floor3_cpu_us']:6d} µs   ratio {row['ratio3']:.2f}")
    for name in ("answered", "next"):
        print(f"  press → {name:9s} {row[f'{name}_p50_ms']} ms median, {row[f'{name}_p99_ms']} ms p99")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Taps per second and CPU time per tap against the framework's floor.")
    parser.add_argument("--taps", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--platform", choices=sorted(CALLS), action="append")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for platform in given.platform or sorted(CALLS, reverse=True):
        row = measure(platform, given.taps, given.workers, given.rounds)
        print(json.dumps(row)) if given.json else show(row)


if __name__ == "__main__":
    main()
