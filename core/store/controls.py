"""Control tasks as stored: their reasons, how workers fared on them, who may still get which, and when they retire."""

from __future__ import annotations

from typing import NamedTuple

from core.controls import Control
from core.leaks import View
from core.model import Handle, Item
from core.store.tx import Row, Tx

FIT = (
    "c.retired_at IS NULL AND t.answers + t.active < ?2 "
    "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task = t.id AND a.person = ?3) "
    "AND NOT EXISTS (SELECT 1 FROM attempt_answer q WHERE q.task = t.id AND q.person = ?3) "
    "AND (c.origin IS NULL OR NOT EXISTS (SELECT 1 FROM assignment o WHERE o.task = c.origin AND o.person = ?3))"
)
"""Still in use, below its cap of views, and new to this person in every guise."""
FIELDS = "t.id, t.gold, t.answers + t.active, c.asked, c.ok"
OPEN_CONTROLS = (
    f"SELECT {FIELDS} FROM task t JOIN control c ON c.task = t.id WHERE t.job = ?1 AND t.gold IS NOT NULL "
    f"AND t.reserved = 0 AND {FIT} ORDER BY t.answers, t.position LIMIT ?4"
)
RESERVED_CONTROLS = (
    f"SELECT {FIELDS} FROM reservation r JOIN task t ON t.id = r.task JOIN control c ON c.task = t.id "
    f"WHERE r.platform = ?5 AND r.user = ?6 AND r.job = ?1 AND t.gold IS NOT NULL AND {FIT} "
    "ORDER BY t.answers, t.position LIMIT ?4"
)


class Lesson(NamedTuple):
    """What a control teaches: the right option, why, and whether that is told at once."""

    task: int
    gold: int
    teaching: int
    why: str


def insert_control(tx: Tx, task: int, job: int, item: Item) -> None:
    """Note what a control of an upload teaches."""
    tx.run(
        "INSERT INTO control(task, job, teaching, why) VALUES(?, ?, ?, ?)", (task, job, int(item.teaching), item.why)
    )


def lesson_of(tx: Tx, task: int) -> Lesson | None:
    """What that task teaches; None when it is no control."""
    row = tx.one(
        "SELECT c.task, t.gold, c.teaching, c.why FROM control c JOIN task t ON t.id = c.task WHERE c.task = ?", (task,)
    )
    return Lesson(*row) if row else None


def controls_for(tx: Tx, job: int, cap: int, person: int, limit: int) -> list[Control]:
    """Controls that anybody may get, new to this person and shown to fewer than `cap`, least shown first."""
    return [Control(*row) for row in tx.all(OPEN_CONTROLS, (job, cap, person, limit))]


def reserved_controls_for(tx: Tx, job: int, cap: int, person: tuple[int, Handle], limit: int) -> list[Control]:
    """The same among controls reserved for this (id, handle)."""
    number, handle = person
    return [Control(*row) for row in tx.all(RESERVED_CONTROLS, (job, cap, number, limit, *handle))]


def workers_of(tx: Tx, job: int) -> int:
    """How many people have worked in the job."""
    return int(tx.value("SELECT workers FROM job WHERE id = ?", (job,)))


def record_of(tx: Tx, person: int, job: int) -> dict[int, tuple[int, int]]:
    """The worker's (asked, right) on controls of the job, by the right answer."""
    rows = tx.all("SELECT label, n, ok FROM control_class WHERE person = ? AND job = ?", (person, job))
    return {label: (n, ok) for label, n, ok in rows}


def count(tx: Tx, about: tuple[int, int, int, int], sign: int, correct: int) -> None:
    """Count (sign 1) or take back (-1) an answer; `about` is (task, job, person, right answer)."""
    task, job, person, gold = about
    tx.run("UPDATE control SET asked = asked + ?, ok = ok + ? WHERE task = ?", (sign, sign * correct, task))
    tx.run(
        "INSERT INTO control_class(person, job, label, n, ok) VALUES(?, ?, ?, ?, ?) "
        "ON CONFLICT(person, job, label) DO UPDATE SET n = n + excluded.n, ok = ok + excluded.ok",
        (person, job, gold, sign, sign * correct),
    )


