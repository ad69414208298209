"""Toloka's unavailable_for: tasks that are not for named people, such as those who wrote the item."""

from __future__ import annotations

from collections.abc import Iterable

from core.model import Handle
from core.routing import Candidate
from core.store.tx import Tx

PPM = 1_000_000
QUEUE = (
    "SELECT t.id, t.answers, t.confidence FROM task t WHERE t.job = ?1 AND t.want > 0 AND t.gold IS NULL "
    "AND t.reserved = 0 AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task = t.id AND a.person = ?2) "
    "AND NOT EXISTS (SELECT 1 FROM exclusion e WHERE e.platform = ?3 AND e.user = ?4 AND e.job = ?1 AND e.task = t.id) "
    "ORDER BY t.answers DESC, t.position LIMIT ?5"
)


def insert_exclusions(tx: Tx, job: int, task: int, handles: Iterable[Handle]) -> None:
    """Keep this task from these people."""
    tx.many(
        "INSERT INTO exclusion(platform, user, job, task) VALUES(?, ?, ?, ?)",
        [(*handle, job, task) for handle in dict.fromkeys(handles)],
    )


def excluded(tx: Tx, job: int, handle: Handle) -> frozenset[int]:
    """Tasks of the job that are not for this person."""
    rows = tx.all("SELECT task FROM exclusion WHERE platform = ? AND user = ? AND job = ?", (*handle, job))
    return frozenset(task for (task,) in rows)


def queue_without(tx: Tx, job: int, person: tuple[int, Handle], limit: int) -> list[Candidate]:
    """The queue for a person (id, handle) whom some tasks are kept from; slower than the plain one."""
    number, handle = person
    rows = tx.all(QUEUE, (job, number, *handle, limit))
    return [Candidate(task, answers, confidence / PPM) for task, answers, confidence in rows]
