"""A worker's newest answers with what others said to the same tasks, and what is usual in a job."""

from __future__ import annotations

from typing import NamedTuple

from core.standing.pace import Pace
from core.store.tx import Row, Tx

PPM = 1_000_000
NEWEST = (
    "SELECT id, task, job, label, control, done_at - leased_at AS ms, done_at FROM (SELECT * FROM assignment "
    "WHERE person = ?1 AND done_at IS NOT NULL ORDER BY done_at DESC, id DESC LIMIT ?2) "
    "WHERE state = 'SUBMITTED' AND label >= 0 ORDER BY done_at DESC, id DESC LIMIT ?3"
)
OTHERS = (
    f"SELECT m.id, m.job, m.label, m.control, m.ms, t.gold, o.label, s.prior_ok, s.prior_n, s.controls, s.control_ok, "
    f"s.compared, s.agreed FROM ({NEWEST}) m JOIN task t ON t.id = m.task "
    "LEFT JOIN assignment o ON m.control = 0 AND o.task = m.task AND o.person <> ?1 AND o.state = 'SUBMITTED' "
    "AND o.void = 0 AND o.label >= 0 LEFT JOIN standing s ON s.person = o.person AND s.job = m.job "
    "ORDER BY m.done_at, m.id"
)
LOOKED_AT = 2
"""So many times the answers asked for are looked at: there may be skips among them."""


class Seen(NamedTuple):
    """An answer of the worker, and another one to its task (None: there is none) with what is known of its giver."""

    assignment: int
    job: int
    label: int
    control: int
    duration_ms: int
    gold: int | None
    other: int | None
    known: tuple[int, ...]
    """prior_ok, prior_n, controls, control_ok, compared, agreed of the other one's standing."""


def newest_outcomes(tx: Tx, person: int, limit: int) -> list[Seen]:
    """The worker's newest answers in all jobs that say something, oldest first, a row for each other answer.

    Answers that were set aside are among them: they count no more for their tasks, but they were given.
    """
    rows = tx.all(OTHERS, (person, LOOKED_AT * limit, limit))
    return [Seen(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7:]) for row in rows]


class Climate(NamedTuple):
    """What is usual in a job: its times, and the accuracy of its middle worker on controls; None while unknown."""

    bought: int
    pace: Pace | None
    crowd: float | None


def climate_of(tx: Tx, job: int) -> Climate:
    """What was last found to be usual."""
    row = tx.one("SELECT bought, middle, spread, crowd FROM climate WHERE job = ?", (job,))
    if row is None:
        return Climate(0, None, None)
    bought, middle, spread, crowd = row
    pace = None if middle is None else Pace(middle / PPM, spread / PPM)
    return Climate(bought, pace, None if crowd is None else crowd / PPM)


def set_climate(tx: Tx, job: int, climate: Climate) -> None:
    """Keep what is usual now."""
    pace = climate.pace
    tx.run(
        "INSERT OR REPLACE INTO climate(job, bought, middle, spread, crowd) VALUES(?, ?, ?, ?, ?)",
        (
            job,
            climate.bought,
            None if pace is None else round(pace.middle * PPM),
            None if pace is None else round(pace.spread * PPM),
            None if climate.crowd is None else round(climate.crowd * PPM),
        ),
    )


def newest_answers(tx: Tx, job: int, limit: int) -> list[Row]:
    """The newest rows of a job's record that are answers: (person, duration ms, correct or None)."""
    sql = (
        "SELECT person, duration_ms, correct FROM (SELECT person, kind, duration_ms, correct FROM answer "
        "WHERE job = ? ORDER BY id DESC LIMIT ?) WHERE kind = 'answer'"
    )
    return tx.all(sql, (job, limit))


def newest_labels(tx: Tx, job: int, limit: int) -> list[tuple[int, int, int | None]]:
    """The newest answers of a job that count and say something: (task, label, known answer or None)."""
    sql = (
        "SELECT w.task, a.label, t.gold FROM (SELECT assignment, task, id FROM answer WHERE job = ?1 "
        "ORDER BY id DESC LIMIT ?2) w JOIN assignment a ON a.id = w.assignment AND a.answer = w.id "
        "JOIN task t ON t.id = w.task WHERE a.state = 'SUBMITTED' AND a.void = 0 AND a.label >= 0"
    )
    return [(task, label, gold) for task, label, gold in tx.all(sql, (job, limit))]
