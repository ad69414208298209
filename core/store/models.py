"""Models of a job, the tasks that only a model labelled, and what a model said of tasks beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.store import beliefs
from core.store.tx import Row, Tx

PPM = 1_000_000
MODEL = "id, job, run, folder, hash, state, parent, metrics, reason, actor, at, decided_at, displaced, withdrawn"


@dataclass(frozen=True, slots=True)
class Model:
    """A model folder: candidate, live (one a job), retired or refused; `displaced` is what a rollback brings back."""

    id: int
    job: int
    run: int
    folder: str
    hash: str
    state: str
    parent: int | None
    metrics_text: str
    reason: str
    actor: int | None
    at: int
    decided_at: int | None
    displaced: int | None = None
    withdrawn: int = 0

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures of its finetune run."""
        metrics: dict[str, Any] = json.loads(self.metrics_text)
        return metrics

    @property
    def made_of(self) -> int:
        """How many labels it learnt from."""
        return int(self.metrics.get("labelled", 0))


def insert_model(tx: Tx, about: tuple[int, int], folder: str, identity: str, metrics: dict[str, Any], now: int) -> int:
    """A candidate of (job, run), once per run; its parent is the live model. Its id."""
    tx.run(
        "INSERT INTO model(job, run, folder, hash, state, parent, metrics, at) VALUES(?1, ?2, ?3, ?4, 'candidate', "
        "(SELECT id FROM model WHERE job = ?1 AND state = 'live'), ?5, ?6) ON CONFLICT(run) DO NOTHING",
        (*about, folder, identity, json.dumps(metrics), now),
    )
    return int(tx.value("SELECT id FROM model WHERE run = ?", (about[1],)))


def find_model(tx: Tx, model: int) -> Model | None:
    """The model with that id, or None."""
    row = tx.one(f"SELECT {MODEL} FROM model WHERE id = ?", (model,))
    return Model(*row) if row else None


def get_model(tx: Tx, model: int) -> Model:
    """The model with that id; LookupError when there is none."""
    found = find_model(tx, model)
    if found is None:
        raise LookupError(f"no model {model}")
    return found


def live_model(tx: Tx, job: int) -> Model | None:
    """The model that speaks in this job now."""
    row = tx.one(f"SELECT {MODEL} FROM model WHERE job = ? AND state = 'live'", (job,))
    return Model(*row) if row else None


def models_of(tx: Tx, job: int, limit: int) -> list[Model]:
    """The job's models, newest first."""
    rows = tx.all(f"SELECT {MODEL} FROM model WHERE job = ? ORDER BY id DESC LIMIT ?", (job, limit))
    return [Model(*row) for row in rows]


def decide(tx: Tx, model: int, state: str, reason: str, actor: int | None, now: int) -> None:
    """What becomes of a model, by whom (None: by the gate) and why."""
    tx.run(
        "UPDATE model SET state = ?, reason = ?, actor = ?, decided_at = ? WHERE id = ?",
        (state, reason, actor, now, model),
    )


def set_displaced(tx: Tx, model: int, displaced: int | None) -> None:
    """Which model a rollback of this one brings back; whatever was to be taken back of it stands again."""
    tx.run("UPDATE model SET displaced = ?, withdrawn = 0 WHERE id = ?", (displaced, model))


STANDS, BEING_WITHDRAWN, WITHDRAWN = range(3)


def set_withdrawn(tx: Tx, model: int, step: int) -> None:
    """What a model said alone is to be taken back, or has been."""
    tx.run("UPDATE model SET withdrawn = ? WHERE id = ?", (step, model))


def withdraw_all(tx: Tx, job: int) -> None:
    """The same for every model of a job."""
    tx.run("UPDATE model SET withdrawn = 1 WHERE job = ? AND withdrawn = 0", (job,))


def being_withdrawn(tx: Tx) -> list[Model]:
    """Models whose labels and priors are still to be taken back."""
    return [Model(*row) for row in tx.all(f"SELECT {MODEL} FROM model WHERE withdrawn = 1 ORDER BY id")]


