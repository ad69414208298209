"""Puts the parts together: settings in, a running tapcrowd out; the only file that knows every part."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from aiohttp import web

from bots import pace
from bots.app import App
from bots.house import make_house
from bots.menus import MENUS
from bots.outbox import Outbox
from bots.pace import Pace
from bots.slack.client import SlackChat
from bots.slack.serve import SlackServer
from bots.telegram.client import TelegramChat, connect
from bots.telegram.serve import TelegramServer
from bots.telegram.webhook import Webhook
from bots.uploads import Intake, drop_half_imported
from config.settings import Settings
from core.errors import SettingsError
from core.intake.rows import Limits as UploadLimits
from core.messages import Reply
from core.planning import Choice, Crowd, Estimate, Work
from core.ports import Chat, Clock, SystemClock
from core.service import Desk, House, alarms, clockwork, digests, inviting, planning, refitting, sweep
from core.store import Database
from core.store.tx import Tx
from gpu_jobs.batches import BatchWorker
from gpu_jobs.contract import Limits as BatchLimits
from gpu_jobs.schedule import Schedule

log = logging.getLogger(__name__)
DATABASE = "tapcrowd.db"
RUNS = "runs"
PACES = {"telegram": pace.TELEGRAM, "slack": pace.SLACK}


class Tapcrowd:
    """A whole service in one process: `async with Tapcrowd(settings)` starts and stops it, `wait` runs it."""

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, paces: Mapping[str, pace.Limits] | None = None
    ) -> None:
        if not (settings.telegram.token.get_secret_value() or settings.slack.bot_token.get_secret_value()):
            raise SettingsError("there is no Telegram token and no Slack token: run `tapcrowd init`, then fill one in")
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.paces = paces or PACES
        self.house: House
        self.store: Database
        self.outbox: Outbox
        self.app: App
        self.batches: BatchWorker
        self._exits = contextlib.AsyncExitStack()
        self._lives: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Tapcrowd:
        async with contextlib.AsyncExitStack() as exits:
            await self._start(exits)
            self._exits = exits.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def wait(self) -> None:
        """Until a part ends by itself; raises what ended it."""
        done, _ = await asyncio.wait(self._lives, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _start(self, exits: contextlib.AsyncExitStack) -> None:
        """Each part is stopped in the reverse order of its start."""
        settings = self.settings
        self.house = make_house(settings)
        self.store = await Database.open(settings.store.folder / DATABASE)
        exits.push_async_callback(self.store.close)
        await drop_half_imported(self.store)
        chats: dict[str, Chat] = {}
        telegram, slack = await self._open_telegram(exits, chats), await self._open_slack(exits, chats)
        self.outbox = self._make_outbox(chats)
        exits.push_async_callback(self.outbox.stop)
        intake = Intake(self.store, chats, self.clock, self.house, UploadLimits())
        self.app = App(self.store, self.house, self.clock, intake, self.outbox)
        await self.outbox.start()
        self._start_batches(exits)
        self._start_schedule(exits)
        await self._start_servers(exits, telegram, slack)

    async def _open_telegram(self, exits: contextlib.AsyncExitStack, chats: dict[str, Chat]) -> TelegramChat | None:
        token = self.settings.telegram.token.get_secret_value()
        if not token:
            return None
        chat = connect(token, self.settings.telegram.base_url.rstrip("/"))
        exits.push_async_callback(chat.close)
        await chat.open()
        chats["telegram"] = chat
        return chat

    async def _open_slack(self, exits: contextlib.AsyncExitStack, chats: dict[str, Chat]) -> SlackChat | None:
        token = self.settings.slack.bot_token.get_secret_value()
        if not token:
            return None
        chat = SlackChat(token, base_url=self.settings.slack.base_url)
        await chat.start()
        exits.push_async_callback(chat.stop)
        chats["slack"] = chat
        return chat

    def _make_outbox(self, chats: Mapping[str, Chat]) -> Outbox:
        paces = {platform: Pace(self.paces[platform], self.clock) for platform in chats}

        async def unreachable(place: object) -> None:
            await self.app.unreachable(place)  # type: ignore[arg-type]

        return Outbox(self.store, chats, paces, self.clock, unreachable)

    def _start_batches(self, exits: contextlib.AsyncExitStack) -> None:
        batch = self.settings.batch
        limits = BatchLimits(
            wall_seconds=batch.wall_seconds, heartbeat_seconds=batch.heartbeat_seconds, threads=batch.threads
        )
        folder = self.settings.store.folder / RUNS
        self.batches = BatchWorker(self.store, self.clock, self.house, folder, self._say, limits=limits)
        self._live(exits, self.batches.run(), "batch runs")

    def _say(self, reply: Reply) -> None:
        self.outbox.put(reply.speeches)

    def _live(self, exits: contextlib.AsyncExitStack, work: object, name: str) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        task.set_name(name)
        self._lives.append(task)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        exits.push_async_callback(end)

    def _start_schedule(self, exits: contextlib.AsyncExitStack) -> None:
        schedule = Schedule(self.store, self.clock, self.settings.schedule, self._on_trouble)
        schedule.add("tick", self._tick)
        schedule.add("refit", self._refit)
        schedule.add("beliefs", self._believe)
        schedule.add("plan", self._plan)
        schedule.add("detect", self._detect)
        schedule.add("digest", self._digest)
        schedule.add("tidy", self._tidy)
        schedule.start()
        exits.push_async_callback(schedule.stop)

    async def _tick(self) -> None:
        self._say(await self.store.run(clockwork.tick, self.clock.now(), self.house))
        self.batches.ring()

    async def _refit(self) -> None:
        await self.store.run(clockwork.refit, self.clock.now(), "")
        self.batches.ring()

    async def _believe(self) -> None:
        await refitting.refit_due(self.store, self.clock, self.house, self._say)
        await inviting.invite_due(self.store, self.clock, self.house, self._say)

    async def _plan(self) -> None:
        await planning.plan_due(self.store, self.clock, self.house, _simulate, self._say)

    async def _detect(self) -> None:
        await sweep.sweep(self.store, self.clock, self.house, self._say)

    async def _digest(self) -> None:
        if await self.store.run(digests.queue_due, self.clock.now(), self.house):
            self.batches.ring()

    async def _tidy(self) -> None:
        await self.store.run(clockwork.tidy, self.clock.now())

    async def _on_trouble(self, name: str, what: str) -> None:
        self._say(await self.store.run(_tell_trouble, name, what, self.clock.now(), self.house))

    async def _start_servers(
        self, exits: contextlib.AsyncExitStack, telegram: TelegramChat | None, slack: SlackChat | None
    ) -> None:
        routes: list[web.RouteDef] = []
        starts: list[Callable[[], object]] = []
        if telegram is not None:
            one = self._telegram_server(telegram)
            routes += one.routes()
            starts.append(one.start)
            exits.push_async_callback(one.stop)
        if slack is not None:
            other = self._slack_server(slack)
            routes += other.routes() if not self.settings.slack.app_token.get_secret_value() else []
            starts.append(other.start)
            exits.push_async_callback(other.stop)
        if routes:
            await self._listen(exits, routes)
        for start in starts:
            await start()  # type: ignore[misc]
        if telegram is not None and not self.settings.telegram.webhook_url:
            self._live(exits, one.wait(), "telegram")

    def _telegram_server(self, chat: TelegramChat) -> TelegramServer:
        telegram = self.settings.telegram
        hook = None
        if telegram.webhook_url:
            hook = Webhook(telegram.webhook_url, telegram.webhook_secret.get_secret_value())
        return TelegramServer(chat, self.app.dispatch, webhook=hook, menus=MENUS, poll_seconds=telegram.poll_seconds)

    def _slack_server(self, chat: SlackChat) -> SlackServer:
        slack = self.settings.slack
        return SlackServer(
            chat,
            self.app.dispatch,
            signing_secret=slack.signing_secret.get_secret_value(),
            app_token=slack.app_token.get_secret_value(),
        )

    async def _listen(self, exits: contextlib.AsyncExitStack, routes: list[web.RouteDef]) -> None:
        application = web.Application()
        application.add_routes(routes)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        exits.push_async_callback(runner.cleanup)
        http = self.settings.http
        await web.TCPSite(runner, http.host, http.port).start()
        log.info("listening on %s port %d", http.host, http.port)


def _simulate(work: Work, crowd: Crowd, tried: Sequence[Choice], seeds: int) -> list[Estimate]:
    """Simulate a job; what that needs is loaded with the first plan, in the thread that makes it."""
    from gpu_jobs.planning.simulate import simulate

    return simulate(work, crowd, tried, seeds)


def _tell_trouble(tx: Tx, name: str, what: str, now: int, house: House) -> Reply:
    desk = Desk(tx, house, now)
    alarms.raise_alert(
        desk, "schedule", (None, None), {"name": name, "what": what}, key=f"schedule:{name}:{what}:{now}"
    )
    return desk.reply
