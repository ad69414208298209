"""The process whose CPU time is measured: the framework's floor or the whole of tapcrowd, between two marks."""

from __future__ import annotations

import asyncio
import resource
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bench import town, world_slack, world_telegram
from bench.floor import slack_floor, telegram_floor
from bots.composition import DATABASE, Tapcrowd
from bots.house import make_house
from bots.pace import UNLIMITED
from bots.serving import spare_collector
from config.settings import Settings, load
from core.model import Handle
from core.store import Database


@dataclass(frozen=True, slots=True)
class Subject:
    """What to run, where its platform's API is, where it listens, and for whom; `case` is floor, floor3 or ours."""

    platform: str
    case: str
    api: str
    port: int
    workers: tuple[str, ...]
    tasks: int


def cpu_seconds() -> float:
    """User and system time of this process, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def scratch() -> Path:
    """Where stores are made: on the project's own disk, since a temporary folder may lie in memory."""
    folder = Path("var", "bench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main(subject: Subject, pipe: Connection) -> None:
    """Entry of the process: "ready", wait, measure until told to stop, send the CPU seconds."""
    asyncio.run(_measure(subject, pipe))


async def _measure(subject: Subject, pipe: Connection) -> None:
    async with _started(subject):
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        start = cpu_seconds()
        await asyncio.to_thread(pipe.recv)
        pipe.send(cpu_seconds() - start)


def _started(subject: Subject) -> AbstractAsyncContextManager[None]:
    if subject.case == "ours":
        return _tapcrowd(subject)
    floor = telegram_floor if subject.platform == "telegram" else slack_floor
    return floor(subject.api, subject.port, send=subject.case == "floor3")


@asynccontextmanager
async def _tapcrowd(subject: Subject) -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        settings = load("", environ(subject, folder))
        await _fill(settings, subject)
        async with Tapcrowd(settings, paces=dict.fromkeys(("telegram", "slack"), UNLIMITED)) as service:
            await service.outbox.drained()
            spare_collector()
            yield


def environ(subject: Subject, folder: str) -> dict[str, str]:
    """The settings of a service with webhooks on one platform; no refit, which would start a batch run."""
    common = {
        "TAPCROWD_STORE_FOLDER": folder,
        "TAPCROWD_HTTP_PORT": str(subject.port),
        "TAPCROWD_MONEY_RAIL": "points",
        "TAPCROWD_SCHEDULE_REFIT": "0",
    }
    if subject.platform == "telegram":
        return common | {
            "TAPCROWD_TELEGRAM_TOKEN": world_telegram.TOKEN,
            "TAPCROWD_TELEGRAM_BASE_URL": subject.api,
            "TAPCROWD_TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{subject.port}/telegram",
            "TAPCROWD_TELEGRAM_WEBHOOK_SECRET": world_telegram.SECRET,
        }
    return common | {
        "TAPCROWD_SLACK_BOT_TOKEN": world_slack.TOKEN,
        "TAPCROWD_SLACK_BASE_URL": f"{subject.api}/api/",
        "TAPCROWD_SLACK_SIGNING_SECRET": world_slack.SECRET,
    }


async def _fill(settings: Settings, subject: Subject) -> None:
    """A job and its workers; their first cards wait in the outbox."""
    house = make_house(settings)
    database = await Database.open(settings.store.folder / DATABASE)
    await town.open_job(database, house, subject.tasks, subject.platform)
    for worker in subject.workers:
        user = worker if subject.platform == "telegram" else "U" + worker[1:]
        await town.join(database, house, Handle(subject.platform, user), worker)
    await database.close()
