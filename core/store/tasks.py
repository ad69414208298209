"""Tasks: import, the queue from which work is handed out, and their running counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.model import Handle, Item
from core.routing import Candidate, Verdict
from core.store import controls, exclusions
from core.store.tx import Tx

TASK = (
    "id, job, position, ref, columns, gold, reserved, done, answers, active, want, reports, label, confidence, extra, "
    "stood"
)
PPM = 1_000_000


class Task(NamedTuple):
    """One item as stored; `gold` is the known option index of a control, `confidence` in parts per million."""

    id: int
    job: int
    position: int
    ref: str
    columns_text: str
    gold: int | None
    reserved: int
    done: int
    answers: int
    active: int
    want: int
    reports: int
    label: int | None
    confidence: int
    extra: int = 0
    """Answers that rules asked for beyond the job's overlap."""
    stood: int = 0
    """Refits of the job's belief that its verdict has stood."""

    @property
    def columns(self) -> dict[str, str]:
        """What the worker sees, column by column."""
        columns: dict[str, str] = json.loads(self.columns_text)
        return columns


def insert_tasks(tx: Tx, job: int, first: int, items: Sequence[Item], want: int) -> None:
    """Store items as tasks from position `first` on; each wants that many answers at the start."""
    for position, item in enumerate(items, first):
        task = tx.insert(
            "INSERT INTO task(job, position, ref, columns, gold, reserved, want) VALUES(?, ?, ?, ?, ?, ?, ?)",
            (
                job,
                position,
                item.ref,
                json.dumps(dict(item.columns), ensure_ascii=False),
                item.gold,
                int(bool(item.reserved_for)),
                want if item.gold is None else 0,
            ),
        )
        if item.gold is not None:
            controls.insert_control(tx, task, job, item)
        if item.reserved_for:
            _insert_reservations(tx, job, task, item.reserved_for)
        if item.unavailable_for:
            exclusions.insert_exclusions(tx, job, task, item.unavailable_for)


def _insert_reservations(tx: Tx, job: int, task: int, handles: Iterable[Handle]) -> None:
    tx.many(
        "INSERT INTO reservation(platform, user, job, task) VALUES(?, ?, ?, ?)",
        [(*handle, job, task) for handle in dict.fromkeys(handles)],
    )


def get_task(tx: Tx, task: int) -> Task:
    """The task with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {TASK} FROM task WHERE id = ?", (task,))
    if row is None:
        raise LookupError(f"no task {task}")
    return Task(*row)


def tasks_of(tx: Tx, job: int) -> list[Task]:
    """Every task of a job in upload order."""
    return [Task(*row) for row in tx.all(f"SELECT {TASK} FROM task WHERE job = ? ORDER BY position", (job,))]


def first_task(tx: Tx, job: int) -> Task:
    """The job's first item, for previews."""
    row = tx.one(f"SELECT {TASK} FROM task WHERE job = ? ORDER BY position LIMIT 1", (job,))
    if row is None:
        raise LookupError(f"job {job} has no tasks")
    return Task(*row)


FRESH = "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.task = t.id AND a.person = ?)"
WAITING = "job = ? AND want > 0 AND gold IS NULL AND reserved = 0"
"""The condition of the index task_queue."""
OPEN_QUEUE = (
    f"SELECT t.id, t.answers, t.confidence FROM task t WHERE {WAITING} "
    f"{FRESH} ORDER BY t.answers DESC, t.position LIMIT ?"
)
OPEN_WINDOW = (
    f"SELECT t.id, t.answers, t.confidence FROM (SELECT id, answers, confidence FROM task WHERE {WAITING} "
    f"{{}} ORDER BY answers DESC, position LIMIT ?) t WHERE true {FRESH} LIMIT ?"
)
FRONT_WINDOW = OPEN_WINDOW.format("")
LEVEL_WINDOW = OPEN_WINDOW.format("AND answers = ? AND position BETWEEN ? AND ?")
WINDOW = 96
"""Tasks looked at for ones that a person never had; a larger window costs those more who had all of it."""
LAST = 2**62
RESERVED_QUEUE = (
    "SELECT t.id, t.answers, t.confidence FROM reservation r JOIN task t ON t.id = r.task "
    f"WHERE r.platform = ? AND r.user = ? AND r.job = ? AND t.want > 0 AND t.gold IS NULL {FRESH} "
    "ORDER BY t.answers DESC, t.position LIMIT ?"
)


