"""Who may still take a job's open tasks: known only where every one of them is reserved for named people."""

from __future__ import annotations

from core.store.tx import Tx

LOOK_AT = 1_000
"""Open tasks that one look goes through, some 50 ms at worst; a job with more is taken not to be at its end."""
OPEN_TO_ALL = (
    "SELECT EXISTS(SELECT 1 FROM task WHERE job = ?1 AND want > 0 AND gold IS NULL AND reserved = 0) "
    "OR EXISTS(SELECT 1 FROM hold WHERE job = ?1)"
)
NAMED = "SELECT id FROM task WHERE job = ?1 AND want > 0 AND gold IS NULL AND reserved = 1 ORDER BY answers, position"
MANY = f"SELECT EXISTS({NAMED} LIMIT 1 OFFSET ?2)"
SOMEBODY = (
    f"SELECT EXISTS(SELECT 1 FROM ({NAMED}) t JOIN reservation r ON r.task = t.id "
    "LEFT JOIN person p ON p.platform = r.platform AND p.user = r.user WHERE p.id IS NULL OR (p.state <> 'gone' "
    "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task = t.id AND a.person = p.id) "
    "AND NOT EXISTS (SELECT 1 FROM restriction b WHERE b.person = p.id AND b.lifted_at IS NULL "
    "AND (b.until IS NULL OR b.until > ?3) AND (b.job IS NULL OR b.job = ?1) "
    "AND (b.requester IS NULL OR b.requester = ?2))))"
)


def any_left(tx: Tx, job: int, requester: int, now: int) -> bool:
    """Whether somebody may take an open task: anybody where one is free for all, else a named person.

    Who had the task, has left for good or is barred now takes it no more; who has not come yet may.
    """
    if tx.value(OPEN_TO_ALL, (job,)) or tx.value(MANY, (job, LOOK_AT)):
        return True
    return bool(tx.value(SOMEBODY, (job, requester, now)))
