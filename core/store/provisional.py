"""Provisional verdicts: done tasks that what is learnt of their workers may still reopen."""

from __future__ import annotations

from collections.abc import Sequence

from core.store.tx import Tx

CONFIRM = 5
"""Refits that a verdict has to stand; the index task_provisional is for this number, which is that of the replays."""
PROVISIONAL = "job = ? AND done = 1 AND gold IS NULL AND answers > 0 AND stood < 5"
"""The condition of the index task_provisional."""
OPEN_TO_DOUBT = (
    "active = 0 AND NOT EXISTS (SELECT 1 FROM ruling r WHERE r.task = t.id) "
    "AND NOT EXISTS (SELECT 1 FROM escalation e WHERE e.task = t.id) "
    "AND NOT EXISTS (SELECT 1 FROM promotion p WHERE p.task = t.id AND p.decision = 'yes')"
)
"""Nobody is at the task, and no person's word stands on it or is asked for."""


def last_of_page(tx: Tx, job: int, after: int, limit: int) -> tuple[int, int]:
    """The position at which the next page of provisional tasks ends, and how many tasks it has."""
    sql = f"SELECT position FROM task WHERE {PROVISIONAL} AND position > ? ORDER BY position LIMIT ?"
    rows = tx.all(sql, (job, after, limit))
    return (rows[-1][0] if rows else after), len(rows)


def doubtful(tx: Tx, job: int, after: int, last: int) -> list[int]:
    """The tasks of a page whose verdicts may change, in upload order."""
    sql = f"SELECT id FROM task t WHERE {PROVISIONAL} AND position > ? AND position <= ? AND {OPEN_TO_DOUBT}"
    return [task for (task,) in tx.all(f"{sql} ORDER BY position", (job, after, last))]


def count_stood(tx: Tx, job: int, after: int, last: int) -> None:
    """The verdicts of a page that still stand have stood one refit more; those with an answer on its way wait."""
    sql = f"UPDATE task SET stood = stood + 1 WHERE {PROVISIONAL} AND position > ? AND position <= ? AND active = 0"
    tx.run(sql, (job, after, last))


def begin_again(tx: Tx, tasks: Sequence[int]) -> None:
    """The verdicts of these tasks fell, or rest on other votes: they have to stand from the first refit on."""
    marks = ",".join("?" * len(tasks))
    tx.run(f"UPDATE task SET stood = 0 WHERE id IN ({marks})", tuple(tasks))
