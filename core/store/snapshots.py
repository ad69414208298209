"""Narrow reads for batch runs: a job's tasks and answers as columns, with the worker ids that the job may see."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from core.store import models, rulings, texts
from core.store.tx import Row, Tx


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """One job at one moment: tasks (id, ref, columns, gold) and answers (task, person, label, control, at, ms).

    `rulings` are labels that people decided (task, label, weight in ppm), the weightiest of a task last; `alone` are
    those of tasks that only a model labelled (task, label, confidence in ppm).
    """

    tasks: list[Row]
    answers: list[Row]
    rulings: list[Row] = field(default_factory=list)
    alone: list[Row] = field(default_factory=list)


def snapshot(tx: Tx, job: int) -> JobSnapshot:
    """Every task of the job and every answer that counts; "can't tell" is label -1."""
    return JobSnapshot(
        _with_texts(tx, job, tx.all("SELECT id, ref, columns, gold FROM task WHERE job = ? ORDER BY id", (job,))),
        tx.all(
            "SELECT a.task, a.person, a.label, a.control, a.done_at, r.duration_ms FROM assignment a "
            "JOIN answer r ON r.id = a.answer WHERE a.job = ? AND a.state = 'SUBMITTED' AND a.void = 0 "
            "ORDER BY a.answer",
            (job,),
        ),
        rulings.rulings_of(tx, job),
        models.labels_in_force(tx, job),
    )


TEXT_COLUMN = "answer_text"
"""The column of the results in which the accepted text of a typed answer stands."""


def _with_texts(tx: Tx, job: int, rows: list[Row]) -> list[Row]:
    """Typed answers that were accepted stand among the columns of their task."""
    finals = texts.finals(tx, job) if rows else {}
    if not finals:
        return rows
    return [
        (task, ref, json.dumps({**json.loads(columns), TEXT_COLUMN: finals[task]}, ensure_ascii=False), gold)
        if task in finals
        else (task, ref, columns, gold)
        for task, ref, columns, gold in rows
    ]
