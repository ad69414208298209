"""A whole tapcrowd between both sandboxes, for end-to-end tests: the real libraries over loopback, one mode each."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bots.composition import Tapcrowd
from bots.sandbox.slack import SlackSandbox
from bots.sandbox.telegram import TelegramSandbox
from config.settings import load
from core.ports import SystemClock

GROUP, ADMIN_GROUP, CHANNEL = -500, -900, "C500"
REQUESTER, ADMIN = 7, 9
SLACK_REQUESTER, SLACK_ADMIN = "U7", "U9"
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
ITEMS = "id,text\n" + "".join(f"t{n},item number {n}\n" for n in range(6))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Chats:
    """Both sandboxes with a requester, an admin and a channel in each, and the service between them."""

    def __init__(self, folder: Path, *, webhooks: bool, speed: float = 20.0, **quality: float) -> None:
        self.clock = SystemClock(speed)
        self.webhooks = webhooks
        self.port = free_port()
        self.telegram = TelegramSandbox(clock=self.clock)
        self.slack = SlackSandbox(self.clock)
        self.folder = folder
        self.quality = quality
        self.service: Tapcrowd

    def environ(self) -> dict[str, str]:
        """The settings as an operator would give them."""
        environ = {
            "TAPCROWD_TELEGRAM_TOKEN": self.telegram.token,
            "TAPCROWD_TELEGRAM_BASE_URL": f"http://127.0.0.1:{self.telegram.port}",
            "TAPCROWD_TELEGRAM_POLL_SECONDS": "2",
            "TAPCROWD_SLACK_BASE_URL": self.slack.base_url,
            "TAPCROWD_SLACK_BOT_TOKEN": "xoxb-sandbox",
            "TAPCROWD_SLACK_APP_TOKEN": "xapp-sandbox",
            "TAPCROWD_STORE_FOLDER": str(self.folder),
            "TAPCROWD_PEOPLE_ADMINS": f"telegram:{ADMIN} slack:{SLACK_ADMIN}",
            "TAPCROWD_PEOPLE_ADMIN_CHATS": f"telegram:{ADMIN_GROUP}",
            "TAPCROWD_PEOPLE_CONTACT": "help@example.org",
            "TAPCROWD_HTTP_PORT": str(self.port),
            "TAPCROWD_MONEY_RAIL": "points",
        }
        environ |= {f"TAPCROWD_QUALITY_{name.upper()}": str(value) for name, value in self.quality.items()}
        if self.webhooks:
            environ |= {
                "TAPCROWD_TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{self.port}/telegram",
                "TAPCROWD_TELEGRAM_WEBHOOK_SECRET": "a-secret",
                "TAPCROWD_SLACK_APP_TOKEN": "",
                "TAPCROWD_SLACK_SIGNING_SECRET": "sandbox-secret",
            }
        return environ

    async def open_platforms(self) -> None:
        """Start the platforms' side and the people who are always there."""
        await self.telegram.start()
        await self.slack.start()
        if self.webhooks:
            self.slack.http_url = f"http://127.0.0.1:{self.port}/slack/events"
        for user in (REQUESTER, ADMIN):
            self.telegram.add_user(user, f"person {user}")
        self.telegram.add_group(GROUP, "Requests", members=[REQUESTER, ADMIN])
        self.telegram.add_group(ADMIN_GROUP, "Admins", members=[ADMIN])
        for name in (SLACK_REQUESTER, SLACK_ADMIN):
            self.slack.add_user(name, f"person {name}")
        self.slack.add_channel(CHANNEL, "requests", [SLACK_REQUESTER, SLACK_ADMIN])

    def make_service(self, **environ: str) -> Tapcrowd:
        """A service on the sandboxes and the folder."""
        return Tapcrowd(load("", self.environ() | environ), clock=self.clock)


@asynccontextmanager
async def open_chats(folder: Path, *, webhooks: bool = False, **more: Any) -> AsyncIterator[Chats]:
    """Platforms and service, started and stopped."""
    chats = Chats(folder, webhooks=webhooks, **more)
    await chats.open_platforms()
    try:
        async with chats.make_service() as chats.service:
            yield chats
    finally:
        await chats.slack.stop()
        await chats.telegram.stop()


