"""What the router believes of a job's crowd, the answers behind it, and what a model says of tasks beforehand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from core.store.tx import Row, Tx

PPM = 1_000_000
MARK_BITS = 62


def mark_of(body: bytes) -> int:
    """A number that names this content; never 0."""
    return (int.from_bytes(hashlib.sha256(body).digest()[:8]) >> (64 - MARK_BITS)) or 1


def put_belief(tx: Tx, job: int, body: bytes, answers: int, now: int) -> None:
    """Replace what is believed of the job's crowd; `answers` is how many it had when that was fitted."""
    mark = mark_of(body)
    tx.run(
        "INSERT INTO belief(job, mark, body, answers, at) VALUES(?, ?, ?, ?, ?) ON CONFLICT(job) DO UPDATE SET "
        "mark = excluded.mark, body = excluded.body, answers = excluded.answers, at = excluded.at",
        (job, mark, body, answers, now),
    )
    tx.run("UPDATE job SET belief = ? WHERE id = ?", (mark, job))


def body_of(tx: Tx, job: int) -> bytes:
    """The job's belief as it was stored; LookupError when there is none."""
    row = tx.one("SELECT body FROM belief WHERE job = ?", (job,))
    if row is None:
        raise LookupError(f"nothing is believed of job {job} yet")
    return bytes(row[0])


def jobs_to_refit(tx: Tx, least: int, growth: float, most: int) -> list[tuple[int, int]]:
    """(job, answers) of the open jobs whose answers have grown by that share since the last fit."""
    sql = (
        "SELECT j.id, j.answers + j.control_answers AS n FROM job j LEFT JOIN belief b ON b.job = j.id "
        "WHERE j.state = 'open' AND n BETWEEN ? AND ? AND n >= (1 + ?) * coalesce(b.answers, 0) ORDER BY j.id"
    )
    return [(job, answers) for job, answers in tx.all(sql, (least, most, growth))]


def jobs_at_rest(tx: Tx, least: int, most: int) -> list[tuple[int, int]]:
    """(job, answers) of the open jobs with nothing in hand whose end is near, with other answers than at the last fit.

    Near its end is a job whose tasks are all done, or one for named people, whose takers may run out.
    """
    sql = (
        "SELECT j.id, j.answers + j.control_answers AS n FROM job j LEFT JOIN belief b ON b.job = j.id "
        "WHERE j.state = 'open' AND j.active = 0 AND (j.done >= j.tasks OR j.reserved & 1) AND n BETWEEN ? AND ? "
        "AND n <> coalesce(b.answers, 0) ORDER BY j.id"
    )
    return [(job, answers) for job, answers in tx.all(sql, (least, most))]


def answers_at_fit(tx: Tx, job: int) -> int:
    """How many answers the job had at its last fit; 0 when there was none."""
    return int(tx.value("SELECT coalesce((SELECT answers FROM belief WHERE job = ?), 0)", (job,)))


def answers_after(tx: Tx, job: int, after: int, limit: int) -> tuple[list[Row], int]:
    """Answers in force that say a class, (task, person, label), in the next records; the last record, 0 at the end."""
    records = tx.all("SELECT id FROM answer WHERE job = ? AND id > ? ORDER BY id LIMIT ?", (job, after, limit))
    if not records:
        return [], 0
    rows = tx.all(
        "SELECT a.task, a.person, a.label FROM answer r JOIN assignment a ON a.id = r.assignment AND a.answer = r.id "
        "WHERE r.job = ? AND r.id > ? AND r.id <= ? AND r.kind = 'answer' AND r.label >= 0 AND a.void = 0 "
        "AND a.state = 'SUBMITTED' ORDER BY r.id",
        (job, after, records[-1][0]),
    )
    return rows, int(records[-1][0])


def gold_of(tx: Tx, job: int) -> list[tuple[int, int]]:
    """(task, class) of the job's control tasks."""
    rows = tx.all("SELECT id, gold FROM task WHERE job = ? AND gold IS NOT NULL", (job,))
    return [(task, gold) for task, gold in rows]


def ballots(tx: Tx, tasks: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """By task: (person, label) of the answers that count."""
    found: dict[int, list[tuple[int, int]]] = {task: [] for task in tasks}
    marks = ",".join("?" * len(tasks))
    sql = (
        f"SELECT task, person, label FROM assignment WHERE task IN ({marks}) "
        "AND state = 'SUBMITTED' AND void = 0 ORDER BY answer"
    )
    for task, person, label in tx.all(sql, tuple(tasks)):
        found[task].append((person, label))
    return found


def begun_tasks(tx: Tx, job: int, answers: int, after: int, limit: int, *, reserved: bool) -> list[tuple[int, int]]:
    """(task, position) of the next open tasks that have so many answers, of those for anybody or for named people."""
    sql = (
        f"SELECT id, position FROM task WHERE job = ? AND want > 0 AND gold IS NULL AND reserved = {reserved:d} "
        "AND answers = ? AND position > ? ORDER BY position LIMIT ?"
    )  # written out: an index is not chosen by what a parameter holds
    return [(task, position) for task, position in tx.all(sql, (job, answers, after, limit))]


def leased_tasks(tx: Tx, job: int, after: int, limit: int) -> list[int]:
    """The next tasks with answers that somebody holds just now; controls and those in experts' hands are left out."""
    rows = tx.all(
        "SELECT DISTINCT a.task FROM assignment a JOIN task t ON t.id = a.task WHERE a.state = 'ACTIVE' AND a.job = ? "
        "AND a.control = 0 AND a.expert = 0 AND t.answers > 0 AND a.task > ? "
        "AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.task = t.id) ORDER BY a.task LIMIT ?",
        (job, after, limit),
    )
    return [task for (task,) in rows]


def put_priors(tx: Tx, job: int, rows: Iterable[tuple[int, Sequence[float]]], model: int) -> None:
    """Replace what a model says of these tasks, some hundreds at a time; the job's count grows by those it had not."""
    told = dict(rows)
    marks = ",".join("?" * len(told))
    known = int(tx.value(f"SELECT count(*) FROM prior WHERE task IN ({marks})", tuple(told)))
    tx.many(
        "INSERT INTO prior(task, job, shares, model) VALUES(?, ?, ?, ?) "
        "ON CONFLICT(task) DO UPDATE SET shares = excluded.shares, model = excluded.model",
        [(task, job, json.dumps([round(share * PPM) for share in shares]), model) for task, shares in told.items()],
    )
    tx.run("UPDATE job SET priors = priors + ? WHERE id = ?", (len(told) - known, job))


def drop_priors(tx: Tx, job: int) -> None:
    """No model speaks in this job any more."""
    tx.run("DELETE FROM prior WHERE job = ?", (job,))
    tx.run("UPDATE job SET priors = 0 WHERE id = ?", (job,))


def priors_of(tx: Tx, tasks: Sequence[int]) -> dict[int, list[float]]:
    """By task, for those that have one: the class shares before any answer."""
    marks = ",".join("?" * len(tasks))
    rows = tx.all(f"SELECT task, shares FROM prior WHERE task IN ({marks})", tuple(tasks))
    return {task: shares_in(text) for task, text in rows}


def priors_of_job(tx: Tx, job: int) -> dict[int, list[float]]:
    """The same for all tasks of a job."""
    return {task: shares_in(text) for task, text in tx.all("SELECT task, shares FROM prior WHERE job = ?", (job,))}


def shares_in(text: str) -> list[float]:
    """Class shares as stored; they sum to one."""
    parts: list[int] = json.loads(text)
    total = max(1, sum(parts))
    return [part / total for part in parts]
