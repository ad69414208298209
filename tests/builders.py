"""Builders for tests: a house, a job, and a Town in which people speak to the core without any platform in between."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.settings import default_rules
from config.texts import load_texts
from core.messages import Button, Card, Command, PostJob, Press, Reply, Said, Speech, Typed
from core.model import Handle, Item, JobSpec, JobUpload, Option, Overlap, Place
from core.service import House, handle
from core.service.requests import begin_import, finish_import, import_items
from core.store import Database

START = 1_800_000_000_000
CHANNEL = Place("telegram", "-500")
ADMIN = Handle("telegram", "9")
ADMIN_PLACE = Place("telegram", "-900")
REQUESTER = Handle("telegram", "7")


def make_house(**changes: Any) -> House:
    values: dict[str, Any] = {
        "secret": b"s" * 32,
        "texts": load_texts(),
        "admins": frozenset({ADMIN}),
        "admin_places": (ADMIN_PLACE,),
        "contact": "help@example.org",
        "rules": default_rules(),
    }
    return House(**{**values, **changes})


def make_spec(**changes: Any) -> JobSpec:
    values: dict[str, Any] = {
        "title": "Topics",
        "question": "Which topic?",
        "options": (Option("a", "Apples"), Option("b", "Bread")),
        "price": 20_000,
        "overlap": Overlap("fixed", 2, 2),
        "control_share": 0.0,
        "budget": 10_000_000,
    }
    return JobSpec(**{**values, **changes})


def make_items(count: int, gold: Sequence[int] = ()) -> tuple[Item, ...]:
    plain = [Item(f"t{n}", {"text": f"item {n}"}) for n in range(count)]
    known = [Item(f"g{n}", {"text": f"known {n}"}, gold=label) for n, label in enumerate(gold)]
    return (*plain, *known)


@dataclass
class Town:
    """People and a core: `say`, `type`, `press` send commands; what the bot said is kept per chat, newest last."""

    database: Database
    house: House = field(default_factory=make_house)
    now: int = START
    said: dict[Place, list[Speech]] = field(default_factory=dict)
    keys: itertools.count[int] = field(default_factory=itertools.count)

    async def obey(self, command: Command) -> Reply:
        reply = await self.database.run(handle, command, self.now, self.house)
        self.hear(reply)
        return reply

    def hear(self, reply: Reply) -> None:
        for speech in reply.speeches:
            self.said.setdefault(speech.place, []).append(speech)

    def key(self) -> str:
        return f"test:{next(self.keys)}"

    async def say(self, who: Handle, verb: str, args: str = "", place: Place | None = None) -> Reply:
        chat = place.chat if place else who.user
        said = Said(key=self.key(), who=who, chat=chat, private=place is None, verb=verb, args=args)
        return await self.obey(said)

    async def type(self, who: Handle, text: str) -> Reply:
        return await self.obey(Typed(key=self.key(), who=who, chat=who.user, private=True, text=text))

    async def press(self, who: Handle, text: str, place: Place | None = None, card: Card | None = None) -> Reply:
        """Press the button with that text on the newest card that has one (or on `card`)."""
        button = find_button(card, text) if card else self.button(place or Place(*who), text)
        return await self.press_token(who, button.token, place)

    async def press_token(self, who: Handle, token: str, place: Place | None = None, key: str = "") -> Reply:
        chat = place.chat if place else who.user
        press = Press(
            key=key or self.key(), who=who, chat=chat, private=place is None, token=token, message=f"{chat}:{token[:8]}"
        )
        return await self.obey(press)

    def last(self, place: Place | Handle) -> Card:
        return self.said[Place(*place)][-1].card

    def button(self, place: Place, text: str) -> Button:
        for speech in reversed(self.said.get(place, [])):
            found = [b for row in speech.card.rows for b in row if b.text == text and b.token]
            if found:
                return found[0]
        raise AssertionError(f"no button {text!r} in {place}: {[s.card for s in self.said.get(place, [])][-3:]}")

    async def join(self, who: Handle) -> None:
        """Come, accept the agreement, and get the first task if there is one."""
        await self.say(who, "start")
        await self.press(who, "Accept")

    async def credit(self, amount: int = 1000, who: Handle = REQUESTER) -> None:
        await self.say(ADMIN, "credit", f"{who} {amount} USD", ADMIN_PLACE)

    async def post(self, items: tuple[Item, ...], spec: JobSpec | None = None, source: str = "") -> int:
        """Post a job and leave it as a draft; its id."""
        command = PostJob(
            key=self.key(),
            who=REQUESTER,
            chat=CHANNEL.chat,
            private=False,
            source=source or self.key(),
            upload=JobUpload(spec or make_spec(), items),
        )
        job = await self.database.run(begin_import, command, self.now, self.house)
        assert job is not None, "a new source makes a new job"
        await self.database.run(import_items, job, 0, items, command.upload.spec.overlap.min)
        desk = await self.database.run(finish_import, job, command, self.now, self.house)
        self.hear(desk.reply)
        return job

    async def publish(self, items: tuple[Item, ...], spec: JobSpec | None = None) -> int:
        """Credit, post and publish; the job's id."""
        await self.credit()
        job = await self.post(items, spec)
        await self.press(REQUESTER, "Publish", CHANNEL)
        return job

    async def tick(self, seconds: float = 0.0) -> Reply:
        from core.service.clockwork import tick

        self.now += int(seconds * 1000)
        reply = await self.database.run(tick, self.now, self.house)
        self.hear(reply)
        return reply

    async def read(self, query: Callable[..., Any], *args: object) -> Any:
        return await self.database.run(query, *args)


def find_button(card: Card, text: str) -> Button:
    return next(b for row in card.rows for b in row if b.text == text)


def worker(number: int) -> Handle:
    return Handle("telegram", str(1000 + number))


async def open_town(folder: Path, **house: Any) -> Town:
    return Town(await Database.open(folder / "town.db"), make_house(**house))