class TelegramSide:
    """Telegram as a test's person uses it; SlackSide has the same methods."""

    name = "telegram"

    def __init__(self, chats: Chats) -> None:
        self.chats = chats
        self.sandbox = chats.telegram
        self.toasts: list[str] = []

    async def post_job(self, items: str = ITEMS, jobfile: str = JOB_FILE) -> None:
        """Upload a job in the requester's group and publish it."""
        await self.upload(items, jobfile)
        await self.press_in_channel("Publish")

    async def upload(self, items: str, jobfile: str) -> None:
        await self.sandbox.upload(
            REQUESTER, "items.csv", items.encode(), caption=f"/newjob\n{jobfile}", chat_id=GROUP
        )

    async def press_in_channel(self, text: str, who: int = REQUESTER, chat: int = GROUP) -> str:
        message = await self.sandbox.wait_for(chat, lambda m: text in buttons(m))
        press = await self.sandbox.press(who, message, text)
        return (await self.sandbox.pressed(press)).text or ""

    async def say_in_channel(self, verb: str, args: str = "", who: int = REQUESTER) -> None:
        await self.sandbox.say(who, f"/{verb} {args}".strip(), GROUP)

    async def in_channel(self, part: str) -> str:
        """Wait for a message of the bot in the channel that holds this text."""
        message = await self.sandbox.wait_for(GROUP, lambda m: part in text_of(m), timeout=40)
        return text_of(message)

    async def join(self, number: int) -> int:
        """A new worker comes by the deep link and accepts; their user id."""
        user = 1000 + number
        self.sandbox.add_user(user, f"worker {number}")
        await self.sandbox.press_start(user, "j1")
        await self.tap(user, "Accept")
        return user

    async def tap(self, user: int, text: str) -> str:
        """Press the newest button with that text; the toast."""
        message = await self.sandbox.wait_for(user, lambda m: text in buttons(m))
        toast = await self.tap_on(user, message, text)
        number = message["message_id"]
        await self.sandbox.wait_for(user, lambda m: m["message_id"] == number and text not in buttons(m))
        return toast

    async def tap_on(self, user: int, message: Any, text: str) -> str:
        press = await self.sandbox.press(user, message, text)
        return (await self.sandbox.pressed(press)).text or ""

    async def see(self, user: int, part: str) -> Any:
        """Wait until the person's chat shows this text."""
        return await self.sandbox.wait_for(user, lambda m: part in text_of(m))

    async def type(self, user: int, text: str) -> None:
        await self.sandbox.say(user, text)

    async def command(self, user: int, verb: str) -> None:
        await self.sandbox.say(user, f"/{verb}")

    def files(self) -> dict[str, bytes]:
        """Every file that lies in the platform, by name."""
        return {stored.meta.get("file_name", "photo.png"): stored.data for stored in self.sandbox.files.values()}


class SlackSide:
    """Slack as a test's person uses it."""

    name = "slack"

    def __init__(self, chats: Chats) -> None:
        self.chats = chats
        self.sandbox = chats.slack

    async def post_job(self, items: str = ITEMS, jobfile: str = JOB_FILE) -> None:
        await self.upload(items, jobfile)
        await self.press_in_channel("Publish")

    async def upload(self, items: str, jobfile: str) -> Any:
        await self.sandbox.command(SLACK_REQUESTER, "/newjob", "", CHANNEL)
        view = await self.sandbox.wait_view(SLACK_REQUESTER)
        files = {"items": [("items.csv", items.encode())]}
        return await self.sandbox.submit(SLACK_REQUESTER, view, {"job": jobfile}, files=files)

    async def press_in_channel(self, text: str, who: str = SLACK_REQUESTER) -> str:
        message = await self.sandbox.wait_for(CHANNEL, lambda m: text in slack_buttons(m))
        await self.sandbox.press(who, message, text)
        return self._whisper(who)

    def _whisper(self, who: str) -> str:
        heard = self.sandbox.ephemerals(who)
        return str(heard[-1].get("text", "")) if heard else ""

    async def say_in_channel(self, verb: str, args: str = "", who: str = SLACK_REQUESTER) -> None:
        await self.sandbox.command(who, "/tapcrowd", f"{verb} {args}".strip(), CHANNEL)

    async def in_channel(self, part: str) -> str:
        message = await self.sandbox.wait_for(CHANNEL, lambda m: part in slack_text(m), timeout=40)
        return slack_text(message)

    async def join(self, number: int) -> str:
        user = f"U{1000 + number}"
        self.sandbox.add_user(user, f"worker {number}")
        await self.sandbox.say(user, "start")
        await self.tap(user, "Accept")
        return user

    async def tap(self, user: str, text: str) -> str:
        message = await self.sandbox.wait_dm(user, lambda m: text in slack_buttons(m))
        whisper = await self.tap_on(user, message, text)
        stamp = message["ts"]
        await self.sandbox.wait_dm(user, lambda m: m["ts"] == stamp and text not in slack_buttons(m))
        return whisper

    async def tap_on(self, user: str, message: Any, text: str) -> str:
        before = len(self.sandbox.ephemerals(user))
        await self.sandbox.press(user, message, text)
        await self.sandbox.settle()
        heard = self.sandbox.ephemerals(user)
        return str(heard[-1].get("text", "")) if len(heard) > before else ""

    async def see(self, user: str, part: str) -> Any:
        return await self.sandbox.wait_dm(user, lambda m: part in slack_text(m))

    async def type(self, user: str, text: str) -> None:
        await self.sandbox.say(user, text)

    async def command(self, user: str, verb: str) -> None:
        await self.sandbox.command(user, "/tapcrowd", verb, self.sandbox.dm(user))

    def files(self) -> dict[str, bytes]:
        return {stored.info["name"]: stored.data for stored in self.sandbox.files.values()}


def buttons(message: Any) -> list[str]:
    """Texts of a Telegram message's buttons."""
    return [b["text"] for row in message.get("reply_markup", {}).get("inline_keyboard", []) for b in row]


def text_of(message: Any) -> str:
    """A Telegram message's text or caption."""
    return str(message.get("text") or message.get("caption") or "")


def slack_buttons(message: Any) -> list[str]:
    """Texts of a Slack message's buttons."""
    blocks = [b for b in message.get("blocks", []) if b["type"] == "actions"]
    return [element["text"]["text"] for block in blocks for element in block["elements"]]


def slack_text(message: Any) -> str:
    """Everything that a Slack message shows, as one string."""
    return str(message.get("text", "")) + "\n" + "\n".join(_texts(message.get("blocks", [])))


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [text for value in node.values() if isinstance(value, dict | list) for text in _texts(value)]
    return [text for value in node for text in _texts(value)]


Side = TelegramSide | SlackSide
SIDES: dict[str, Callable[[Chats], Side]] = {"telegram": TelegramSide, "slack": SlackSide}


async def until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait for something that no message tells; whether it came true in time."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(0.02)
    return True
