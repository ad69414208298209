"""What the store says, as plain values to compare: the whole logical state, or everything down to the last row.

`MemoryStore` is a core.ports.Store in memory, for properties that need thousands of small towns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar, cast

from builders import Town, make_house

from core.model import Handle, Place
from core.store import assignments, people
from core.store import cards as card_rows
from core.store.assignments import Assignment
from core.store.migrate import migrate
from core.store.sqlite import PRAGMAS
from core.store.tx import Tx
from core.store.verify import verify
from core.tokens import mint

T = TypeVar("T")
State = dict[str, list[tuple[Any, ...]]]


class MemoryStore:
    """Runs each unit in its own transaction, at once."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for pragma in PRAGMAS:
            self.connection.execute(pragma)
        migrate(self.connection)
        self.tx = Tx(self.connection)

    async def run(self, unit: Callable[..., T], *args: object) -> T:
        self.connection.execute("BEGIN")
        try:
            result = unit(self.tx, *args)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    def faults(self) -> list[str]:
        """What `tapcrowd verify` would find."""
        return verify(self.connection)


def memory_town(**house: Any) -> Town:
    return Town(cast(Any, MemoryStore()), make_house(**house))


LOGICAL = {
    "tasks": "SELECT job, ref, answers, active, want, done, reports, label, confidence, extra, stood FROM task",
    "assignments": (
        "SELECT a.job, t.ref, a.person, a.control, a.state, a.label, a.weight "
        "FROM assignment a JOIN task t ON t.id = a.task"
    ),
    "standings": (
        "SELECT person, job, prior_ok, prior_n, answers, cant, controls, control_ok, compared, agreed, skips, "
        "skips_in_row FROM standing"
    ),
    "jobs": "SELECT id, state, tasks, done, answers, control_answers, active, budget FROM job",
    "sessions": "SELECT person, job, done, earned, size, over FROM session",
    "balances": "SELECT code, balance FROM account WHERE balance <> 0",
    "people": "SELECT id, state, agreed, lang, waiting_job FROM person",
    "bans": "SELECT person, job, until FROM restriction WHERE lifted_at IS NULL",
    "alerts": "SELECT key, state, action FROM alert",
    "controls": "SELECT t.job, t.ref, c.asked, c.ok FROM control c JOIN task t ON t.id = c.task",
    "classes": "SELECT person, job, label, n, ok FROM control_class WHERE n <> 0",
    "skills": "SELECT person, name, value FROM skill",
    "firings": "SELECT rule, person, job, action FROM firing",
}
"""Who holds and answered what, and what follows from it; no ids of history, no times."""
TIMED = {
    "paces": "SELECT person, job, fast, duration_ms FROM standing WHERE answers <> 0 OR skips <> 0",
    "job paces": "SELECT id, duration_ms FROM job",
}
HISTORY = {
    table: f"SELECT * FROM {table}" for table in ("answer", "entry", "posting", "event", "consent", "batch_run", "card")
}


def logical(tx: Tx) -> State:
    """The logical state, the same whatever way led there."""
    return _read(tx, LOGICAL)


def timed(tx: Tx) -> State:
    """The logical state and the times taken: what an undo brings back."""
    return _read(tx, LOGICAL | TIMED)


def everything(tx: Tx) -> State:
    """State and history: what a refused command leaves untouched."""
    return _read(tx, LOGICAL | TIMED | HISTORY)


def _read(tx: Tx, queries: dict[str, str]) -> State:
    return {name: sorted(tx.all(sql), key=repr) for name, sql in queries.items()}


def differences(one: State, other: State) -> dict[str, tuple[list[Any], list[Any]]]:
    """What is only in one or the other, part by part; empty when they are equal."""
    return {
        name: (
            [row for row in one[name] if row not in other[name]],
            [row for row in other[name] if row not in one[name]],
        )
        for name in one
        if one[name] != other[name]
    }


async def live(town: Town, who: Handle) -> Assignment | None:
    """The task in this worker's hands."""
    person = await town.read(people.select_person, who)
    return cast("Assignment | None", await town.read(assignments.live_assignment, person.id))


async def token_for(town: Town, who: Handle, lease: int, choice: str) -> str:
    """The token of a button on the card of that lease, whether the card shows the button now or not."""
    person = await town.read(people.select_person, who)
    row = await town.read(card_rows.card_about, "task", lease)
    return mint(town.house.secret, row.nonce, person.id, choice)


async def purse_of(town: Town, who: Handle) -> str:
    """The code of a requester's purse."""
    person = await town.read(people.select_person, who)
    return f"requester:{person.id}:USD"


async def held(town: Town, code: str) -> int:
    """What an account holds."""
    rows = await town.read(lambda tx: tx.all("SELECT balance FROM account WHERE code = ?", (code,)))
    return rows[0][0] if rows else 0


def texts_at(town: Town, place: Place | Handle) -> list[str]:
    """Everything said in a chat, as one text per message."""
    return [
        "\n".join(filter(None, (s.card.title, s.card.text, s.card.quote, s.card.question)))
        for s in town.said.get(Place(*place), [])
    ]
