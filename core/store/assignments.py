"""Assignments (one task in one worker's hands) and the append-only answers they lead to."""

from __future__ import annotations

from typing import NamedTuple

from core.routing import Vote
from core.store.tx import Tx

ASSIGNMENT = "id, task, job, person, control, state, label, leased_at, expires_at, done_at, answer, nth, expert"
PPM = 1_000_000
ANSWER = "id, assignment, task, job, person, kind, label, control, correct, fast, duration_ms, skips_before, at"


class Assignment(NamedTuple):
    """A lease and what became of it; `answer` is the answer row in force, `nth` counts answers and undos.

    `expert` is 1 when a contested task was handed to an expert: another price, no overlap limit.
    """

    id: int
    task: int
    job: int
    person: int
    control: int
    state: str
    label: int | None
    leased_at: int
    expires_at: int
    done_at: int | None
    answer: int | None
    nth: int
    expert: int = 0


class Answer(NamedTuple):
    """One row of the append-only record: an answer, skip, report, or the undo of one."""

    id: int
    assignment: int
    task: int
    job: int
    person: int
    kind: str
    label: int | None
    control: int
    correct: int | None
    fast: int
    duration_ms: int
    skips_before: int
    at: int


def insert_assignment(
    tx: Tx, task: int, job: int, person: int, control: int, span: tuple[int, int], *, expert: int = 0
) -> int:
    """Lease a task from span[0] until span[1] (ms); its id."""
    return tx.insert(
        "INSERT INTO assignment(task, job, person, control, state, leased_at, expires_at, expert) "
        "VALUES(?, ?, ?, ?, 'ACTIVE', ?, ?, ?)",
        (task, job, person, control, *span, expert),
    )


def get_assignment(tx: Tx, assignment: int) -> Assignment | None:
    """The assignment with that id; None when it went back to the pool."""
    row = tx.one(f"SELECT {ASSIGNMENT} FROM assignment WHERE id = ?", (assignment,))
    return Assignment(*row) if row else None


def live_assignment(tx: Tx, person: int) -> Assignment | None:
    """The one task that this worker holds now."""
    row = tx.one(f"SELECT {ASSIGNMENT} FROM assignment WHERE person = ? AND state = 'ACTIVE'", (person,))
    return Assignment(*row) if row else None


def due_assignments(tx: Tx, now: int, limit: int) -> list[Assignment]:
    """Leases that have run out."""
    sql = f"SELECT {ASSIGNMENT} FROM assignment WHERE state = 'ACTIVE' AND expires_at <= ? ORDER BY expires_at LIMIT ?"
    return [Assignment(*row) for row in tx.all(sql, (now, limit))]


def active_of_job(tx: Tx, job: int) -> list[Assignment]:
    """Every lease of a job that is still out."""
    sql = f"SELECT {ASSIGNMENT} FROM assignment WHERE state = 'ACTIVE' AND job = ?"
    return [Assignment(*row) for row in tx.all(sql, (job,))]


def submit_assignment(tx: Tx, assignment: int, answer: int, vote: Vote, now: int) -> None:
    """The lease ends with an answer, which keeps the weight that its worker had when giving it."""
    tx.run(
        "UPDATE assignment SET state = 'SUBMITTED', label = ?, weight = ?, answer = ?, done_at = ?, nth = nth + 1 "
        "WHERE id = ?",
        (vote.label, round(vote.accuracy * PPM), answer, now, assignment),
    )


def close_assignment(tx: Tx, assignment: int, state: str, answer: int | None, now: int) -> None:
    """The lease ends as SKIPPED or EXPIRED."""
    tx.run(
        "UPDATE assignment SET state = ?, answer = ?, done_at = ?, nth = nth + 1 WHERE id = ?",
        (state, answer, now, assignment),
    )


def reopen_assignment(tx: Tx, assignment: int, span: tuple[int, int]) -> None:
    """An undo: the worker holds the task again, with a new lease."""
    tx.run(
        "UPDATE assignment SET state = 'ACTIVE', label = NULL, weight = NULL, answer = NULL, done_at = NULL, "
        "nth = nth + 1, leased_at = ?, expires_at = ? WHERE id = ?",
        (*span, assignment),
    )


def delete_assignment(tx: Tx, assignment: int) -> None:
    """The task goes back to the pool as if it had never been handed out; the worker may get it again."""
    tx.run("DELETE FROM assignment WHERE id = ? AND state = 'ACTIVE'", (assignment,))


def insert_answer(
    tx: Tx, lease: Assignment, kind: str, label: int | None, marks: tuple[int | None, int, int, int], now: int
) -> Answer:
    """Record an answer, skip or report; marks are (correct, fast, duration ms, skips in row before)."""
    row = tx.one(
        "INSERT INTO answer(assignment, task, job, person, kind, label, control, correct, fast, duration_ms, "
        f"skips_before, at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING {ANSWER}",
        (lease.id, lease.task, lease.job, lease.person, kind, label, lease.control, *marks, now),
    )
    assert row is not None
    return Answer(*row)


def insert_undo(tx: Tx, undone: Answer, now: int) -> int:
    """Record that an answer was taken back. Its id."""
    return tx.insert(
        "INSERT INTO answer(assignment, task, job, person, kind, control, undoes, at) "
        "VALUES(?, ?, ?, ?, 'undo', ?, ?, ?)",
        (undone.assignment, undone.task, undone.job, undone.person, undone.control, undone.id, now),
    )


def get_answer(tx: Tx, answer: int) -> Answer:
    """The answer with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {ANSWER} FROM answer WHERE id = ?", (answer,))
    if row is None:
        raise LookupError(f"no answer {answer}")
    return Answer(*row)


def later_answers(tx: Tx, person: int, answer: int) -> int:
    """How many tasks this worker has finished after the one with that answer."""
    return int(tx.value("SELECT count(*) FROM assignment WHERE person = ? AND answer > ?", (person, answer)))


def last_answer(tx: Tx, job: int) -> int:
    """The newest row of the job's record, 0 when there is none: it grows with everything that changes the answers."""
    return int(tx.value("SELECT coalesce(max(id), 0) FROM answer WHERE job = ?", (job,)))


def votes_of(tx: Tx, task: int) -> list[Vote]:
    """The answers that count on this task, each with its worker's weight, in the order they came."""
    sql = (
        "SELECT label, weight, person FROM assignment WHERE task = ? AND state = 'SUBMITTED' AND void = 0 "
        "ORDER BY answer"
    )
    return [Vote(label, weight / PPM, person) for label, weight, person in tx.all(sql, (task,))]


def skips_in_row(tx: Tx, person: int, job: int) -> int:
    """How many of the worker's latest tasks in this job were skipped without an answer in between."""
    sql = (
        "SELECT count(*) FROM assignment WHERE person = ?1 AND job = ?2 AND state = 'SKIPPED' AND answer > "
        "(SELECT coalesce(max(answer), 0) FROM assignment WHERE person = ?1 AND job = ?2 AND state = 'SUBMITTED')"
    )
    return int(tx.value(sql, (person, job)))