# ---- the rate of a session ----------------------------------------------------------------------------------------


def session_of(tx: Tx, person: int, job: int) -> Row:
    """(session begun at, over, its size, session that the rate is of, rate in ppm); None where there is none."""
    row = tx.one(
        "SELECT s.started_at, s.over, s.size, g.control_session, g.control_rate FROM (SELECT 1) "
        "LEFT JOIN session s ON s.person = ?1 LEFT JOIN standing g ON g.person = ?1 AND g.job = ?2",
        (person, job),
    )
    assert row is not None
    return row


def set_rate(tx: Tx, person: int, job: int, session: int, ppm: int) -> None:
    """The chance of a control in the session that began then."""
    tx.run(
        "UPDATE standing SET control_rate = ?, control_session = ? WHERE person = ? AND job = ?",
        (ppm, session, person, job),
    )


def last_seen(tx: Tx, person: int) -> int | None:
    """When the worker finished a task last (ms)."""
    row = tx.one("SELECT max(done_at) FROM assignment WHERE person = ?", (person,))
    return row[0] if row else None


def recent_controls(tx: Tx, person: int, limit: int) -> list[int]:
    """Whether the worker's newest control answers were right, newest first; undone ones left out."""
    rows = tx.all(
        "SELECT w.correct FROM answer w WHERE w.person = ? AND w.control = 1 AND w.kind = 'answer' "
        "AND NOT EXISTS (SELECT 1 FROM answer u WHERE u.undoes = w.id) ORDER BY w.id DESC LIMIT ?",
        (person, limit),
    )
    return [correct or 0 for (correct,) in rows]


# ---- wear ---------------------------------------------------------------------------------------------------------


def due_for_look(tx: Tx, job: int, control_answers: int, step: int) -> bool:
    """Whether the job has `step` more control answers than at the last look; then this is the last look."""
    row = tx.one("SELECT answers FROM control_look WHERE job = ?", (job,))
    if control_answers - (row[0] if row else 0) < step:
        return False
    tx.run(
        "INSERT INTO control_look(job, answers) VALUES(?, ?) ON CONFLICT(job) DO UPDATE SET answers = excluded.answers",
        (job, control_answers),
    )
    return True


def worn(tx: Tx, job: int, views: int) -> list[int]:
    """Controls in use that so many workers have seen."""
    sql = (
        "SELECT c.task FROM control c JOIN task t ON t.id = c.task "
        "WHERE c.job = ? AND c.retired_at IS NULL AND t.answers >= ?"
    )
    return [task for (task,) in tx.all(sql, (job, views))]


def retire(tx: Tx, task: int, reason: str, now: int) -> None:
    """This control is not handed out any more."""
    tx.run("UPDATE control SET retired_at = ?, reason = ? WHERE task = ? AND retired_at IS NULL", (now, reason, task))


def restore(tx: Tx, task: int) -> None:
    """A control that an audit had retired is in use again."""
    tx.run("UPDATE control SET retired_at = NULL, reason = '' WHERE task = ? AND reason = 'audit'", (task,))


def live_controls(tx: Tx, job: int) -> int:
    """How many controls of the job are in use."""
    return int(tx.value("SELECT count(*) FROM control WHERE job = ? AND retired_at IS NULL", (job,)))


def views_of(tx: Tx, job: int, limit: int) -> list[View]:
    """The newest control answers of the job, of controls in use, each with how many came before it on its control."""
    rows = tx.all(
        "SELECT w.task, w.person, coalesce(w.correct, 0) FROM answer w JOIN control c ON c.task = w.task "
        "WHERE w.job = ? AND w.control = 1 AND w.kind = 'answer' AND c.retired_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM answer u WHERE u.undoes = w.id) ORDER BY w.id DESC LIMIT ?",
        (job, limit),
    )
    left: dict[int, int] = dict(tx.all("SELECT task, asked FROM control WHERE job = ? AND retired_at IS NULL", (job,)))
    views = []
    for task, person, ok in rows:
        left[task] -= 1
        views.append(View(task, person, ok, max(0, left[task])))
    return views
