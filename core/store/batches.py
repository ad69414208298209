"""Batch runs and their labels, and the windows of scheduled jobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.model import Place
from core.store.tx import Tx

RUN = "id, kind, job, claim, final, state, folder, tries, report, error"


@dataclass(frozen=True, slots=True)
class BatchRun:
    """One execution of a GPU job: queued, running, done or failed; `report` is its report as JSON."""

    id: int
    kind: str
    job: int
    claim: str
    final: int
    state: str
    folder: str
    tries: int
    report: str
    error: str


def queue_run(tx: Tx, kind: str, job: int, claim: str, final: bool, now: int) -> int | None:
    """Queue a run once per (job, kind, claim); None when it is there already."""
    if tx.one("SELECT 1 FROM batch_run WHERE job = ? AND kind = ? AND claim = ?", (job, kind, claim)):
        return None
    return tx.insert(
        "INSERT INTO batch_run(kind, job, claim, final, created_at) VALUES(?, ?, ?, ?, ?)",
        (kind, job, claim, int(final), now),
    )


def take_run(tx: Tx, now: int) -> BatchRun | None:
    """Claim the oldest queued run; final labels first, and training, which takes longest, when nothing else waits."""
    row = tx.one(
        "UPDATE batch_run SET state = 'running', started_at = ?, tries = tries + 1 WHERE id = "
        "(SELECT id FROM batch_run WHERE state = 'queued' ORDER BY kind = 'finetune', final DESC, id LIMIT 1) "
        f"RETURNING {RUN}",
        (now,),
    )
    return BatchRun(*row) if row else None


def drop_queued(tx: Tx, kind: str, job: int) -> int:
    """Forget runs of that kind that nobody has begun and nobody asked for: a newer one takes their place; how many."""
    sql = "DELETE FROM batch_run WHERE state = 'queued' AND tries = 0 AND final = 0 AND kind = ? AND job = ?"
    return tx.run(f"{sql} AND claim NOT LIKE 'asked%'", (kind, job)).rowcount


def give_way(tx: Tx, run: int) -> bool:
    """Put a training run back into the queue when a job's final labels wait behind it; it goes on where it was."""
    sql = (
        "UPDATE batch_run SET state = 'queued', tries = max(0, tries - 1) WHERE id = ? AND state = 'running' "
        "AND kind = 'finetune' AND EXISTS (SELECT 1 FROM batch_run w WHERE w.state = 'queued' AND w.final = 1 "
        "AND w.kind <> 'finetune')"
    )
    return tx.run(sql, (run,)).rowcount == 1


def requeue_running(tx: Tx) -> int:
    """Runs that a crash left running start again (their folder tells what is done); how many."""
    return tx.run("UPDATE batch_run SET state = 'queued' WHERE state = 'running'").rowcount


def requeue(tx: Tx, run: int, error: str) -> None:
    """Try this run again later."""
    tx.run("UPDATE batch_run SET state = 'queued', error = ? WHERE id = ?", (error, run))


def set_folder(tx: Tx, run: int, folder: str) -> None:
    """Where the run reads and writes."""
    tx.run("UPDATE batch_run SET folder = ? WHERE id = ?", (folder, run))


def finish_run(tx: Tx, run: int, report: str, error: str, now: int) -> None:
    """The run is done, or failed when there is an error."""
    state = "failed" if error else "done"
    tx.run(
        "UPDATE batch_run SET state = ?, report = ?, error = ?, finished_at = ? WHERE id = ?",
        (state, report, error, now, run),
    )


def get_run(tx: Tx, run: int) -> BatchRun:
    """The run with that id; LookupError when there is none."""
    row = tx.one(f"SELECT {RUN} FROM batch_run WHERE id = ?", (run,))
    if row is None:
        raise LookupError(f"no batch run {run}")
    return BatchRun(*row)


def find_by_id(tx: Tx, run: int) -> BatchRun | None:
    """The run with that id, or None."""
    row = tx.one(f"SELECT {RUN} FROM batch_run WHERE id = ?", (run,))
    return BatchRun(*row) if row else None


def newest(tx: Tx, limit: int, place: Place | None) -> list[BatchRun]:
    """The newest runs: of the jobs that a channel owns, or of all."""
    if place is None:
        return [BatchRun(*row) for row in tx.all(f"SELECT {RUN} FROM batch_run ORDER BY id DESC LIMIT ?", (limit,))]
    sql = (
        f"SELECT {RUN} FROM batch_run WHERE job IN (SELECT j.id FROM job j WHERE j.platform = ? AND j.chat = ?) "
        "ORDER BY id DESC LIMIT ?"
    )
    return [BatchRun(*row) for row in tx.all(sql, (*place, limit))]


def find_run(tx: Tx, kind: str, job: int, claim: str) -> BatchRun | None:
    """The run that has this claim."""
    row = tx.one(f"SELECT {RUN} FROM batch_run WHERE job = ? AND kind = ? AND claim = ?", (job, kind, claim))
    return BatchRun(*row) if row else None


def retry(tx: Tx, run: int) -> None:
    """A failed run gets all its tries again."""
    tx.run("UPDATE batch_run SET state = 'queued', tries = 0, error = '' WHERE id = ? AND state = 'failed'", (run,))


def latest_done(tx: Tx, job: int) -> BatchRun | None:
    """The newest finished run of a job."""
    row = tx.one(f"SELECT {RUN} FROM batch_run WHERE job = ? AND state = 'done' ORDER BY id DESC LIMIT 1", (job,))
    return BatchRun(*row) if row else None


def insert_labels(tx: Tx, run: int, job: int, labels: Iterable[tuple[int, int, int, int, int]]) -> None:
    """Store labels (task, label, confidence in ppm, majority, answers) of a run; again is harmless."""
    tx.many(
        "INSERT INTO label(task, job, run, label, confidence, majority, answers) VALUES(?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(task, run) DO NOTHING",
        ((task, job, run, label, confidence, majority, n) for task, label, confidence, majority, n in labels),
    )


def claim_window(tx: Tx, name: str, claim: str, now: int) -> bool:
    """Whether this process may run that window of a scheduled job."""
    sql = "INSERT INTO schedule_run(name, claim, at) VALUES(?, ?, ?) ON CONFLICT(name, claim) DO NOTHING"
    return tx.run(sql, (name, claim, now)).rowcount == 1


def finish_window(tx: Tx, name: str, claim: str, outcome: str, now: int) -> None:
    """Note how a window ended; windows older than a day are forgotten."""
    tx.run(
        "UPDATE schedule_run SET finished_at = ?, outcome = ? WHERE name = ? AND claim = ?", (now, outcome, name, claim)
    )
    tx.run("DELETE FROM schedule_run WHERE name = ? AND at < ? AND outcome = 'ok'", (name, now - 86_400_000))
