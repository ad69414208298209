"""A crowd of people who use the chats as people do: come by the call, agree, think, tap, err, leave and come back.

Each is one asyncio task that knows only what the bot showed to that person; a bounded number is awake at a time.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bots.sandbox.minds import Habits, Mind
from bots.sandbox.seats import Seat, Seen
from core.ports import Clock

AWAKE = 40
"""People at their phones at the same time, unless told otherwise."""
ACCEPT, CONTINUE, STOP, SKIP, UNDO = "Accept", "Continue", "Stop", "Skip", "Undo"
"""Buttons as they read in English, the language of the crowd."""
NOTHING_NOW = ("/next later", "/next asks again")
SHUT_OUT = "You cannot take tasks"
READ_SECONDS = 8.0
"""Median time to read the agreement or the summary of a session."""
LOST_SECONDS, LOST_REAL_SECONDS = 30.0, 2.0
"""After so long without a card a person asks for one by /next; however fast the clock, the machine gets some time."""
BACK_SECONDS = 25.0
"""First pause before somebody who found nothing looks again; it grows with every vain look."""
RECEIPT_SECONDS = 10.0
LATE_PRESSES = 4  # answered cards that a person can still scroll back to


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the crowd; `name` says whether they are simulated or recorded."""

    name: str
    mind: Mind
    habits: Habits = field(default_factory=Habits)


class Desk:
    """What lies before a person: the one card that asks for something, the receipts, and whether there is no work."""

    def __init__(self) -> None:
        self.card: Seen | None = None
        self.receipts: deque[Seen] = deque(maxlen=LATE_PRESSES)
        self.nothing = self.shut_out = False
        self._news = asyncio.Event()

    def look(self, seen: Seen) -> None:
        """Take in a new or edited message."""
        self.receipts = deque((old for old in self.receipts if old.ref != seen.ref), LATE_PRESSES)
        if seen.buttons == (UNDO,):
            self.receipts.append(seen)
        asks = bool(seen.buttons) and seen.buttons != (UNDO,)
        if asks:
            self.card = seen
        elif self.card is not None and self.card.ref == seen.ref:
            self.card = None
        self.nothing |= any(words in seen.text for words in NOTHING_NOW) and not asks
        self.shut_out |= SHUT_OUT in seen.text
        self._news.set()

    def take(self) -> Seen | None:
        """Pick up the card."""
        card, self.card = self.card, None
        return card

    async def until(self, seconds: float, *, receipt: str = "") -> None:
        """Wait at most so many real seconds for a card, for word that there is none, or for a receipt."""
        try:
            async with asyncio.timeout(seconds):
                while not (self._receipt(receipt) if receipt else self.card or self.nothing or self.shut_out):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return

    def _receipt(self, ref: str) -> bool:
        return any(seen.ref == ref for seen in self.receipts)


