"""What a plan starts from (the workers whom the house has seen, a job's controls), and the plans still to be made."""

from __future__ import annotations

from dataclasses import dataclass

from core.quality import PRIOR_N, PRIOR_OK, counts
from core.store import fitness
from core.store.tx import Tx

MOST_KNOWN = 2_000
"""Workers whose record a plan looks at."""
NEWEST = 10
"""Jobs from which the usual number of workers comes."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A plan that somebody asked for, to be posted in a chat."""

    id: int
    job: int
    platform: str
    chat: str


def house_record(tx: Tx) -> tuple[tuple[tuple[float, float], ...], float]:
    """(right, wrong) of every known worker, and the seconds that an answer takes them on average (0: none seen)."""
    known = fitness.known_workers(tx)[:MOST_KNOWN]
    pairs = []
    for standing in known:
        right, number = counts(standing)
        pairs.append((right - PRIOR_OK, max(0.0, number - PRIOR_N - (right - PRIOR_OK))))
    answers = sum(standing.answers for standing in known)
    spent = sum(standing.duration_ms for standing in known)
    return tuple(pairs), spent / answers / 1000 if answers else 0.0


def gold_counts(tx: Tx, job: int, classes: int) -> list[int]:
    """How many control tasks of each class the job has."""
    sql = (
        "SELECT t.gold, count(*) FROM control c JOIN task t ON t.id = c.task "
        "WHERE c.job = ? AND c.retired_at IS NULL GROUP BY t.gold"
    )
    rows: dict[int, int] = dict(tx.all(sql, (job,)))
    return [rows.get(label, 0) for label in range(classes)]


def usual_workers(tx: Tx) -> int:
    """How many people worked on one of the newest jobs, on average; 0 while nobody did."""
    sql = "SELECT avg(workers) FROM (SELECT workers FROM job WHERE workers > 0 ORDER BY id DESC LIMIT ?)"
    return round(tx.value(sql, (NEWEST,)) or 0)


def ask(tx: Tx, job: int, platform: str, chat: str, now: int) -> bool:
    """Ask for a plan; False when this chat waits for one of this job already."""
    sql = "INSERT INTO plan(job, platform, chat, at) VALUES(?, ?, ?, ?) ON CONFLICT(job, platform, chat) DO NOTHING"
    return tx.run(sql, (job, platform, chat, now)).rowcount == 1


def waiting(tx: Tx, limit: int) -> list[Ask]:
    """The plans that were asked for, oldest first."""
    return [Ask(*row) for row in tx.all("SELECT id, job, platform, chat FROM plan ORDER BY id LIMIT ?", (limit,))]


def drop(tx: Tx, plan: int) -> None:
    """It has been made."""
    tx.run("DELETE FROM plan WHERE id = ?", (plan,))