def known_answers(tx: Tx, job: int) -> dict[int, int]:
    """By task: the class that is known, from control tasks that no audit retired and from what people decided."""
    sql = (
        "SELECT t.id, t.gold FROM task t JOIN control c ON c.task = t.id WHERE t.job = ? AND t.gold IS NOT NULL "
        "AND (c.retired_at IS NULL OR c.reason <> 'audit')"
    )
    ruled = (
        "SELECT task, label FROM ruling r WHERE job = ? AND NOT EXISTS (SELECT 1 FROM assignment a "
        "WHERE r.source = 'expert' AND a.id = r.ref AND a.void <> 0) ORDER BY rank, id"
    )
    return {**dict(tx.all(sql, (job,))), **dict(tx.all(ruled, (job,)))}


# ---- tasks that only a model labelled -----------------------------------------------------------------------------

UNANSWERED = "job = ? AND want > 0 AND gold IS NULL AND reserved = 0 AND answers = 0"
"""Narrower than the condition of the index task_queue: a task that named people are to judge is left to them."""


def unanswered(tx: Tx, job: int) -> set[int]:
    """The open tasks that wait for their first answer."""
    return {row[0] for row in tx.all(f"SELECT id FROM task WHERE {UNANSWERED}", (job,))}


def any_unanswered(tx: Tx, job: int) -> bool:
    """Whether there is such a task."""
    return tx.one(f"SELECT 1 FROM task WHERE {UNANSWERED} LIMIT 1", (job,)) is not None


def put_label(tx: Tx, about: tuple[int, int, int], label: int, confidence: int, now: int) -> None:
    """A model labels (task, job, model) alone; confidence in ppm."""
    tx.run(
        "INSERT INTO model_label(task, job, model, label, confidence, at) VALUES(?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(task) DO NOTHING",
        (*about, label, confidence, now),
    )


def drop_label(tx: Tx, task: int) -> None:
    """The model's label of this task is withdrawn."""
    tx.run("DELETE FROM model_label WHERE task = ?", (task,))


def label_of(tx: Tx, task: int) -> tuple[int, float] | None:
    """The label that a model gave this task, and its confidence; it counts only while nobody has answered."""
    row = tx.one("SELECT label, confidence FROM model_label WHERE task = ?", (task,))
    return (row[0], row[1] / PPM) if row else None


def labels_in_force(tx: Tx, job: int) -> list[Row]:
    """(task, label, confidence in ppm) of the tasks that only a model labelled."""
    sql = (
        "SELECT l.task, l.label, l.confidence FROM model_label l JOIN task t ON t.id = l.task "
        "WHERE l.job = ? AND t.answers = 0 AND t.done = 1 "
        "AND NOT EXISTS (SELECT 1 FROM ruling r WHERE r.task = l.task) ORDER BY l.task"
    )
    return tx.all(sql, (job,))


def labelled_by(tx: Tx, model: int) -> int:
    """How many tasks this model labelled alone."""
    return int(tx.value("SELECT count(*) FROM model_label WHERE model = ?", (model,)))


def tasks_labelled_by(tx: Tx, model: int, limit: int) -> list[int]:
    """Some of them."""
    return [row[0] for row in tx.all("SELECT task FROM model_label WHERE model = ? LIMIT ?", (model, limit))]


# ---- priors -------------------------------------------------------------------------------------------------------


def put_priors(tx: Tx, job: int, rows: Iterable[tuple[int, Sequence[float]]], run: int) -> None:
    """What a model says of tasks beforehand; a task that has answers keeps its out-of-sample prior."""
    told = dict(rows)
    marks = ",".join("?" * len(told))
    fresh = [row[0] for row in tx.all(f"SELECT id FROM task WHERE id IN ({marks}) AND answers = 0", tuple(told))]
    beliefs.put_priors(tx, job, [(task, told[task]) for task in fresh], run)


def drop_priors(tx: Tx, job: int, model: int, limit: int) -> int:
    """Forget what a model's predict runs said of tasks, some at a time; how many went."""
    claim = f"model:{model}:%"
    dropped = tx.run(
        "DELETE FROM prior WHERE task IN (SELECT p.task FROM batch_run r JOIN prior p ON p.model = r.id "
        "WHERE r.job = ? AND r.kind = 'predict' AND r.claim LIKE ? LIMIT ?)",
        (job, claim, limit),
    ).rowcount
    if dropped:
        tx.run("UPDATE job SET priors = priors - ? WHERE id = ?", (dropped, job))
    return dropped
