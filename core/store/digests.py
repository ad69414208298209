"""What the weekly digest reads: activity by day and person, slice by slice, aggregate runs, and alerts by kind."""

from __future__ import annotations

import json
from typing import NamedTuple

from core.digest import DAY_MS
from core.store.tx import Tx


class Work(NamedTuple):
    """What a person did in a job on one day of the stretch (0 is the first)."""

    day: int
    person: int
    answers: int
    controls: int
    right: int


def active_jobs(tx: Tx, since: int, until: int) -> list[int]:
    """Jobs that were open before the end of the stretch (ms) and have got an answer since its beginning."""
    sql = "SELECT id FROM job WHERE answered_at >= ? AND opened_at < ? ORDER BY id"
    return [job for (job,) in tx.all(sql, (since, until))]


def work_before(tx: Tx, job: int, span: tuple[int, int], before: int, limit: int) -> tuple[list[Work], int]:
    """Up to `limit` rows of the record before that answer, summed up; and the oldest id, 0 when the stretch is over."""
    oldest, first = tx.one(
        "SELECT min(id), min(at) FROM (SELECT id, at FROM answer WHERE job = ? AND id < ? ORDER BY id DESC LIMIT ?)",
        (job, before, limit),
    ) or (None, None)
    if oldest is None:
        return [], 0
    rows = tx.all(
        f"SELECT (at - ?1) / {DAY_MS}, person, sum(control = 0), sum(control), coalesce(sum(correct), 0) FROM answer w "
        "WHERE job = ?2 AND id >= ?3 AND id < ?4 AND kind = 'answer' AND at >= ?1 AND at < ?5 "
        "AND NOT EXISTS (SELECT 1 FROM answer u WHERE u.undoes = w.id) GROUP BY 1, 2",
        (span[0], job, oldest, before, span[1]),
    )
    return [Work(*row) for row in rows], oldest if first >= span[0] else 0


def confidences(tx: Tx, job: int, span: tuple[int, int]) -> list[tuple[int, float]]:
    """The day and the mean confidence of each aggregate run of the job that ended in the stretch, oldest first."""
    rows = tx.all(
        f"SELECT (finished_at - ?1) / {DAY_MS}, report FROM batch_run WHERE job = ?2 AND kind = 'aggregate' "
        "AND state = 'done' AND finished_at >= ?1 AND finished_at < ?3 ORDER BY finished_at",
        (span[0], job, span[1]),
    )
    found = ((day, json.loads(report).get("metrics", {}).get("mean_confidence")) for day, report in rows)
    return [(day, float(value)) for day, value in found if value is not None]


def alerts_by_kind(tx: Tx, span: tuple[int, int]) -> list[tuple[int | None, str, str, int]]:
    """How many alerts came in the stretch, by job, kind and state."""
    sql = "SELECT job, kind, state, count(*) FROM alert WHERE at >= ? AND at < ? GROUP BY 1, 2, 3 ORDER BY 2"
    return tx.all(sql, span)
