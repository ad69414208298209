"""What detection reads of a job: its newest answers in force, who came when, and how far it has read."""

from __future__ import annotations

from typing import NamedTuple

from core.store.tx import Tx


class Given(NamedTuple):
    """An answer in force with the known answer of its task, if there is one; times in ms."""

    task: int
    person: int
    label: int
    gold: int | None
    at: int
    duration_ms: int


class Due(NamedTuple):
    """A job to look at: its newest answer, and when it was looked at last (ms; 0 never)."""

    job: int
    newest: int
    looked_at: int


NEWEST = "(SELECT max(id) FROM answer WHERE job = j.id)"


def jobs_to_sweep(tx: Tx, closed_since: int, limit: int) -> list[Due]:
    """Live jobs, and those closed since then (ms), with answers not seen yet; the longest unseen first."""
    rows = tx.all(
        f"SELECT j.id, {NEWEST} AS newest, coalesce(s.at, 0) AS looked FROM job j LEFT JOIN sweep s ON s.job = j.id "
        "WHERE j.id IN (SELECT id FROM job WHERE state IN ('open', 'paused', 'closing') "
        "UNION ALL SELECT id FROM job WHERE state = 'closed' AND closed_at > ?) "
        "AND newest > coalesce(s.answer, 0) ORDER BY looked, j.id LIMIT ?",
        (closed_since, limit),
    )
    return [Due(*row) for row in rows]


def note_sweep(tx: Tx, job: int, answer: int, now: int) -> None:
    """The job was read up to that answer."""
    tx.run(
        "INSERT INTO sweep(job, answer, at) VALUES(?, ?, ?) "
        "ON CONFLICT(job) DO UPDATE SET answer = excluded.answer, at = excluded.at",
        (job, answer, now),
    )


def answers_before(tx: Tx, job: int, before: int, limit: int) -> tuple[list[Given], int]:
    """Up to `limit` rows of the record before that answer, newest first: those in force, and the oldest id read."""
    rows = tx.all(
        "SELECT r.id, r.task, r.person, r.label, t.gold, r.at, r.duration_ms, a.answer = r.id "
        "FROM (SELECT * FROM answer WHERE job = ? AND id < ? ORDER BY id DESC LIMIT ?) r "
        "JOIN task t ON t.id = r.task LEFT JOIN assignment a ON a.id = r.assignment AND a.state = 'SUBMITTED'",
        (job, before, limit),
    )
    oldest = min((row[0] for row in rows), default=0)
    return [Given(*row[1:-1]) for row in rows if row[-1]], oldest


def account_ages(tx: Tx, people: list[int]) -> dict[int, tuple[str, int]]:
    """The platform of each person, and since when they are known here (ms)."""
    marks = ",".join("?" * len(people))
    rows = tx.all(f"SELECT id, platform, created_at FROM person WHERE id IN ({marks})", people)
    return {person: (platform, since) for person, platform, since in rows}


def control_answers(tx: Tx, person: int, job: int, newest: int) -> list[bool]:
    """Whether the worker's newest answers to control tasks were right, oldest first."""
    rows = tx.all(
        "SELECT a.label = t.gold FROM assignment a JOIN task t ON t.id = a.task WHERE a.person = ? AND a.job = ? "
        "AND a.control = 1 AND a.state = 'SUBMITTED' ORDER BY a.done_at DESC LIMIT ?",
        (person, job, newest),
    )
    return [bool(right) for (right,) in reversed(rows)]


def said_lately(tx: Tx, person: int, job: int, newest: int) -> list[tuple[int | None, int]]:
    """The worker's newest answers and skips (label None) with their times in ms, oldest first."""
    rows = tx.all(
        "SELECT w.label, w.duration_ms FROM assignment a JOIN answer w ON w.id = a.answer "
        "WHERE a.person = ? AND a.job = ? AND a.done_at IS NOT NULL ORDER BY a.done_at DESC LIMIT ?",
        (person, job, newest),
    )
    return list(reversed(rows))


def paces(tx: Tx, job: int, newest: int) -> list[int]:
    """Times in ms of the job's newest answers, anybody's."""
    sql = "SELECT duration_ms FROM (SELECT * FROM answer WHERE job = ? ORDER BY id DESC LIMIT ?) WHERE kind = 'answer'"
    return [int(ms) for (ms,) in tx.all(sql, (job, newest))]
