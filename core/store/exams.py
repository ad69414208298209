"""Attempts at trainings and exams, their questions and the first answer to each."""

from __future__ import annotations

from dataclasses import dataclass

from core.exams import Attempt
from core.store.tx import Tx

ATTEMPT = "id, person, job, kind, nth, state, asked, ok, score, begun_at, done_at"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of an attempt; `label` is the answer given, -1 for can't tell, None while it is open."""

    attempt: int
    position: int
    task: int
    label: int | None
    correct: int | None


def attempts_of(tx: Tx, person: int, job: int, kind: str) -> list[Attempt]:
    """The person's tries at this job's training or exam, oldest first."""
    sql = f"SELECT {ATTEMPT} FROM attempt WHERE person = ? AND job = ? AND kind = ? ORDER BY id"
    return [Attempt(*row) for row in tx.all(sql, (person, job, kind))]


def get_attempt(tx: Tx, attempt: int) -> Attempt:
    """The attempt with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {ATTEMPT} FROM attempt WHERE id = ?", (attempt,))
    if row is None:
        raise LookupError(f"no attempt {attempt}")
    return Attempt(*row)


def latest_result(tx: Tx, person: int, job: int, kind: str) -> Attempt | None:
    """The newest finished attempt."""
    row = tx.one(
        f"SELECT {ATTEMPT} FROM attempt WHERE person = ? AND job = ? AND kind = ? AND state <> 'open' "
        "ORDER BY id DESC LIMIT 1",
        (person, job, kind),
    )
    return Attempt(*row) if row else None


def open_attempt(tx: Tx, person: int, job: int | None = None) -> Attempt | None:
    """The attempt that the person has begun (in this job, or last in any) and not finished."""
    row = tx.one(
        f"SELECT {ATTEMPT} FROM attempt WHERE person = ?1 AND job = coalesce(?2, job) AND state = 'open' "
        "ORDER BY id DESC LIMIT 1",
        (person, job),
    )
    return Attempt(*row) if row else None


def answer_counts(tx: Tx, person: int, job: int, kind: str) -> tuple[int, int, int]:
    """(finished attempts, answers, right answers) of a person in a job's training or exam."""
    row = tx.one(
        "SELECT count(DISTINCT CASE WHEN a.state <> 'open' THEN a.id END), count(q.label), "
        "coalesce(sum(q.correct), 0) FROM attempt a LEFT JOIN attempt_answer q ON q.attempt = a.id "
        "WHERE a.person = ? AND a.job = ? AND a.kind = ?",
        (person, job, kind),
    )
    assert row is not None
    return row[0], row[1], row[2]


def draw(tx: Tx, person: int, job: int, kind: str, number: int) -> list[int]:
    """Questions for a new attempt: controls new to the person first; for a training those with a reason first."""
    sql = (
        "SELECT t.id FROM task t JOIN control c ON c.task = t.id WHERE t.job = ?1 AND t.gold IS NOT NULL "
        "AND t.reserved = 0 AND c.retired_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task = t.id AND a.person = ?2) "
        "ORDER BY (SELECT count(*) FROM attempt_answer q WHERE q.person = ?2 AND q.task = t.id), "
        "CASE WHEN (c.teaching = 1 OR c.why <> '') = (?3 = 'training') THEN 0 ELSE 1 END, random() LIMIT ?4"
    )
    return [task for (task,) in tx.all(sql, (job, person, kind, number))]


def insert_attempt(tx: Tx, person: int, job: int, kind: str, questions: list[int], now: int) -> Attempt:
    """A new attempt with these questions."""
    row = tx.one(
        "INSERT INTO attempt(person, job, kind, nth, asked, begun_at) VALUES(?1, ?2, ?3, "
        "(SELECT count(*) + 1 FROM attempt WHERE person = ?1 AND job = ?2 AND kind = ?3), ?4, ?5) "
        f"RETURNING {ATTEMPT}",
        (person, job, kind, len(questions), now),
    )
    assert row is not None
    tx.many(
        "INSERT INTO attempt_answer(attempt, position, person, task) VALUES(?, ?, ?, ?)",
        [(row[0], position, person, task) for position, task in enumerate(questions)],
    )
    return Attempt(*row)


def questions_of(tx: Tx, attempt: int) -> list[Question]:
    """The questions of an attempt in order."""
    sql = "SELECT attempt, position, task, label, correct FROM attempt_answer WHERE attempt = ? ORDER BY position"
    return [Question(*row) for row in tx.all(sql, (attempt,))]


def answer(tx: Tx, question: Question, label: int, marks: tuple[int, int], now: int) -> None:
    """The first and only answer to a question; marks are (correct, paid)."""
    tx.run(
        "UPDATE attempt_answer SET label = ?, correct = ?, paid = ?, at = ? WHERE attempt = ? AND position = ? "
        "AND label IS NULL",
        (label, *marks, now, question.attempt, question.position),
    )


def finish(tx: Tx, attempt: int, state: str, ok: int, score: int, now: int) -> None:
    """The attempt is over: passed or failed."""
    tx.run(
        "UPDATE attempt SET state = ?, ok = ?, score = ?, done_at = ? WHERE id = ?", (state, ok, score, now, attempt)
    )


def decline(tx: Tx, person: int, job: int, now: int) -> None:
    """The person does not want this job's training or exam now: it is not offered again by itself."""
    tx.run(
        "INSERT INTO declined(person, job, at) VALUES(?, ?, ?) ON CONFLICT(person, job) DO UPDATE SET at = excluded.at",
        (person, job, now),
    )


def has_declined(tx: Tx, person: int, job: int) -> bool:
    """Whether the person said "not now"."""
    return tx.one("SELECT 1 FROM declined WHERE person = ? AND job = ?", (person, job)) is not None


def want_again(tx: Tx, person: int, job: int) -> None:
    """The person came for the job after all."""
    tx.run("DELETE FROM declined WHERE person = ? AND job = ?", (person, job))
