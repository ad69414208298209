"""The switchboard: a command from any platform is committed by the core, then the outbox speaks."""

from __future__ import annotations

import logging
import secrets

from bots.outbox import Outbox
from bots.uploads import Intake
from core.errors import StoreError
from core.messages import Command, Left, Reply, Upload
from core.model import Place
from core.ports import Clock, Store
from core.service import Desk, House, alarms, handle
from core.store import inbox, people
from core.store.tx import Tx

log = logging.getLogger(__name__)


class App:
    """`dispatch` is what the adapters call: it returns when the command is durable, and raises only StoreError."""

    def __init__(self, store: Store, house: House, clock: Clock, intake: Intake, outbox: Outbox) -> None:
        self._store = store
        self._house = house
        self._clock = clock
        self._intake = intake
        self._outbox = outbox

    async def dispatch(self, command: Command) -> Reply:
        """Obey a command and say what follows from it."""
        try:
            reply = await self._obey(command)
        except StoreError:
            raise
        except Exception as error:  # one poisonous command must not stop all others
            ref = secrets.token_hex(4)
            log.exception("command %s failed, reference %s", type(command).__name__, ref)
            reply = await self._store.run(_put_aside, command, ref, repr(error)[:300], self._clock.now(), self._house)
        self._outbox.put(reply.speeches)
        return reply

    async def _obey(self, command: Command) -> Reply:
        if isinstance(command, Upload):
            return await self._intake.post(command)
        return await self._store.run(handle, command, self._clock.now(), self._house)

    async def unreachable(self, place: Place) -> None:
        """A private chat cannot be written to any more: its person is treated as having left."""
        person = await self._store.run(people.person_at, place)
        if person is not None:
            key = f"left:{place}:{self._clock.now()}"
            await self.dispatch(Left(key=key, who=person.handle, chat=place.chat, private=True))


def _put_aside(tx: Tx, command: Command, ref: str, error: str, now: int, house: House) -> Reply:
    """Keep the poisonous command for a look, tell the admins once, and answer kindly."""
    what = f"{type(command).__name__} {ref}"
    tries = inbox.insert_poison(tx, command.key, what, error, now)
    desk = Desk(tx, house, now)
    alarms.raise_alert(desk, "poison", (None, None), {"n": tries, "what": what, "error": error}, key=f"poison:{what}")
    desk.toast(desk.say("en", "oops", ref=ref), alert=True)
    if inbox.toast_of(tx, command.key) is None:
        inbox.insert_key(tx, command.key, desk.reply.toast, True, now)
    return desk.reply
