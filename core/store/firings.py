"""The log of rules that fired, and what rules read of a worker's latest work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from core.rules.facts import Deed
from core.store.tx import Tx

FIRING = "id, rule, person, job, answer, evidence, counts, action, restriction, before, at"
LOOKED_AT = 600
"""Finished tasks of a worker, newest first, that one look goes through at most, whichever job they are of."""
DEEDS = (
    "SELECT r.id, r.kind, r.control, r.correct, r.fast, r.duration_ms, CASE WHEN r.control = 0 AND a.label >= 0 AND "
    "a.void = 0 AND t.done = 1 AND t.label IS NOT NULL THEN a.label = t.label END, t.answers "
    "FROM (SELECT * FROM assignment WHERE person = ? ORDER BY done_at DESC LIMIT ?) a "
    "JOIN answer r ON r.id = a.answer JOIN task t ON t.id = a.task "
    "WHERE a.job = ? AND (? = 0 OR a.control = 1) AND r.id > ? LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired for a worker in a job: its evidence, the counts it rests on, and what was done."""

    id: int
    rule: str
    person: int
    job: int
    answer: int | None
    evidence_text: str
    counts_text: str
    action: str
    restriction: int | None
    before_text: str
    at: int

    @property
    def evidence(self) -> dict[str, Any]:
        """What the collector saw."""
        found: dict[str, Any] = json.loads(self.evidence_text)
        return found

    @property
    def counts(self) -> dict[str, int]:
        """The worker's counts at that moment."""
        found: dict[str, int] = json.loads(self.counts_text)
        return found

    @property
    def before(self) -> dict[str, Any]:
        """What the action replaced; empty when there is nothing to put back."""
        found: dict[str, Any] = json.loads(self.before_text)
        return found


def insert_firing(tx: Tx, fired: Fired) -> int:
    """Append to the log (its `id` is ignored); the new id."""
    sql = (
        "INSERT INTO firing(rule, person, job, answer, evidence, counts, action, restriction, before, at) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    about = (fired.rule, fired.person, fired.job, fired.answer, fired.evidence_text, fired.counts_text)
    return tx.insert(sql, (*about, fired.action, fired.restriction, fired.before_text, fired.at))


def last_firing(tx: Tx, rule: str, person: int, job: int, *, undone: bool) -> Fired | None:
    """When this rule fired last for this worker in this job; with `undone` also by an answer that was taken back."""
    sql = (
        f"SELECT {FIRING} FROM firing f WHERE person = ? AND job = ? AND rule = ? AND (? OR answer IS NULL "
        "OR NOT EXISTS (SELECT 1 FROM answer u WHERE u.undoes = f.answer)) ORDER BY id DESC LIMIT 1"
    )
    row = tx.one(sql, (person, job, rule, int(undone)))
    return Fired(*row) if row else None


def firings_of(tx: Tx, answer: int) -> list[Fired]:
    """The rules that this answer made fire, newest first: what they did is taken back in that order."""
    rows = tx.all(f"SELECT {FIRING} FROM firing WHERE answer = ? ORDER BY id DESC", (answer,))
    return [Fired(*row) for row in rows]


def firing_behind(tx: Tx, person: int, restriction: int) -> Fired | None:
    """The firing that imposed this restriction on this person; None when an admin did."""
    row = tx.one(f"SELECT {FIRING} FROM firing WHERE person = ? AND restriction = ?", (person, restriction))
    return Fired(*row) if row else None


def deeds(tx: Tx, person: int, job: int, size: int, *, controls: bool, after: int) -> tuple[Deed, ...]:
    """The worker's newest finished tasks of a job (of controls alone, when asked) after that answer, newest first."""
    rows = tx.all(DEEDS, (person, LOOKED_AT, job, int(controls), after, size))
    return tuple(Deed(*row) for row in rows)


def income_since(tx: Tx, person: int, asset: str, since: int) -> int:
    """What the person earned since then (ms), in micro-units; a rejected answer earned nothing."""
    sql = (
        "SELECT coalesce(sum(n * price), 0) FROM (SELECT job, count(*) AS n FROM assignment "
        "WHERE person = ? AND done_at >= ? AND state = 'SUBMITTED' AND void & 2 = 0 GROUP BY job) "
        "JOIN job ON job.id = job WHERE asset = ?"
    )
    return int(tx.value(sql, (person, since, asset)))


def review_counts(tx: Tx, person: int, job: int) -> dict[str, int]:
    """How many of the worker's answers in a job are in each state of review."""
    return dict(tx.all("SELECT state, count(*) FROM review WHERE person = ? AND job = ? GROUP BY state", (person, job)))


def review_counts_of_task(tx: Tx, task: int) -> dict[str, int]:
    """How many answers on a task are in each state of review."""
    sql = "SELECT r.state, count(*) FROM assignment a JOIN review r ON r.assignment = a.id WHERE a.task = ? GROUP BY 1"
    return dict(tx.all(sql, (task,)))


def review_states(tx: Tx, person: int, job: int, size: int) -> list[str]:
    """The states of the worker's newest judged answers."""
    sql = "SELECT state FROM review WHERE person = ? AND job = ? AND state <> 'pending' ORDER BY answer DESC LIMIT ?"
    return [state for (state,) in tx.all(sql, (person, job, size))]


def answered_tasks(tx: Tx, person: int, job: int, limit: int) -> list[int]:
    """The tasks that this worker answered last in a job, controls left out."""
    sql = (
        "SELECT task FROM assignment WHERE person = ? AND job = ? AND state = 'SUBMITTED' AND control = 0 "
        "ORDER BY done_at DESC LIMIT ?"
    )
    return [task for (task,) in tx.all(sql, (person, job, limit))]


def events_to_read(tx: Tx, limit: int) -> list[tuple[int, str, int | None, int | None, dict[str, Any]]]:
    """The next lines of the journal: (id, kind, job, person, body)."""
    sql = "SELECT id, kind, job, person, body FROM event WHERE id > (SELECT event FROM rules_read) ORDER BY id LIMIT ?"
    return [(number, kind, job, person, json.loads(body)) for number, kind, job, person, body in tx.all(sql, (limit,))]


def mark_read(tx: Tx, event: int) -> None:
    """The journal was read this far."""
    tx.run("UPDATE rules_read SET event = ?", (event,))
