"""Contested tasks: who is to decide them, and the labels that people decided."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.tx import Row, Tx

PPM = 1_000_000
ESCALATION = "id, task, job, goes_to, cause, state, at, due_at, claimed_by, claimed_until"
RANKS = {"fix": 1, "recheck": 2, "audit": 2, "expert": 3}
"""Whose word stands when several ruled on a task."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """A task whose label is in doubt; it goes to an expert or to a reviewer, and lapses at `due_at`."""

    id: int
    task: int
    job: int
    goes_to: str
    cause: str
    state: str
    at: int
    due_at: int
    claimed_by: int | None
    claimed_until: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """A label that a person decided; `ref` is the assignment, escalation or review that it came from."""

    task: int
    job: int
    source: str
    ref: int
    person: int
    label: int
    weight: float


def ruling_on(tx: Tx, task: int) -> tuple[int, float] | None:
    """The decided label of a task and its weight; None when its votes decide. A banned expert's word does not stand."""
    sql = (
        "SELECT label, weight FROM ruling r WHERE task = ? AND NOT EXISTS (SELECT 1 FROM assignment a "
        "WHERE r.source = 'expert' AND a.id = r.ref AND a.void <> 0) ORDER BY rank DESC, id DESC LIMIT 1"
    )
    row = tx.one(sql, (task,))
    return (row[0], row[1] / PPM) if row else None


def insert_ruling(tx: Tx, ruling: Ruling, now: int) -> None:
    """A person decided."""
    tx.run(
        "INSERT INTO ruling(task, job, rank, source, ref, person, label, weight, at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (ruling.task, ruling.job, RANKS[ruling.source], ruling.source, ruling.ref, ruling.person, ruling.label)
        + (round(ruling.weight * PPM), now),
    )


def delete_ruling(tx: Tx, source: str, ref: int) -> None:
    """The decision was taken back, or overturned."""
    tx.run("DELETE FROM ruling WHERE source = ? AND ref = ?", (source, ref))


def rulings_of(tx: Tx, job: int) -> list[Row]:
    """(task, label, weight in ppm) of every decided task of a job, weakest first."""
    sql = (
        "SELECT task, label, weight FROM ruling r WHERE job = ? AND NOT EXISTS (SELECT 1 FROM assignment a "
        "WHERE r.source = 'expert' AND a.id = r.ref AND a.void <> 0) ORDER BY rank, id"
    )
    return tx.all(sql, (job,))


def escalate(tx: Tx, task: tuple[int, int], goes_to: str, cause: str, span: tuple[int, int]) -> None:
    """Put a task (id, job) before an expert or reviewer, from span[0] until span[1] at most; once."""
    tx.run(
        "INSERT INTO escalation(task, job, goes_to, cause, at, due_at) VALUES(?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(task) DO NOTHING",
        (*task, goes_to, cause, *span),
    )


def escalation_of(tx: Tx, task: int) -> Escalation | None:
    """The escalation of a task."""
    row = tx.one(f"SELECT {ESCALATION} FROM escalation WHERE task = ?", (task,))
    return Escalation(*row) if row else None


def get_escalation(tx: Tx, escalation: int) -> Escalation | None:
    """The escalation with that id."""
    row = tx.one(f"SELECT {ESCALATION} FROM escalation WHERE id = ?", (escalation,))
    return Escalation(*row) if row else None


def drop_escalation(tx: Tx, escalation: int) -> None:
    """The doubt is gone and nobody has begun."""
    tx.run("DELETE FROM escalation_skip WHERE escalation = ?", (escalation,))
    tx.run("DELETE FROM escalation WHERE id = ?", (escalation,))


def reopen_escalation(tx: Tx, task: int, due_at: int) -> None:
    """What was decided stands no more: somebody else may decide until then."""
    tx.run("UPDATE escalation SET state = 'open', due_at = ? WHERE task = ?", (due_at, task))


def set_escalation(tx: Tx, task: int, state: str) -> None:
    """open, done or lapsed."""
    tx.run("UPDATE escalation SET state = ?, claimed_by = NULL, claimed_until = 0 WHERE task = ?", (state, task))


def in_hand(tx: Tx, task: int) -> bool:
    """Whether an expert holds this task now."""
    sql = "SELECT 1 FROM assignment WHERE task = ? AND expert = 1 AND state = 'ACTIVE'"
    return tx.one(sql, (task,)) is not None


