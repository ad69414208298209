"""A whole tapcrowd between both sandboxes, for end-to-end tests: the real libraries over loopback, one mode each."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bots.composition import DATABASE, Tapcrowd
from bots.sandbox.slack import SlackSandbox
from bots.sandbox.telegram import TelegramSandbox
from config.settings import load
from core.ports import Clock, SystemClock
from core.store.sqlite import connect_readonly

GROUP, ADMIN_GROUP, OTHER_GROUP = -500, -900, -501
CHANNEL, ADMIN_CHANNEL, OTHER_CHANNEL = "C500", "C900", "C501"
REQUESTER, ADMIN, STRANGER = 7, 9, 8
SLACK_REQUESTER, SLACK_ADMIN, SLACK_STRANGER = "U7", "U9", "U8"
WEBHOOK_SECRET = "a-secret"
SOON, SLOW = 6.0, 40.0
"""Real seconds until a message comes; and until the results of a batch run do, on a busy machine."""
Message = dict[str, Any]
JOB_FILE = """\
title: Topics
question: Which topic?
options: [Apples, Bread]
instructions: Pick what the text is about.
price: 0.02 USD
overlap: 2
control_share: 0
budget: 5 USD
"""


def items_file(count: int, **special: str) -> str:
    """A CSV of that many items; `special` puts a text of one's own in the place of an id's."""
    rows = [f"t{n}," + special.get(f"t{n}", f"item number {n}") for n in range(count)]
    return "\n".join(["id,text", *rows, ""])


ITEMS = items_file(6)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Chats:
    """Both sandboxes with a requester, an admin and channels in each, and the service between them."""

    def __init__(
        self,
        folder: Path,
        *,
        webhooks: bool,
        clock: Clock | None = None,
        floods: bool = True,
        config: str = "",
        **quality: float,
    ) -> None:
        self.clock = clock or SystemClock(20.0)
        self.webhooks = webhooks
        self.port = free_port()
        self.telegram = TelegramSandbox(clock=self.clock, floods=floods)
        self.slack = SlackSandbox(self.clock, floods=floods)
        self.folder = folder
        self.config = config
        self.quality = quality
        self.service: Tapcrowd

    def environ(self, *, telegram_hook: bool | None = None, slack_http: bool | None = None) -> dict[str, str]:
        """The settings as an operator would give them; both ways of delivery follow `webhooks` unless told."""
        environ = {
            "TAPCROWD_TELEGRAM_TOKEN": self.telegram.token,
            "TAPCROWD_TELEGRAM_BASE_URL": f"http://127.0.0.1:{self.telegram.port}",
            "TAPCROWD_TELEGRAM_POLL_SECONDS": "2",
            "TAPCROWD_SLACK_BASE_URL": self.slack.base_url,
            "TAPCROWD_SLACK_BOT_TOKEN": self.slack.bot_token,
            "TAPCROWD_SLACK_APP_TOKEN": self.slack.app_token,
            "TAPCROWD_STORE_FOLDER": str(self.folder),
            "TAPCROWD_PEOPLE_ADMINS": f"telegram:{ADMIN} slack:{SLACK_ADMIN}",
            "TAPCROWD_PEOPLE_ADMIN_CHATS": f"telegram:{ADMIN_GROUP} slack:{ADMIN_CHANNEL}",
            "TAPCROWD_PEOPLE_CONTACT": "help@example.org",
            "TAPCROWD_HTTP_PORT": str(self.port),
            "TAPCROWD_MONEY_RAIL": "points",
        }
        environ |= {f"TAPCROWD_QUALITY_{name.upper()}": str(value) for name, value in self.quality.items()}
        if self.webhooks if telegram_hook is None else telegram_hook:
            environ["TAPCROWD_TELEGRAM_WEBHOOK_URL"] = f"http://127.0.0.1:{self.port}/telegram"
            environ["TAPCROWD_TELEGRAM_WEBHOOK_SECRET"] = WEBHOOK_SECRET
        if self.webhooks if slack_http is None else slack_http:
            environ["TAPCROWD_SLACK_APP_TOKEN"] = ""
            environ["TAPCROWD_SLACK_SIGNING_SECRET"] = self.slack.signing_secret
        return environ

    @property
    def slack_url(self) -> str:
        """Where the service takes Slack's signed requests."""
        return f"http://127.0.0.1:{self.port}/slack/events"

    async def open_platforms(self) -> None:
        """Start the platforms' side and the people who are always there."""
        await self.telegram.start()
        await self.slack.start()
        if self.webhooks:
            self.slack.http_url = self.slack_url
        people = (REQUESTER, ADMIN, STRANGER)
        for user in people:
            self.telegram.add_user(user, f"person {user}")
        for group, title in ((GROUP, "Requests"), (ADMIN_GROUP, "Admins"), (OTHER_GROUP, "Elsewhere")):
            self.telegram.add_group(group, title, members=people)
        names = (SLACK_REQUESTER, SLACK_ADMIN, SLACK_STRANGER)
        for name in names:
            self.slack.add_user(name, f"person {name}")
        for channel, title in ((CHANNEL, "requests"), (ADMIN_CHANNEL, "admins"), (OTHER_CHANNEL, "elsewhere")):
            self.slack.add_channel(channel, title, names)

    async def close_platforms(self) -> None:
        await self.slack.stop()
        await self.telegram.stop()

    def make_service(self, **environ: str) -> Tapcrowd:
        """A service on the sandboxes and the folder."""
        return Tapcrowd(load(self.config, self.environ() | environ), clock=self.clock)

    def read(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the store says, through a connection of its own."""
        connection = connect_readonly(self.folder / DATABASE)
        try:
            rows: list[tuple[Any, ...]] = connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()
        return rows

    def value(self, sql: str, *parameters: object) -> Any:
        """The first column of the first row."""
        return self.read(sql, *parameters)[0][0]

    def record(self) -> str:
        """Every answer, count and balance, as one text to compare."""
        tables = ("answer", "assignment", "task", "standing", "account", "session")
        return json.dumps([self.read(f"SELECT * FROM {table} ORDER BY 1") for table in tables])


@asynccontextmanager
async def open_chats(folder: Path, *, webhooks: bool = False, **more: Any) -> AsyncIterator[Chats]:
    """Platforms and service, started and stopped."""
    chats = Chats(folder, webhooks=webhooks, **more)
    await chats.open_platforms()
    try:
        async with chats.make_service() as chats.service:
            yield chats
    finally:
        await chats.close_platforms()


async def until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait for something that no message tells; whether it came true in time."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.02)
    return True


def results_among(files: dict[str, bytes], picture: str) -> list[bytes]:
    """Chart, CSV and JSONL of the first job, those that are there."""
    return [files[name] for name in (picture, "job-1-labels.csv", "job-1-labels.jsonl") if name in files]