class Life:
    """One person's time with the bot, from the call to the last look."""

    def __init__(self, person: Person, seat: Seat, clock: Clock, tally: Counter[str], seed: int) -> None:
        self.person, self.seat = person, seat
        self._clock, self._tally = clock, tally
        self._rng = random.Random(f"{seed}:{person.name}")
        self._desk = Desk()
        self._tasks = 0
        self._slept = False
        self._slept_over: tuple[Seen, str] | None = None

    async def live(self, awake: asyncio.Semaphore) -> None:
        """Visit after visit until too many in a row were in vain, or the person was shut out."""
        self.seat.watch(self._desk.look)
        vain = visits = 0
        while vain <= self.person.habits.returns and not self._desk.shut_out:
            if visits:
                await self._clock.sleep(self._rng.uniform(0.5, 1.5) * BACK_SECONDS * (1 + vain / 2))
            async with awake:
                worked = await self._visit(first=not visits)
            visits += 1
            vain = 0 if worked else vain + 1
            await self._sleep_over()

    async def _visit(self, *, first: bool) -> bool:
        """Ask for work and do it until there is none; whether there was any."""
        before = self._tasks
        self._desk.nothing = False
        await (self.seat.arrive() if first else self.seat.say("next"))
        asked = False
        while not self._desk.shut_out and self._slept_over is None:
            await self._desk.until(max(LOST_REAL_SECONDS, LOST_SECONDS / self._clock.speed))
            if self._desk.card is not None:
                asked = False
                if not await self._handle(self._desk.card):
                    break
            elif self._desk.nothing or asked:
                break
            else:
                asked = True
                await self.seat.say("next")
        return self._tasks > before

    async def _handle(self, card: Seen) -> bool:
        """Do what a card asks for; False to leave for now."""
        if SKIP in card.buttons:
            await self._task(card)
            return True
        await self._pause(READ_SECONDS)
        if self._desk.card is not card:
            return True
        self._desk.take()
        if CONTINUE in card.buttons:
            tired = any(words in card.text for words in NOTHING_NOW)
            await self._press(card, STOP if tired else CONTINUE)
            return not tired
        await self._press(card, ACCEPT if ACCEPT in card.buttons else card.buttons[0])
        return True

    async def _task(self, card: Seen) -> None:
        """Think about an item and press."""
        habits, rng = self.person.habits, self._rng
        options = card.buttons[: card.buttons.index(SKIP)]
        thought = self.person.mind.think(card.item, options, rng)
        if not self._slept and self._tasks + 1 == habits.sleeps_over:
            self._slept, self._slept_over = True, (card, thought.answer or SKIP)
            return
        await self._clock.sleep(thought.seconds or habits.pause(rng))
        if self._desk.card is not card:
            return  # it was taken back meanwhile
        self._desk.take()
        skips = thought.answer not in options or rng.random() < habits.skips
        self._tasks += 1
        self._tally["skips" if skips else "answers"] += 1
        await self._tap(card, SKIP if skips else str(thought.answer))

    async def _tap(self, card: Seen, button: str) -> None:
        """Press once, or as this person does."""
        habits, rng = self.person.habits, self._rng
        if rng.random() < habits.double_taps:
            self._tally["double taps"] += 1
            await asyncio.gather(self._press(card, button), self._press(card, button))
        else:
            await self._press(card, button)
        if rng.random() < habits.old_presses:
            self._tally["old presses"] += 1
            await self._press(card, card.buttons[0])
        if rng.random() < habits.undoes:
            await self._undo(card)

    async def _undo(self, card: Seen) -> None:
        """Take the last answer back; its card then lies open again."""
        await self._desk.until(max(LOST_REAL_SECONDS, RECEIPT_SECONDS / self._clock.speed), receipt=card.ref)
        receipt = next((seen for seen in self._desk.receipts if seen.ref == card.ref), None)
        if receipt is not None:
            self._tally["undoes"] += 1
            self._tasks -= 1
            await self._press(receipt, UNDO)
            await self._desk.until(max(LOST_REAL_SECONDS, RECEIPT_SECONDS / self._clock.speed))

    async def _sleep_over(self) -> None:
        """Sleep with an open task, wake up, and press its button although it is late."""
        if self._slept_over is None:
            return
        self._tally["naps"] += 1
        await self._clock.sleep(self.person.habits.sleeps_for)
        (card, button), self._slept_over = self._slept_over, None
        self._desk.take()
        await self._press(card, button)

    async def _press(self, card: Seen, button: str) -> None:
        self._tally["presses"] += 1
        if not await self.seat.press(card, button):
            self._tally["lost presses"] += 1

    async def _pause(self, median: float) -> None:
        await self._clock.sleep(self.person.habits.pause(self._rng, median))


class Crowd:
    """People and their seats; `run` ends when all have left for good, `tally` counts what they did."""

    def __init__(self, clock: Clock, *, awake: int = AWAKE, seed: int = 0) -> None:
        self.tally: Counter[str] = Counter()
        self.lives: list[Life] = []
        self._clock, self._seed = clock, seed
        self._awake = asyncio.Semaphore(awake)

    def add(self, person: Person, seat: Seat) -> None:
        """Give a person a seat."""
        self.lives.append(Life(person, seat, self._clock, self.tally, self._seed))

    def add_all(self, people: Sequence[tuple[Person, Seat]]) -> None:
        """Give people their seats; they come in this order."""
        for person, seat in people:
            self.add(person, seat)

    async def run(self) -> None:
        """Let everybody live; cancelling this sends all home at once."""
        async with asyncio.TaskGroup() as lives:
            for life in self.lives:
                lives.create_task(life.live(self._awake), name=life.person.name)
