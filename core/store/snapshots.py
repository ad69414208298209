"""Narrow reads for batch runs: a job's tasks and answers as columns, with the worker ids that the job may see."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.tx import Row, Tx


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """One job at one moment: tasks (id, ref, columns, gold) and answers (task, person, label, control, at, ms)."""

    tasks: list[Row]
    answers: list[Row]


def snapshot(tx: Tx, job: int) -> JobSnapshot:
    """Every task of the job and every answer in force; "can't tell" is label -1."""
    return JobSnapshot(
        tx.all("SELECT id, ref, columns, gold FROM task WHERE job = ? ORDER BY id", (job,)),
        tx.all(
            "SELECT a.task, a.person, a.label, a.control, a.done_at, r.duration_ms FROM assignment a "
            "JOIN answer r ON r.id = a.answer WHERE a.job = ? AND a.state = 'SUBMITTED' ORDER BY a.answer",
            (job,),
        ),
    )
