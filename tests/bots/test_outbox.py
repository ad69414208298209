"""What the core wrote is said once the platform lets it be said: in order per chat, patiently, and across crashes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from chats import until

from bots.outbox import Outbox
from bots.pace import UNLIMITED, Limits, Pace
from core.errors import Gone, Rejected, RetryAfter, StoreFull, Unavailable, Unreachable
from core.messages import Attachment, Card, Priority, Speech
from core.model import Place
from core.ports import Store, SystemClock
from core.store import Database, cards
from core.store.tx import Tx

T = TypeVar("T")
SPEED = 50.0
ANN, BOB = Place("telegram", "1"), Place("telegram", "2")
WAITING, SAID, GIVEN_UP = 0, 1, 2


class Recorder:
    """A platform that notes what it is told, and refuses a text with the errors prepared for it, one after another."""

    platform = "telegram"

    def __init__(self, clock: SystemClock) -> None:
        self.heard: list[tuple[str, str, str]] = []
        self.times: list[int] = []
        self.errors: defaultdict[str, list[Exception]] = defaultdict(list)
        self._clock = clock

    async def send(self, chat: str, card: Card) -> str:
        await self._hear("send", chat, card)
        return f"{chat}:{len(self.heard)}"

    async def edit(self, message: str, card: Card) -> None:
        await self._hear("edit", message, card)

    async def send_files(self, chat: str, card: Card, files: list[tuple[Path, str]]) -> str:
        await self._hear(f"files {[name for _, name in files]}", chat, card)
        return f"{chat}:{len(self.heard)}"

    async def download(self, attachment: Attachment, limit: int) -> bytes:
        raise NotImplementedError

    def texts(self, chat: str = "") -> list[str]:
        """What was said, in that chat or anywhere."""
        return [text for _, where, text in self.heard if where.startswith(chat)]

    async def _hear(self, what: str, where: str, card: Card) -> None:
        await asyncio.sleep(0)
        if self.errors[card.text]:
            raise self.errors[card.text].pop(0)
        self.heard.append((what, where, card.text))
        self.times.append(self._clock.now())


class Forgetful:
    """A store on a full disk: it reads, and notes nothing down."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, unit: Callable[..., T], *args: object) -> T:
        if unit in (cards.mark_said, cards.mark_given_up):
            raise StoreFull
        return await self._store.run(unit, *args)


