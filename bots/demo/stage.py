"""Where the demo plays: both sandboxes with their chats, and a whole tapcrowd between them, on one fast clock."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from bots.composition import DATABASE, Tapcrowd
from bots.demo.cast import Cast
from bots.sandbox.crowd import Crowd
from bots.sandbox.seats import Seat, SlackSeat, TelegramSeat
from bots.sandbox.slack import SlackSandbox
from bots.sandbox.telegram import TelegramSandbox
from config.settings import Settings, load
from core.model import parse_handle
from core.ports import SystemClock

GROUP, ADMIN_GROUP, CHANNEL = -1001, -1002, "C0LABELS"
TELEGRAM_REQUESTER, ADMIN, SLACK_REQUESTER = 11, 12, "U0REQUESTER"
TICK_SECONDS, REFIT_SECONDS = 30.0, 1800.0
"""The clock runs fast, so ticks and refits may be rarer than in real service (5 and 600 seconds)."""
POLL_SECONDS = 5
SLACK_BOT_TOKEN, SLACK_APP_TOKEN = "xoxb-sandbox", "xapp-sandbox"
SUSPECT_RULE = """
[rules.wrong-controls]
conditions = ["total_answers_count >= 5", "correct_answers_rate_upper < {least:.3f}"]
"""
"""Where a worker is suspect: below the middle of lot and perfection."""


class Stage:
    """`async with Stage(...)` starts everything and stops it; `service` is the tapcrowd on it."""

    def __init__(self, folder: Path, speed: float, classes: int) -> None:
        self.clock = SystemClock(speed)
        self.folder = folder
        self.telegram = TelegramSandbox(clock=self.clock)
        self.slack = SlackSandbox(self.clock, bot_token=SLACK_BOT_TOKEN, app_token=SLACK_APP_TOKEN)
        self.service: Tapcrowd
        self._classes = classes
        self._exits = AsyncExitStack()

    @property
    def database(self) -> Path:
        """The store's file."""
        return self.folder / DATABASE

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as exits:
            await exits.enter_async_context(self.telegram)
            await exits.enter_async_context(self.slack)
            self._seat_staff()
            self.service = await exits.enter_async_context(Tapcrowd(self.settings(), clock=self.clock))
            self._exits = exits.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    def settings(self) -> Settings:
        """The settings as an operator gives them; a worker is suspect below the middle of lot and perfection."""
        suspect = (1 + 1 / self._classes) / 2
        environment = {
            "TAPCROWD_TELEGRAM_TOKEN": self.telegram.token,
            "TAPCROWD_TELEGRAM_BASE_URL": f"http://127.0.0.1:{self.telegram.port}",
            "TAPCROWD_TELEGRAM_POLL_SECONDS": str(POLL_SECONDS),
            "TAPCROWD_SLACK_BOT_TOKEN": SLACK_BOT_TOKEN,
            "TAPCROWD_SLACK_APP_TOKEN": SLACK_APP_TOKEN,
            "TAPCROWD_SLACK_BASE_URL": self.slack.base_url,
            "TAPCROWD_STORE_FOLDER": str(self.folder),
            "TAPCROWD_PEOPLE_ADMINS": f"telegram:{ADMIN}",
            "TAPCROWD_PEOPLE_ADMIN_CHATS": f"telegram:{ADMIN_GROUP}",
            "TAPCROWD_PEOPLE_CONTACT": "help@example.org",
            "TAPCROWD_SCHEDULE_TICK": str(TICK_SECONDS),
            "TAPCROWD_SCHEDULE_REFIT": str(REFIT_SECONDS),
        }
        return load(SUSPECT_RULE.format(least=suspect), environment)

    def _seat_staff(self) -> None:
        """Requesters and admin, and the chats that they meet in."""
        self.telegram.add_user(TELEGRAM_REQUESTER, "Requester")
        self.telegram.add_user(ADMIN, "Admin")
        self.telegram.add_group(GROUP, "Labels wanted", [TELEGRAM_REQUESTER, ADMIN])
        self.telegram.add_group(ADMIN_GROUP, "Admins", [ADMIN])
        self.slack.add_user(SLACK_REQUESTER, "Requester")
        self.slack.add_channel(CHANNEL, "labels-wanted", [SLACK_REQUESTER])

    def seat_crowd(self, cast: Cast, crowd: Crowd) -> None:
        """Give every player an account and a seat in the chat where jobs are called out."""
        for person, handle in cast.players:
            platform, user = parse_handle(handle)
            seat: Seat
            if platform == "telegram":
                self.telegram.add_user(int(user), person.name)
                self.telegram.join(GROUP, int(user))
                seat = TelegramSeat(self.telegram, int(user), GROUP)
            else:
                self.slack.add_user(user, person.name)
                seat = SlackSeat(self.slack, user, CHANNEL)
            crowd.add(person, seat)
