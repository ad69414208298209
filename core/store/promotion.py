"""Tasks that could become controls: many good workers agree on them, and a person has not said yes or no yet."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.tx import Tx

LOOK_AT = 200
"""Most certain tasks of a job that one search looks at."""
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task on which everybody agrees: the label, how many, and how good they are believed to be on average."""

    task: int
    label: int
    answers: int
    accuracy: float
    confidence: float


def candidates(tx: Tx, job: int, answers: int, accuracy: float, limit: int) -> list[Candidate]:
    """Tasks of the job with at least so many answers, all the same, by workers of that accuracy on average."""
    rows = tx.all(
        "SELECT t.id, t.label, count(*), avg(a.weight), t.confidence FROM (SELECT id, label, confidence FROM task "
        "WHERE job = ? AND done = 1 AND gold IS NULL AND reserved = 0 AND label IS NOT NULL AND answers > 0 "
        "ORDER BY confidence DESC LIMIT ?) t "
        "JOIN assignment a ON a.task = t.id AND a.state = 'SUBMITTED' AND a.void = 0 "
        "WHERE NOT EXISTS (SELECT 1 FROM promotion p WHERE p.task = t.id) GROUP BY t.id "
        "HAVING count(*) >= ? AND min(a.label) = max(a.label) AND avg(a.weight) >= ? "
        "ORDER BY t.confidence DESC, avg(a.weight) DESC LIMIT ?",
        (job, LOOK_AT, answers, accuracy * PPM, limit),
    )
    return [Candidate(task, label, n, weight / PPM, sure / PPM) for task, label, n, weight, sure in rows]


def has_answered(tx: Tx, person: int, task: int) -> bool:
    """Whether the person is one of those who made the label."""
    return tx.one("SELECT 1 FROM assignment WHERE task = ? AND person = ?", (task, person)) is not None


def decided(tx: Tx, task: int) -> str | None:
    """What was said about that task: yes, no, or nothing yet."""
    row = tx.one("SELECT decision FROM promotion WHERE task = ?", (task,))
    return row[0] if row else None


def decide(tx: Tx, about: tuple[int, int], decision: str, control: int | None, by: tuple[int, int]) -> None:
    """Note a decision on (task, job); `by` is (who, when)."""
    task, job = about
    tx.run(
        "INSERT INTO promotion(task, job, control, decision, actor, at) VALUES(?, ?, ?, ?, ?, ?)",
        (task, job, control, decision, *by),
    )


def make_control(tx: Tx, task: int, label: int) -> int:
    """A control with the content of that task; the task itself keeps its answers and its label. The control's id."""
    control = int(
        tx.value(
            "INSERT INTO task(job, position, ref, columns, gold, want) "
            "SELECT job, (SELECT tasks + controls FROM job j WHERE j.id = t.job), 'control of ' || ref, columns, ?, 0 "
            "FROM task t WHERE id = ? RETURNING id",
            (label, task),
        )
    )
    tx.run("INSERT INTO control(task, job, origin) SELECT id, job, ? FROM task WHERE id = ?", (task, control))
    tx.run("UPDATE job SET controls = controls + 1 WHERE id = (SELECT job FROM task WHERE id = ?)", (control,))
    return control