def _candidates(rows: list[tuple[int, int, int]]) -> list[Candidate]:
    return [Candidate(task, answers, confidence / PPM) for task, answers, confidence in rows]


def queue_for(tx: Tx, job: int, person: int, limit: int, *, levels: int, pivot: int) -> list[Candidate]:
    """Tasks of the job that anybody may do, want an answer, and that this person never had; most answers first.

    A tap costs the same however much a person has done: who had the whole front of the queue gets a look at a window
    of every number of answers below `levels`, from position `pivot` on and from the first. Only for whom that holds
    nothing the whole queue is searched: they have had nearly all of it.
    """
    found = tx.all(FRONT_WINDOW, (job, WINDOW, person, limit))
    looks = ((answers, *span) for answers in reversed(range(levels)) for span in ((pivot, LAST), (0, pivot - 1)))
    while not found and (look := next(looks, None)):
        found = tx.all(LEVEL_WINDOW, (job, *look, WINDOW, person, limit))
    return _candidates(found or tx.all(OPEN_QUEUE, (job, person, limit)))


def fresh_for(tx: Tx, job: int, person: int, limit: int, *, pivot: int) -> list[Candidate]:
    """The same among tasks without an answer, from position `pivot` on, else from the first."""
    found = tx.all(LEVEL_WINDOW, (job, 0, pivot, LAST, WINDOW, person, limit))
    return _candidates(found or tx.all(LEVEL_WINDOW, (job, 0, 0, pivot - 1, WINDOW, person, limit)))


def reserved_queue_for(tx: Tx, job: int, person: int, handle: Handle, limit: int) -> list[Candidate]:
    """The same among tasks reserved for named people."""
    return _candidates(tx.all(RESERVED_QUEUE, (*handle, job, person, limit)))


def take_lease(tx: Tx, task: int) -> None:
    """One more worker holds this task; a control's `want` is 0 and stays so."""
    tx.run("UPDATE task SET active = active + 1, want = max(0, want - 1) WHERE id = ?", (task,))


def set_verdict(tx: Tx, task: Task, verdict: Verdict, active: int, answers: int) -> None:
    """Write what routing decided about this task."""
    tx.run(
        "UPDATE task SET active = ?, answers = ?, want = ?, done = ?, label = ?, confidence = ? WHERE id = ?",
        (active, answers, verdict.want, int(verdict.done), verdict.label, round(verdict.confidence * PPM), task.id),
    )


def set_leases(tx: Tx, task: int, active: int, want: int) -> None:
    """How many workers hold this task, and how many more it wants."""
    tx.run("UPDATE task SET active = ?, want = ? WHERE id = ?", (active, want, task))


def set_extra(tx: Tx, task: int, extra: int) -> None:
    """How many answers this task is to get beyond the job's overlap."""
    tx.run("UPDATE task SET extra = ? WHERE id = ?", (extra, task))


def count_control(tx: Tx, task: int, active: int, answers: int) -> None:
    """Running counts of a control: changes to leases out and answers in."""
    tx.run("UPDATE task SET active = active + ?, answers = answers + ? WHERE id = ?", (active, answers, task))


def count_report(tx: Tx, task: int, delta: int) -> int:
    """Somebody reported the item as broken (or took it back); reports now."""
    return int(tx.value("UPDATE task SET reports = reports + ? WHERE id = ? RETURNING reports", (delta, task)))