class Scene:
    """An outbox between a real store and a recorder."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SystemClock(SPEED)
        self.chat = Recorder(self.clock)
        self.left: list[Place] = []
        self.outbox = self.make(database)

    def make(self, store: Store, limits: Limits = UNLIMITED) -> Outbox:
        async def unreachable(place: Place) -> None:
            self.left.append(place)

        return Outbox(store, {"telegram": self.chat}, {"telegram": Pace(limits, self.clock)}, self.clock, unreachable)

    async def write(self, *speeches: Speech) -> list[Speech]:
        """Commit speeches to the outbox table, as the core does; with their ids."""
        return await self.database.run(lambda tx: [cards.insert_speech(tx, speech, 0) for speech in speeches])

    async def card(self, place: Place) -> int:
        """A card row that was not sent yet; its id."""
        row = await self.database.run(cards.insert_card, f"{place.chat:0>16}", "task", 1, None, place, 0)
        return row.id

    async def say(self, *speeches: Speech) -> None:
        """Write, queue, and wait until all is said and noted."""
        self.outbox.put(await self.write(*speeches))
        await asyncio.wait_for(self.outbox.drained(), 5)

    async def states(self) -> list[int]:
        """State of every speech in the table, oldest first."""
        return [state for (state,) in await self.database.run(_all, "SELECT state FROM outbox ORDER BY id")]


def _all(tx: Tx, sql: str) -> list[tuple[Any, ...]]:
    return tx.all(sql)


def send(place: Place, *texts: str, card: int | None = None, priority: int = Priority.TASK) -> list[Speech]:
    return [Speech(0, "send", place, Card(text), card, priority=priority) for text in texts]


def edit(place: Place, text: str, *, card: int | None = None, message: str | None = None) -> Speech:
    return Speech(0, "edit", place, Card(text), card, message, priority=Priority.EDIT)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene(await Database.open(tmp_path / "outbox.db"))
    yield scene
    await scene.outbox.stop()
    await scene.database.close()


def numbered(many: int, word: str = "") -> list[str]:
    return [f"{word}{number}" for number in range(many)]


async def test_each_chat_hears_its_speeches_in_order(scene: Scene) -> None:
    mixed: Iterable[Speech] = [s for n in range(30) for p in (ANN, BOB) for s in send(p, f"{p.chat}-{n}")]
    await scene.say(*mixed)
    for place in (ANN, BOB):
        assert scene.chat.texts(f"{place.chat}") == numbered(30, f"{place.chat}-"), "nothing overtakes in a chat"
    assert set(await scene.states()) == {SAID}, "everything is noted as said"


async def test_the_urgent_go_first_when_the_pace_is_the_bottleneck(scene: Scene) -> None:
    scene.outbox = scene.make(scene.database, Limits((1, 5), (9, 9), (9, 9)))
    low = [s for n in range(10, 15) for s in send(Place("telegram", str(n)), "news", priority=Priority.BROADCAST)]
    high = [s for n in range(20, 25) for s in send(Place("telegram", str(n)), "task")]
    await scene.say(*low, *high)
    assert scene.chat.texts()[1:6] == ["task"] * 5, "tasks that came later overtake the broadcast in other chats"


async def test_a_chat_that_must_wait_holds_up_nobody_else(scene: Scene) -> None:
    scene.chat.errors["slow"] = [RetryAfter(30)]
    start = scene.clock.now()
    await scene.say(*send(ANN, "slow", "after"), *send(BOB, *numbered(5)))
    waited = dict(zip(scene.chat.texts(), scene.chat.times, strict=True))
    assert scene.chat.texts("1") == ["slow", "after"], "what must wait is said later, and what follows after it"
    assert waited["slow"] - start >= 30_000, "no sooner than the platform asked"
    assert max(waited[text] for text in numbered(5)) - start < 25_000, "the other chat did not wait"


async def test_what_failed_for_no_reason_of_ours_is_tried_again(scene: Scene) -> None:
    scene.chat.errors["hello"] = [Unavailable(), Unavailable(), Unavailable()]
    start = scene.clock.now()
    await scene.say(*send(ANN, "hello", "again"))
    assert scene.chat.texts() == ["hello", "again"], "it is said once the platform is back, still in order"
    assert scene.chat.times[0] - start >= 3_500, "pauses of 0.5, 1 and 2 seconds lie between the tries"


async def test_who_cannot_be_reached_is_reported_and_given_up(scene: Scene) -> None:
    scene.chat.errors["hello"] = [Unreachable("blocked")]
    await scene.say(*send(ANN, "hello"), *send(BOB, "hello there"))
    assert scene.left == [ANN], "the house hears who has left"
    assert await scene.states() == [GIVEN_UP, SAID], "the speech is not tried for ever"


async def test_an_edit_of_a_message_that_is_gone_is_done(scene: Scene) -> None:
    scene.chat.errors["saved"] = [Gone()]
    await scene.say(edit(ANN, "saved", message="1:7"))
    assert await scene.states() == [SAID], "there is nothing left to do"
    assert scene.left == [], "and nobody has left"


@pytest.mark.parametrize("error", [Rejected("too long"), ZeroDivisionError("a bug")], ids=["refused", "a bug"])
async def test_one_bad_speech_does_not_stop_its_chat(scene: Scene, error: Exception) -> None:
    scene.chat.errors["bad"] = [error]
    await scene.say(*send(ANN, "bad", "good"))
    assert scene.chat.texts() == ["good"], "what follows is said"
    assert await scene.states() == [GIVEN_UP, SAID], "the bad one is put aside"


async def test_a_store_that_fails_for_a_while_costs_no_speech(scene: Scene) -> None:
    scene.chat.errors["saved"] = [StoreFull()]
    await scene.say(edit(ANN, "saved", message="1:7"))
    assert scene.chat.texts() == ["saved"], "a full disk is waited for, like a platform that is down"


async def test_a_restart_says_what_was_not_said(scene: Scene) -> None:
    await scene.say(*send(ANN, "said"))
    await scene.write(*send(ANN, "first", "second"), edit(BOB, "third", message="2:5"))
    scene.outbox = scene.make(scene.database)
    await scene.outbox.start()
    await asyncio.wait_for(scene.outbox.drained(), 5)
    assert scene.chat.texts("1") == ["said", "first", "second"], "what waited in the table is said, in order, once"
    assert ("edit", "2:5", "third") in scene.chat.heard, "edits as well"


async def test_a_crash_between_sending_and_noting_repeats_the_speech(scene: Scene) -> None:
    crashing = scene.make(Forgetful(scene.database))
    crashing.put(await scene.write(*send(ANN, "hello")))
    assert await until(scene.chat.texts), "it is sent"
    await asyncio.wait_for(crashing.stop(), 5)
    await scene.outbox.start()
    await asyncio.wait_for(scene.outbox.drained(), 5)
    assert scene.chat.texts() == ["hello", "hello"], "twice rather than never"
    assert await scene.states() == [SAID], "and now it is noted"


async def test_only_the_newest_of_waiting_edits_is_made(scene: Scene) -> None:
    scene.chat.errors["busy"] = [RetryAfter(5)]
    card = await scene.card(ANN)
    bars = [edit(ANN, f"{n} %", card=card, message="1:9") for n in (10, 20, 30)]
    await scene.say(*send(ANN, "busy"), *bars, edit(ANN, "other", card=card + 1, message="1:8"))
    assert scene.chat.texts() == ["busy", "30 %", "other"], "edits of one message collapse, others stay"
    assert set(await scene.states()) == {SAID}, "those that were passed over are done"


async def test_an_edit_waits_for_the_card_that_it_changes(scene: Scene) -> None:
    scene.chat.errors["task"] = [Unavailable()]
    card = await scene.card(ANN)
    await scene.say(*send(ANN, "task", card=card), edit(ANN, "receipt", card=card))
    assert scene.chat.heard == [("send", "1", "task"), ("edit", "1:1", "receipt")], "it names the message sent before"
    assert await scene.database.run(cards.message_of_card, card) == "1:1", "where the card lies is known for later"


async def test_an_edit_finds_a_card_that_an_earlier_process_sent(scene: Scene) -> None:
    card = await scene.card(ANN)
    await scene.say(*send(ANN, "task", card=card))
    scene.outbox = scene.make(scene.database)
    await scene.say(edit(ANN, "receipt", card=card))
    assert scene.chat.heard[-1] == ("edit", "1:1", "receipt"), "the table knows where it was sent"


async def test_an_edit_of_a_card_that_was_never_sent_is_dropped(scene: Scene) -> None:
    scene.chat.errors["task"] = [Rejected()]
    card = await scene.card(ANN)
    await scene.say(*send(ANN, "task", card=card), edit(ANN, "receipt", card=card), *send(ANN, "next"))
    assert scene.chat.texts() == ["next"], "there is no message to edit, and the chat goes on"


async def test_files_go_out_with_their_names(scene: Scene) -> None:
    files = (("/tmp/run-7.csv", "labels.csv"), ("/tmp/run-7.png", "chart.png"))
    await scene.say(Speech(0, "files", ANN, Card("Results"), files=files, priority=Priority.NOTICE))
    assert scene.chat.heard == [("files ['labels.csv', 'chart.png']", "1", "Results")], "in one call, as shown names"


async def test_a_stop_leaves_the_rest_in_the_table(scene: Scene) -> None:
    scene.chat.errors["stuck"] = [Unavailable()] * 100
    scene.outbox.put(await scene.write(*send(BOB, "said"), *send(ANN, "stuck", "behind")))
    assert await until(lambda: scene.chat.texts() and len(scene.chat.errors["stuck"]) < 99), "both chats are tried"
    await asyncio.wait_for(scene.outbox.stop(), 5)
    assert await scene.states() == [SAID, WAITING, WAITING], "the next start takes them up"


async def test_a_platform_that_is_switched_off_is_waited_for(scene: Scene) -> None:
    await scene.say(*send(Place("slack", "D1"), "later"), *send(ANN, "now"))
    assert scene.chat.texts() == ["now"], "the others are served"
    assert await scene.states() == [WAITING, SAID], "what it was to say is not given up"
