"""Bans and the passes over a banned worker's answers, which set them aside or count them again slice by slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from core.store.tx import Tx

BAN = "id, person, job, requester, until, reason, kind, sets_aside, at, lifted_at"
LOOKED_AT = 500
"""Assignments of a worker that one slice reads at most, whether they concern it or not."""


@dataclass(frozen=True, slots=True)
class Ban:
    """A restriction: from one job, from a requester's jobs, or from all; for good when `until` is None (ms)."""

    id: int
    person: int
    job: int | None
    requester: int | None
    until: int | None
    reason: str
    kind: str
    sets_aside: int
    at: int
    lifted_at: int | None

    @property
    def scope(self) -> str:
        """pool, requester or all (Toloka's words)."""
        return "pool" if self.job is not None else "requester" if self.requester is not None else "all"

    def covers(self, job: int, requester: int) -> bool:
        """Whether this ban is about that job."""
        return self.job == job or (self.job is None and self.requester in (None, requester))

    def holds(self, now: int) -> bool:
        """Whether it is in force: nobody lifted it, and its time has not run out."""
        return self.lifted_at is None and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True)
class Pass:
    """A walk through a worker's answers in the order of their times; `after_*` is how far it has come."""

    id: int
    restriction: int
    sign: int
    after_at: int
    after_id: int


class Done(NamedTuple):
    """A finished assignment as a pass sees it; `void` says why it does not count, `at` when it ended (ms)."""

    id: int
    job: int
    state: str
    control: int
    void: int
    at: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What a pass did in one job: answers set aside, tasks reopened, answers that they want; or the other way round."""

    job: int
    answers: int
    tasks: int
    wanted: int


def insert_ban(tx: Tx, ban: Ban, actor: int) -> int:
    """Write a ban (its `id` is ignored); the new id. `actor` is the person who decided, 0 for a rule."""
    sql = (
        "INSERT INTO restriction(person, job, requester, until, reason, kind, sets_aside, actor, at) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    about = (ban.person, ban.job, ban.requester, ban.until, ban.reason, ban.kind, ban.sets_aside)
    return tx.insert(sql, (*about, actor, ban.at))


def get_ban(tx: Tx, ban: int) -> Ban:
    """The ban with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {BAN} FROM restriction WHERE id = ?", (ban,))
    if row is None:
        raise LookupError(f"no restriction {ban}")
    return Ban(*row)


def actor_of(tx: Tx, ban: int) -> int:
    """Who imposed it: an admin, or 0 for a rule."""
    return int(tx.value("SELECT actor FROM restriction WHERE id = ?", (ban,)))


def standing_bans(tx: Tx, person: int) -> list[Ban]:
    """Every ban of this person that nobody lifted, also those that time has ended."""
    rows = tx.all(f"SELECT {BAN} FROM restriction WHERE person = ? AND lifted_at IS NULL", (person,))
    return [Ban(*row) for row in rows]


def start_pass(tx: Tx, ban: int, sign: int) -> Pass:
    """Begin a pass for this ban; one that is under way ends where it is."""
    tx.run("UPDATE recount SET over = 1 WHERE restriction = ? AND over = 0", (ban,))
    number = tx.insert("INSERT INTO recount(restriction, sign) VALUES(?, ?)", (ban, sign))
    return Pass(number, ban, sign, -1, 0)


def open_passes(tx: Tx, limit: int) -> list[Pass]:
    """Passes that have not come to their end, oldest first."""
    sql = "SELECT id, restriction, sign, after_at, after_id FROM recount WHERE over = 0 ORDER BY id LIMIT ?"
    return [Pass(*row) for row in tx.all(sql, (limit,))]


def advance_pass(tx: Tx, number: int, after: tuple[int, int]) -> None:
    """The pass has come as far as the assignment done at after[0] with id after[1]."""
    tx.run("UPDATE recount SET after_at = ?, after_id = ? WHERE id = ?", (*after, number))


def end_pass(tx: Tx, number: int) -> None:
    """The pass has seen everything."""
    tx.run("UPDATE recount SET over = 1 WHERE id = ?", (number,))


def next_assignments(tx: Tx, person: int, walk: Pass) -> list[Done]:
    """The worker's next finished assignments after where the pass is."""
    sql = (
        "SELECT id, job, state, control, void, done_at FROM assignment "
        "WHERE person = ? AND (done_at, id) > (?, ?) ORDER BY done_at, id LIMIT ?"
    )
    return [Done(*row) for row in tx.all(sql, (person, walk.after_at, walk.after_id, LOOKED_AT))]


def add_tally(tx: Tx, number: int, tally: Tally) -> None:
    """Count what one answer brought about."""
    tx.run(
        "INSERT INTO recount_job(recount, job, answers, tasks, wanted) VALUES(?, ?, ?, ?, ?) ON CONFLICT(recount, job) "
        "DO UPDATE SET answers = answers + excluded.answers, tasks = tasks + excluded.tasks, "
        "wanted = wanted + excluded.wanted",
        (number, tally.job, tally.answers, tally.tasks, tally.wanted),
    )


def tallies(tx: Tx, number: int) -> list[Tally]:
    """What a pass did, job by job."""
    rows = tx.all("SELECT job, answers, tasks, wanted FROM recount_job WHERE recount = ?", (number,))
    return [Tally(*row) for row in rows]


def void_of(tx: Tx, assignment: int) -> int:
    """Why this answer does not count, as bits; 0 when it does."""
    return int(tx.value("SELECT void FROM assignment WHERE id = ?", (assignment,)))


def set_void(tx: Tx, assignment: int, void: int) -> None:
    """Write why an answer does not count; one that counts again may find its place taken by another."""
    tx.run("UPDATE assignment SET void = ? WHERE id = ? AND state = 'SUBMITTED'", (void, assignment))
