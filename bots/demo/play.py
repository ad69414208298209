"""The course of the demo: everybody comes on stage, the jobs are posted, people work, the results arrive."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots.demo import script
from bots.demo.cast import Cast
from bots.demo.facts import JOBS
from bots.demo.script import DemoFailed, Posted
from bots.demo.stage import SLACK_REQUESTER, TELEGRAM_REQUESTER, Stage
from bots.demo.transcript import transcripts
from bots.sandbox.crowd import Crowd
from core.model import JobState
from core.store import jobs

log = logging.getLogger(__name__)
LIMIT_SECONDS = 900.0
"""Real seconds after which the demo gives up."""
LOOK_SECONDS = 0.3
"""Real seconds between looks at the progress."""
QUIET_SECONDS = 15.0  # real seconds for the last edits to reach their channels
LIVE = (JobState.OPEN, JobState.PAUSED, JobState.CLOSING, JobState.CLOSED)
Tell = Callable[[str, int, int], None]
"""Hears what happens: words, tasks done, tasks in all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What lies in the chats at the end: results by platform, transcripts by name, alerts, and the crowd's deeds."""

    telegram: Posted
    slack: Posted
    transcripts: dict[str, str]
    alerts: int
    tally: Counter[str]


class Play:
    """One performance; the store is left in `folder`."""

    def __init__(self, cast: Cast, folder: Path, *, speed: float, seed: int) -> None:
        self.cast = cast
        self.stage = Stage(folder, speed, cast.classes)
        self._crowd = Crowd(self.stage.clock, seed=seed)

    async def perform(self, tell: Tell) -> Outcome:
        """Play from the first command to the last file; DemoFailed when it gets stuck."""
        async with self.stage as stage:
            stage.seat_crowd(self.cast, self._crowd)
            try:
                async with asyncio.timeout(LIMIT_SECONDS):
                    await self._post(tell)
                    telegram, slack = await self._work(tell)
            except TimeoutError:
                raise DemoFailed("the demo got stuck: a message that should have come did not") from None
            await self._quieten()
            return Outcome(telegram, slack, transcripts(stage, self.cast), script.alerts_seen(stage), self._crowd.tally)

    async def _post(self, tell: Tell) -> None:
        cast = self.cast
        tell("the requesters post their jobs", 0, 0)
        bills = {f"telegram:{TELEGRAM_REQUESTER}": cast.telegram.job, f"slack:{SLACK_REQUESTER}": cast.slack.job}
        await script.credit(self.stage, bills)
        await script.post_on_telegram(self.stage, cast.telegram)
        await script.post_on_slack(self.stage, cast.slack)

    async def _work(self, tell: Tell) -> tuple[Posted, Posted]:
        """Until both results are posted; what the crowd cannot finish, the requesters end."""
        stage = self.stage
        people = asyncio.create_task(self._crowd.run())
        both = asyncio.gather(
            script.results_on_telegram(stage, LIMIT_SECONDS), script.results_on_slack(stage, LIMIT_SECONDS)
        )
        helpers: list[asyncio.Task[None]] = [
            asyncio.create_task(script.mind_alerts(stage)),
            asyncio.create_task(self._watch(tell)),
            asyncio.create_task(stage.service.wait()),
        ]
        try:
            await _first(both, people, *helpers)
            if not both.done():
                await self._end_what_is_left()
                await _first(both, *helpers)
            return both.result()
        finally:
            both.cancel()
            for task in (people, *helpers):
                task.cancel()
            await asyncio.gather(both, people, *helpers, return_exceptions=True)

    async def _watch(self, tell: Tell) -> None:
        words = f"the {self.cast.crowd} labels"
        while True:
            found = await self.stage.service.store.run(jobs.jobs_in, *LIVE)
            closing = all(job.state != JobState.OPEN for job in found)
            done, total = sum(job.done for job in found), sum(job.tasks for job in found)
            tell("the labels are aggregated" if closing else words, done, total)
            await asyncio.sleep(LOOK_SECONDS)

    async def _end_what_is_left(self) -> None:
        """Everybody has left: a job with open tasks is cancelled by its requester."""
        for job in await self.stage.service.store.run(jobs.jobs_in, JobState.OPEN):
            if job.done < job.tasks:
                log.warning("the crowd has left job %d with %d of %d tasks done", job.id, job.done, job.tasks)
                await script.cancel(self.stage, job.id, on_telegram=job.id == JOBS[0])

    async def _quieten(self) -> None:
        try:
            await asyncio.wait_for(self.stage.service.outbox.drained(), QUIET_SECONDS)
        except TimeoutError:
            log.warning("some last words were not said in time")


async def _first(*tasks: asyncio.Future[Any]) -> None:
    """Until one of them ends; what it raised is raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
