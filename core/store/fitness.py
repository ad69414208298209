"""What fitness for a job is judged by: how much a person did today, and how good the known workers are."""

from __future__ import annotations

from core.quality import Standing
from core.store.tx import Tx

KNOWN = 5
"""Control answers from which a worker counts as known."""
SUMS = (
    "person, 0, 0, 0, sum(answers), sum(cant), sum(controls), sum(control_ok), sum(compared), sum(agreed), "
    "sum(skips), 0, sum(fast), sum(duration_ms)"
)


def anywhere(tx: Tx, person: int) -> Standing:
    """The person's counts in all jobs together."""
    row = tx.one(f"SELECT {SUMS} FROM standing WHERE person = ? GROUP BY person", (person,))
    return Standing(*row) if row else Standing(person, 0)


def known_workers(tx: Tx) -> list[Standing]:
    """The counts of everybody who answered enough controls, all jobs together; once in a while only."""
    rows = tx.all(f"SELECT {SUMS} FROM standing GROUP BY person HAVING sum(controls) >= ?", (KNOWN,))
    return [Standing(*row) for row in rows]


def bar_of(tx: Tx, job: int) -> tuple[int, int] | None:
    """The job's bar (ppm) and when it was set."""
    row = tx.one("SELECT bar, at FROM job_bar WHERE job = ?", (job,))
    return (row[0], row[1]) if row else None


def set_bar(tx: Tx, job: int, bar: int, workers: int, now: int) -> None:
    """Note the job's bar and how many workers reach it."""
    tx.run(
        "INSERT INTO job_bar(job, bar, workers, at) VALUES(?, ?, ?, ?) ON CONFLICT(job) DO UPDATE SET "
        "bar = excluded.bar, workers = excluded.workers, at = excluded.at",
        (job, bar, workers, now),
    )


def done_since(tx: Tx, person: int, since: int) -> int:
    """How many tasks the person has finished since then."""
    return int(tx.value("SELECT count(*) FROM assignment WHERE person = ? AND done_at >= ?", (person, since)))


def worked_since(tx: Tx, person: int, since: int) -> int:
    """How long the person has worked since then (ms), task by task."""
    sql = "SELECT coalesce(sum(done_at - leased_at), 0) FROM assignment WHERE person = ? AND done_at >= ?"
    return int(tx.value(sql, (person, since)))
