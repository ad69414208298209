"""Audits, what they suspect, and what people decided about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.store.tx import Tx

PPM = 1_000_000
SUSPECT = "id, run, job, task, kind, label, suggested, suspicion, reason, decision, actor, decided_at"
AUDIT = "run, job, answers, labelled, error, low, high, weight, at"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label (or a control's gold) that is probably wrong; `suspicion` in parts per million."""

    id: int
    run: int
    job: int
    task: int
    kind: str
    label: int
    suggested: int
    suspicion: int
    reason: str
    decision: str | None
    actor: int | None
    decided_at: int | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A finished audit: the expected share of wrong labels with its interval, and how much the text counted, in ppm."""

    run: int
    job: int
    answers: int
    labelled: int
    error: int
    low: int
    high: int
    weight: int
    at: int


def insert_audit(tx: Tx, row: AuditRow) -> None:
    """Once per run."""
    tx.run(
        f"INSERT INTO audit({AUDIT}) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(run) DO NOTHING",
        (row.run, row.job, row.answers, row.labelled, row.error, row.low, row.high, row.weight, row.at),
    )


def newest_audit(tx: Tx, job: int) -> AuditRow | None:
    """The job's last finished audit."""
    row = tx.one(f"SELECT {AUDIT} FROM audit WHERE job = ? ORDER BY run DESC LIMIT 1", (job,))
    return AuditRow(*row) if row else None


def insert_suspects(tx: Tx, run: int, job: int, rows: Iterable[tuple[str, int, int, int, float, str]]) -> None:
    """(kind, task, label, suggested, suspicion, reason) of a run; one that was decided before stays decided."""
    tx.many(
        "INSERT INTO suspect(run, job, kind, task, label, suggested, suspicion, reason) "
        "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM suspect s WHERE s.task = ?4 "
        "AND s.kind = ?3 AND s.decision IS NOT NULL) ON CONFLICT(run, task, kind) DO NOTHING",
        [(run, job, *row[:4], round(row[4] * PPM), row[5]) for row in rows],
    )


def get_suspect(tx: Tx, suspect: int) -> Suspect:
    """The suspect with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {SUSPECT} FROM suspect WHERE id = ?", (suspect,))
    if row is None:
        raise LookupError(f"no suspect {suspect}")
    return Suspect(*row)


def open_suspects(tx: Tx, job: int, run: int, limit: int) -> list[Suspect]:
    """The most suspicious of a run that nobody has judged."""
    sql = (
        f"SELECT {SUSPECT} FROM suspect WHERE job = ? AND run = ? AND decision IS NULL "
        "ORDER BY suspicion DESC, id LIMIT ?"
    )
    return [Suspect(*row) for row in tx.all(sql, (job, run, limit))]


def decide(tx: Tx, suspect: int, decision: str | None, actor: int, now: int) -> None:
    """A person's word on it; None takes it back."""
    tx.run("UPDATE suspect SET decision = ?, actor = ?, decided_at = ? WHERE id = ?", (decision, actor, now, suspect))


def decided(tx: Tx, run: int) -> tuple[int, int, float]:
    """How many of a run's suspected labels were fixed, kept, and the sum of the suspicion that decisions removed."""
    row = tx.one(
        "SELECT count(*) FILTER (WHERE decision = 'fix'), count(*) FILTER (WHERE decision = 'keep'), "
        "coalesce(sum(suspicion) FILTER (WHERE decision IN ('fix', 'keep')), 0) "
        "FROM suspect WHERE run = ? AND kind = 'label'",
        (run,),
    )
    assert row is not None
    return row[0], row[1], row[2] / PPM
