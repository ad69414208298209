"""Typed answers: drafts until they are sent, then for good; and the check tasks that judge them."""

from __future__ import annotations

from core.store.tx import Row, Tx


def put_draft(tx: Tx, assignment: int, text: str, now: int) -> None:
    """What the worker typed last for this task."""
    tx.run("INSERT OR REPLACE INTO draft(assignment, text, at) VALUES(?, ?, ?)", (assignment, text, now))


def draft_of(tx: Tx, assignment: int) -> str | None:
    """What the worker has typed and not sent."""
    row = tx.one("SELECT text FROM draft WHERE assignment = ?", (assignment,))
    return str(row[0]) if row else None


def keep(tx: Tx, answer: int, assignment: int, task: int) -> bool:
    """The draft was sent: it is the text of that answer; False when nothing was typed."""
    sql = "INSERT INTO made(answer, task, text) SELECT ?, ?, text FROM draft WHERE assignment = ?"
    kept = tx.run(sql, (answer, task, assignment)).rowcount
    tx.run("DELETE FROM draft WHERE assignment = ?", (assignment,))
    return kept == 1


def text_of(tx: Tx, answer: int) -> str:
    """The text of an answer; empty when it has none."""
    row = tx.one("SELECT text FROM made WHERE answer = ?", (answer,))
    return str(row[0]) if row else ""


def failed_on(tx: Tx, task: int) -> str | None:
    """The last text for a task that did not pass, for the next worker to improve."""
    sql = (
        "SELECT m.text FROM review v JOIN made m ON m.answer = v.answer WHERE v.task = ? "
        "AND v.state IN ('rejected', 'upheld') ORDER BY v.id DESC LIMIT 1"
    )
    row = tx.one(sql, (task,))
    return str(row[0]) if row else None


def failures(tx: Tx, task: int) -> int:
    """How many texts for a task did not pass."""
    sql = "SELECT count(*) FROM review WHERE task = ? AND state IN ('rejected', 'appealed', 'upheld')"
    return int(tx.value(sql, (task,)))


def finals(tx: Tx, job: int) -> dict[int, str]:
    """The accepted text of every task of a job that has one; the newest where there are several."""
    sql = (
        "SELECT m.task, m.text FROM task t JOIN made m ON m.task = t.id JOIN assignment a ON a.answer = m.answer "
        "AND a.state = 'SUBMITTED' AND a.void = 0 LEFT JOIN review v ON v.assignment = a.id "
        "WHERE t.job = ? AND (v.id IS NULL OR v.settled = 1) ORDER BY m.answer"
    )
    if tx.one("SELECT 1 FROM job WHERE id = ? AND json_extract(spec, '$.kind') = 'text'", (job,)) is None:
        return {}
    return dict(tx.all(sql, (job,)))


# ---- the chain ----------------------------------------------------------------------------------------------------


def link(tx: Tx, job: int, checks: int) -> None:
    """The second job checks what the first makes."""
    tx.run("INSERT INTO chain(job, checks) VALUES(?, ?)", (job, checks))


def checks_of(tx: Tx, job: int) -> int | None:
    """The job that checks this one's texts."""
    row = tx.one("SELECT checks FROM chain WHERE job = ?", (job,))
    return int(row[0]) if row else None


def maker_of(tx: Tx, checks: int) -> int | None:
    """The job whose texts this one checks."""
    row = tx.one("SELECT job FROM chain WHERE checks = ?", (checks,))
    return int(row[0]) if row else None


def unchecked(tx: Tx, job: int, now: int, limit: int) -> list[Row]:
    """Texts that wait and have no check task yet: (review, task, text)."""
    sql = (
        "SELECT v.id, v.task, m.text FROM review v JOIN made m ON m.answer = v.answer WHERE v.job = ? "
        "AND v.state = 'pending' AND v.settled = 0 AND v.ready_at <= ? AND NOT EXISTS (SELECT 1 FROM check_task c "
        "WHERE c.review = v.id) ORDER BY v.ready_at LIMIT ?"
    )
    return tx.all(sql, (job, now, limit))


def add_check(tx: Tx, task: int, review: int, job: int) -> None:
    """That check task judges this answer; the check job has one task more."""
    tx.run("INSERT INTO check_task(task, review, job) VALUES(?, ?, ?)", (task, review, job))
    tx.run("UPDATE job SET tasks = tasks + 1 WHERE id = ?", (job,))


def has_check(tx: Tx, review: int) -> bool:
    """Whether others are being asked about this answer."""
    return tx.one("SELECT 1 FROM check_task WHERE review = ?", (review,)) is not None


def checked(tx: Tx, job: int, before: int, limit: int) -> list[Row]:
    """Check tasks that are decided, with no answer after that time: (task, review, label)."""
    sql = (
        "SELECT c.task, c.review, t.label FROM check_task c JOIN task t ON t.id = c.task WHERE c.job = ? "
        "AND c.applied = 0 AND t.done = 1 AND t.active = 0 AND NOT EXISTS (SELECT 1 FROM assignment a "
        "WHERE a.task = c.task AND a.done_at > ?) LIMIT ?"
    )
    return tx.all(sql, (job, before, limit))


def mark_applied(tx: Tx, task: int) -> None:
    """What the check found has taken effect."""
    tx.run("UPDATE check_task SET applied = 1 WHERE task = ?", (task,))


def check_votes(tx: Tx, review: int) -> list[Row]:
    """How many said what about an answer: (label, answers), most first."""
    sql = (
        "SELECT a.label, count(*) AS n FROM check_task c JOIN assignment a ON a.task = c.task "
        "AND a.state = 'SUBMITTED' AND a.void = 0 WHERE c.review = ? GROUP BY a.label ORDER BY n DESC, a.label"
    )
    return tx.all(sql, (review,))


def makers_of(tx: Tx, task: int) -> list[Row]:
    """(platform, user) of everybody who made or held a text for this task."""
    sql = "SELECT DISTINCT p.platform, p.user FROM assignment a JOIN person p ON p.id = a.person WHERE a.task = ?"
    return tx.all(sql, (task,))


def next_position(tx: Tx, job: int) -> int:
    """Where the next task of a growing job stands."""
    return int(tx.value("SELECT tasks + controls FROM job WHERE id = ?", (job,)))


def task_at(tx: Tx, job: int, ref: str) -> int:
    """The task with that ref."""
    return int(tx.value("SELECT id FROM task WHERE job = ? AND ref = ?", (job, ref)))
