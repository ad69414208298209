"""Says what the core wrote to its outbox table: durable, in order per chat, paced, patient with every platform error.

A speech is marked as said only after the platform took it, so a crash in between repeats it: repeated cards carry the
same buttons and do no harm. A chat that must wait holds up nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from bots.pace import Pace
from core.errors import ChatError, Gone, RetryAfter, StoreError, Unavailable, Unreachable
from core.messages import Speech
from core.model import Place
from core.ports import Chat, Clock, Store
from core.store import cards

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a call that failed for no reason of ours is repeated; doubled each time."""
REMEMBERED = 50_000
"""Cards whose message reference is kept in memory, for edits that follow closely."""
Said = tuple[int, int | None, str | None]


class Outbox:
    """One lane per chat; lanes run side by side. `start` takes up what an earlier process left unsaid."""

    def __init__(
        self,
        store: Store,
        chats: Mapping[str, Chat],
        paces: Mapping[str, Pace],
        clock: Clock,
        on_unreachable: Callable[[Place], Awaitable[None]],
    ) -> None:
        self._store = store
        self._chats = chats
        self._paces = paces
        self._clock = clock
        self._on_unreachable = on_unreachable
        self._lanes: dict[Place, deque[Speech]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._messages: OrderedDict[int, str] = OrderedDict()
        self._said: list[Said] = []
        self._noting: asyncio.Task[None] | None = None
        self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self) -> None:
        """Queue everything that the table says was not said yet."""
        self.put(await self._store.run(cards.waiting_speeches))

    def put(self, speeches: Iterable[Speech]) -> None:
        """Queue speeches that are committed; those for a platform that is switched off wait in the table for it."""
        for speech in speeches:
            if speech.place.platform not in self._chats:
                continue
            lane = self._lanes.get(speech.place)
            if lane is not None:
                lane.append(speech)
                continue
            self._lanes[speech.place] = deque((speech,))
            self._idle.clear()
            self._spawn(self._run_lane(speech.place))

    async def drained(self) -> None:
        """Wait until everything is said and noted as said."""
        while self._lanes or self._said or (self._noting and not self._noting.done()):
            await self._idle.wait()
            if self._noting:
                await self._noting

    async def stop(self) -> None:
        """Stop at once; what was not said stays in the table for the next start."""
        self._stopping = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._noting:
            await asyncio.gather(self._noting, return_exceptions=True)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_lane(self, place: Place) -> None:
        lane = self._lanes[place]
        while lane:
            speech = lane.popleft()
            if speech.op == "edit" and any(later.op == "edit" and later.card_id == speech.card_id for later in lane):
                self._note((speech.id, None, None))  # a newer edit of the same message follows
                continue
            await self._say_until_done(speech)
        del self._lanes[place]
        if not self._lanes:
            self._idle.set()

    async def _say_until_done(self, speech: Speech) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._say_or_give_up(speech)
                return
            except RetryAfter as error:
                await self._clock.sleep(error.seconds)
            except (Unavailable, StoreError) as error:
                log.warning("%s: %s; trying again in %g s", speech.place, error, pause)
                await self._clock.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _say_or_give_up(self, speech: Speech) -> None:
        """Raises what time may mend: RetryAfter, Unavailable, StoreError."""
        try:
            await self._say(speech)
        except (RetryAfter, Unavailable, StoreError):
            raise
        except ChatError as error:
            await self._give_up(speech, error)
        except Exception as error:  # one bad speech must not stop its lane
            log.exception("%s: speech %d broke", speech.place, speech.id)
            await self._give_up(speech, ChatError(f"{type(error).__name__} in the client"))

    async def _say(self, speech: Speech) -> None:
        message = await self._message_of(speech) if speech.op == "edit" else None
        if speech.op == "edit" and message is None:
            raise Gone("the card was never sent")
        place = speech.place
        group = place.chat.startswith(("-", "C", "G"))
        pace = self._paces[place.platform]
        await pace.turn(place.chat, speech.priority, group=group, new_message=speech.op != "edit")
        chat = self._chats[place.platform]
        if message is not None:
            await chat.edit(message, speech.card)
        elif speech.op == "files":
            await chat.send_files(place.chat, speech.card, [(Path(path), name) for path, name in speech.files])
        else:
            message = await chat.send(place.chat, speech.card)
            if speech.card_id is not None:
                self._remember(speech.card_id, message)
            self._note((speech.id, speech.card_id, message))
            return
        self._note((speech.id, None, None))

    async def _message_of(self, speech: Speech) -> str | None:
        if speech.message is not None or speech.card_id is None:
            return speech.message
        return self._messages.get(speech.card_id) or await self._store.run(cards.message_of_card, speech.card_id)

    def _remember(self, card: int, message: str) -> None:
        self._messages[card] = message
        if len(self._messages) > REMEMBERED:
            self._messages.popitem(last=False)

    async def _give_up(self, speech: Speech, error: ChatError) -> None:
        if isinstance(error, Gone):
            self._note((speech.id, None, None))
            return
        log.warning("%s: speech %d given up: %s", speech.place, speech.id, error)
        await self._store.run(cards.mark_given_up, speech.id, str(error))
        if isinstance(error, Unreachable):
            await self._on_unreachable(speech.place)

    def _note(self, said: Said) -> None:
        """Mark as said, many at a time: whoever comes while a commit is under way joins the next one."""
        self._said.append(said)
        if self._noting is None or self._noting.done():
            self._noting = asyncio.create_task(self._note_all())

    async def _note_all(self) -> None:
        while self._said:
            batch, self._said = self._said, []
            try:
                await self._store.run(cards.mark_said, batch)
            except StoreError as error:
                log.error("the outbox could not note what it said: %s", error)
                self._said = batch + self._said
                if self._stopping:
                    return
                await self._clock.sleep(1.0)