def next_for_expert(tx: Tx, job: int, person: int, before: int) -> int | None:
    """The oldest contested task, from before that time (ms), that nobody holds and this expert never had."""
    sql = (
        "SELECT task FROM escalation e WHERE job = ?1 AND goes_to = 'expert' AND state = 'open' AND at <= ?2 "
        "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task = e.task AND (a.person = ?3 "
        "OR (a.expert = 1 AND a.state = 'ACTIVE'))) ORDER BY at LIMIT 1"
    )
    row = tx.one(sql, (job, before, person))
    return int(row[0]) if row else None


def next_for_reviewer(tx: Tx, job: int, person: int, times: tuple[int, int]) -> Escalation | None:
    """The oldest label to look at, from before times[0], free at times[1], on a task that this reviewer never had."""
    sql = (
        f"SELECT {ESCALATION} FROM escalation e WHERE job = ?1 AND goes_to = 'reviewer' AND state = 'open' "
        "AND at <= ?2 AND (claimed_until <= ?3 OR claimed_by = ?4) "
        "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task = e.task AND a.person = ?4) "
        "AND NOT EXISTS (SELECT 1 FROM escalation_skip s WHERE s.escalation = e.id AND s.person = ?4) "
        "ORDER BY at LIMIT 1"
    )
    row = tx.one(sql, (job, *times, person))
    return Escalation(*row) if row else None


def claim(tx: Tx, escalation: int, person: int | None, until: int) -> None:
    """Nobody else is shown this one before that time."""
    tx.run("UPDATE escalation SET claimed_by = ?, claimed_until = ? WHERE id = ?", (person, until, escalation))


def skip(tx: Tx, escalation: int, person: int) -> None:
    """This reviewer does not want to be asked again."""
    tx.run("INSERT OR IGNORE INTO escalation_skip(escalation, person) VALUES(?, ?)", (escalation, person))


def open_count(tx: Tx, job: int, goes_to: str) -> int:
    """How many tasks of a job wait for an expert, or for a reviewer."""
    sql = "SELECT count(*) FROM escalation WHERE job = ? AND goes_to = ? AND state = 'open'"
    return int(tx.value(sql, (job, goes_to)))


def ready_count(tx: Tx, job: int, times: tuple[int, int]) -> int:
    """How many labels of a job, in doubt from before times[0], a reviewer can look at at times[1]."""
    sql = (
        "SELECT count(*) FROM escalation WHERE job = ? AND goes_to = 'reviewer' AND state = 'open' AND at <= ? "
        "AND claimed_until <= ?"
    )
    return int(tx.value(sql, (job, *times)))


def any_open(tx: Tx, job: int) -> bool:
    """Whether any task of the job waits for somebody's decision."""
    return tx.one("SELECT 1 FROM escalation WHERE job = ? AND state = 'open' LIMIT 1", (job,)) is not None


def due_escalations(tx: Tx, now: int, limit: int) -> list[Escalation]:
    """Those that nobody decided in time."""
    sql = f"SELECT {ESCALATION} FROM escalation WHERE state = 'open' AND due_at <= ? ORDER BY due_at LIMIT ?"
    return [Escalation(*row) for row in tx.all(sql, (now, limit))]


def holders(tx: Tx, skill: str, least: int, now: int) -> list[int]:
    """People who have a skill at that value or above."""
    sql = "SELECT person FROM skill WHERE name = ? AND value >= ? AND (expires_at IS NULL OR expires_at > ?)"
    return [row[0] for row in tx.all(sql, (skill, least, now))]


def expert_answers(tx: Tx, person: int, job: int) -> int:
    """How many contested tasks of a job this person has decided or answered as an expert."""
    sql = "SELECT count(*) FROM assignment WHERE person = ? AND job = ? AND expert = 1 AND state = 'SUBMITTED'"
    return int(tx.value(sql, (person, job)))


def decided_by_experts(tx: Tx, job: int) -> int:
    """How many answers to contested tasks of a job experts gave, and were paid for."""
    sql = (
        "SELECT count(*) FROM escalation e JOIN assignment a ON a.task = e.task AND a.expert = 1 "
        "AND a.state = 'SUBMITTED' WHERE e.job = ? AND e.goes_to = 'expert'"
    )
    return int(tx.value(sql, (job,)))


def ruled_at(tx: Tx, source: str, ref: int, person: int) -> int | None:
    """When this person decided it (ms); None when they did not."""
    row = tx.one("SELECT at FROM ruling WHERE source = ? AND ref = ? AND person = ?", (source, ref, person))
    return int(row[0]) if row else None
