"""Checks every invariant of the books and the counts by recomputing them from the append-only rows; repairs nothing.

A check is a statement and the sentence that each of its rows becomes, so that one run tells every fault there is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

SKIPS_LOOKED_AT = 50
"""After an undo a row of skips is counted anew this far back (core.store.assignments.skips_in_row)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Every row that the statement finds is a fault; its columns fill the sentence."""

    sentence: str
    sql: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A row is its subject's keys, then the stored figures, then the same figures as the records give them."""

    subject: str
    names: tuple[str, ...]
    sql: str


SUBMITTED = "a.state = 'SUBMITTED'"
COUNTED = f"{SUBMITTED} AND a.void = 0"
"""An answer whose worker was banned, or that a review rejected, is kept and paid, and counts no more."""
PAY = "CASE a.expert WHEN 1 THEN coalesce(json_extract(j.spec, '$.experts.price'), 0) ELSE j.price END"
FEE = "CASE a.expert WHEN 1 THEN coalesce(json_extract(j.spec, '$.experts.fee'), 0) ELSE j.fee END"
DUE = f"{SUBMITTED} AND NOT EXISTS (SELECT 1 FROM review v WHERE v.assignment = a.id AND v.settled <> 1)"
"""An answer under review is paid once it is accepted; until then, and while it may be appealed, its pay is reserved."""

BOOKS = (
    Figures(
        "account {}",
        ("balance",),
        "SELECT a.code, a.balance, coalesce(sum(p.amount), 0) FROM account a LEFT JOIN posting p ON p.account = a.id "
        "GROUP BY a.id",
    ),
    Fault(
        "asset {}: all accounts together hold {}, not 0",
        "SELECT asset, sum(balance) FROM account GROUP BY asset HAVING sum(balance) <> 0",
    ),
    Fault(
        "posting of {} to account {}: the entry {} does not exist",
        "SELECT p.amount, p.account, p.entry FROM posting p LEFT JOIN entry e ON e.id = p.entry WHERE e.id IS NULL",
    ),
    Fault(
        "entry {}: {} posting(s), at least two are needed",
        "SELECT e.id, count(p.entry) FROM entry e LEFT JOIN posting p ON p.entry = e.id "
        "GROUP BY e.id HAVING count(p.entry) < 2",
    ),
    Fault(
        "entry {}: its postings in {} sum to {}, not 0",
        "SELECT p.entry, a.asset, sum(p.amount) FROM posting p JOIN account a ON a.id = p.account "
        "GROUP BY p.entry, a.asset HAVING sum(p.amount) <> 0",
    ),
    Fault(
        "account {}: holds {}, below its floor of {}",
        "SELECT code, balance, floor FROM account WHERE balance < floor",
    ),
)
"""Double entry by itself."""

ANSWERS = (
    Fault(
        "assignment {} is {}, but answer {} is not its answer in force",
        "SELECT a.id, a.state, coalesce(a.answer, 0) FROM assignment a LEFT JOIN answer w ON w.id = a.answer "
        "LEFT JOIN answer u ON u.undoes = w.id WHERE a.state IN ('SUBMITTED', 'SKIPPED') AND "
        "(w.id IS NULL OR u.id IS NOT NULL OR w.assignment <> a.id OR w.task <> a.task OR w.person <> a.person "
        "OR (w.kind = 'answer') <> (a.state = 'SUBMITTED') OR coalesce(w.label, -2) <> coalesce(a.label, -2))",
    ),
    Fault(
        "answer {} of person {} is neither undone nor in force",
        "SELECT w.id, w.person FROM answer w LEFT JOIN answer u ON u.undoes = w.id "
        "LEFT JOIN assignment a ON a.id = w.assignment AND a.answer = w.id "
        "WHERE w.kind <> 'undo' AND u.id IS NULL AND a.id IS NULL",
    ),
    Fault(
        "assignment {} is SUBMITTED, but no accept entry in force pays it",
        "SELECT a.id FROM assignment a JOIN job j ON j.id = a.job "
        "LEFT JOIN entry e ON e.id = 'an:' || a.answer || ':accept' LEFT JOIN entry r ON r.reverses = e.id "
        f"WHERE {DUE} AND {PAY} + {FEE} > 0 AND (e.id IS NULL OR r.id IS NOT NULL)",
    ),
    Fault(
        "entry {} is in force and pays no answer in force",
        "SELECT e.id FROM entry e LEFT JOIN entry r ON r.reverses = e.id WHERE e.kind = 'accept' AND r.id IS NULL "
        f"EXCEPT SELECT 'an:' || a.answer || ':accept' FROM assignment a WHERE {DUE}",
    ),
    Fault(
        "person {} holds {} live assignments, one is allowed",
        "SELECT person, count(*) FROM assignment WHERE state = 'ACTIVE' GROUP BY person HAVING count(*) > 1",
    ),
    Fault(
        "task {} of job {}: {} answers and leases, its overlap allows {}",
        "SELECT * FROM (SELECT t.id, t.job, count(a.id) AS n, json_extract(j.spec, CASE "
        "json_extract(j.spec, '$.overlap.policy') WHEN 'fixed' THEN '$.overlap.min' ELSE '$.overlap.max' END) "
        "+ max(0, t.extra) AS most "
        "FROM task t JOIN job j ON j.id = t.job JOIN assignment a ON a.task = t.id "
        "AND a.state IN ('SUBMITTED', 'ACTIVE') AND a.void = 0 AND a.expert = 0 "
        "AND NOT EXISTS (SELECT 1 FROM restored r WHERE r.assignment = a.id) "
        "WHERE t.gold IS NULL GROUP BY t.id) AS held WHERE n > most",
    ),
    Fault(
        "assignment {} belongs to job {}, its task {} to job {}",
        "SELECT a.id, a.job, t.id, t.job FROM assignment a JOIN task t ON t.id = a.task WHERE t.job <> a.job",
    ),
)
"""Each answer once, and once paid."""

LEASES = (
    f"SELECT a.job, sum({PAY} + {FEE}) AS n FROM assignment a JOIN job j ON j.id = a.job WHERE a.state = 'ACTIVE' "
    "OR EXISTS (SELECT 1 FROM review v WHERE v.assignment = a.id AND v.settled = 0) GROUP BY a.job"
)
BOUGHT = (
    f"SELECT a.job, sum({PAY} + {FEE}) AS n FROM assignment a JOIN job j ON j.id = a.job WHERE {DUE} GROUP BY a.job"
)
FLOW = (
    "SELECT p.account, sum(CASE WHEN e.kind IN ('fund', 'refund', 'teach') THEN p.amount ELSE 0 END) AS n "
    "FROM posting p JOIN entry e ON e.id = p.entry GROUP BY p.account"
)
EARNED = (
    "SELECT 'worker:' || a.person || ':payable:' || j.asset AS code, 0 AS held, "
    f"{PAY} AS due FROM assignment a JOIN job j ON j.id = a.job WHERE {DUE} UNION ALL "
    f"SELECT 'platform:fee:' || j.asset, 0, {FEE} FROM assignment a JOIN job j ON j.id = a.job WHERE {DUE} UNION ALL "
    "SELECT 'worker:' || q.person || ':payable:' || j.asset, 0, j.price FROM attempt_answer q "
    "JOIN attempt t ON t.id = q.attempt JOIN job j ON j.id = t.job WHERE q.paid = 1 UNION ALL "
    "SELECT 'platform:fee:' || j.asset, 0, j.fee FROM attempt_answer q "
    "JOIN attempt t ON t.id = q.attempt JOIN job j ON j.id = t.job WHERE q.paid = 1 UNION ALL "
    "SELECT code, balance, 0 FROM account WHERE code LIKE 'worker:%:payable:%' OR code LIKE 'platform:fee:%'"
)
HELD = (
    "job j LEFT JOIN account e ON e.code = 'job:' || j.id || ':escrow:' || j.asset "
    "LEFT JOIN account r ON r.code = 'job:' || j.id || ':reserved:' || j.asset"
)

MONEY = (
    Figures("account {}", ("earnings",), f"SELECT code, sum(held), sum(due) FROM ({EARNED}) AS earned GROUP BY code"),
    Figures(
        "job {}",
        ("money reserved",),
        f"SELECT j.id, coalesce(r.balance, 0), coalesce(l.n, 0) FROM {HELD} LEFT JOIN ({LEASES}) AS l ON l.job = j.id",
    ),
    Figures(
        "job {}",
        ("escrow, reserved and spent together",),
        "SELECT j.id, coalesce(e.balance, 0) + coalesce(r.balance, 0) + coalesce(b.n, 0), "
        f"coalesce(f.n, 0) FROM {HELD} LEFT JOIN ({BOUGHT}) AS b ON b.job = j.id "
        f"LEFT JOIN ({FLOW}) AS f ON f.account = e.id",
    ),
    Fault(
        "job {} is closed and still holds {}",
        f"SELECT j.id, coalesce(e.balance, 0) + coalesce(r.balance, 0) FROM {HELD} "
        "WHERE j.state = 'closed' AND coalesce(e.balance, 0) + coalesce(r.balance, 0) <> 0",
    ),
)
"""What answers and leases say that the accounts must hold."""

REVIEWS = (
    Fault(
        "review {} is about answer {}, which is not in force",
        "SELECT v.id, v.answer FROM review v LEFT JOIN assignment a ON a.id = v.assignment AND a.answer = v.answer "
        f"AND {SUBMITTED} WHERE a.id IS NULL",
    ),
    Fault(
        "review {} is {} and its money is in state {}",
        "SELECT id, state, settled FROM review WHERE settled NOT IN (CASE state WHEN 'pending' THEN 0 "
        "WHEN 'appealed' THEN 0 WHEN 'upheld' THEN 2 WHEN 'rejected' THEN 0 ELSE 1 END, "
        "CASE state WHEN 'rejected' THEN 2 ELSE -1 END)",
    ),
    Fault(
        "review {} is {}, but the answer's mark is {}",
        "SELECT v.id, v.state, a.void FROM review v JOIN assignment a ON a.id = v.assignment "
        "WHERE (v.state IN ('rejected', 'appealed', 'upheld')) <> ((a.void & 2) <> 0)",
    ),
    Fault(
        "review {}: its answer was rejected for good, but nothing went back to the job",
        "SELECT v.id FROM review v JOIN job j ON j.id = v.job "
        "LEFT JOIN entry e ON e.id = 'an:' || v.answer || ':forfeit' "
        "WHERE v.settled = 2 AND j.price + j.fee > 0 AND e.id IS NULL",
    ),
    Fault(
        "task {} was decided as {}, but its label is {}",
        "SELECT t.id, r.label, t.label FROM ruling r JOIN task t ON t.id = r.task WHERE NOT EXISTS (SELECT 1 FROM "
        "ruling o WHERE o.task = r.task AND (o.rank > r.rank OR (o.rank = r.rank AND o.id > r.id))) "
        "AND NOT EXISTS (SELECT 1 FROM assignment a WHERE r.source = 'expert' AND a.id = r.ref AND a.void <> 0) "
        "AND (t.done = 0 OR t.label IS NOT r.label)",
    ),
    Fault(
        "task {}: the ruling of assignment {} is not its expert's answer",
        "SELECT r.task, r.ref FROM ruling r LEFT JOIN assignment a ON a.id = r.ref AND a.task = r.task "
        f"AND a.expert = 1 AND {SUBMITTED} AND a.label = r.label WHERE r.source = 'expert' AND a.id IS NULL",
    ),
)
"""Each answer under review where its state says, and each decided task as it was decided."""

COUNTS = (
    Figures(
        "job {}",
        ("tasks", "controls", "done", "answers", "control_answers", "active", "duration_ms"),
        "WITH items AS (SELECT job, count(*) FILTER (WHERE gold IS NULL) AS tasks, count(gold) AS controls, "
        "sum(done) AS done FROM task GROUP BY job), work AS (SELECT a.job, "
        f"count(*) FILTER (WHERE {SUBMITTED} AND a.control = 0) AS answers, "
        f"count(*) FILTER (WHERE {SUBMITTED} AND a.control = 1) AS controls, "
        "count(*) FILTER (WHERE a.state = 'ACTIVE') AS active, "
        f"sum(w.duration_ms) FILTER (WHERE {SUBMITTED}) AS ms "
        "FROM assignment a LEFT JOIN answer w ON w.id = a.answer GROUP BY a.job) "
        "SELECT j.id, j.tasks, j.controls, j.done, j.answers, j.control_answers, j.active, j.duration_ms, "
        "coalesce(i.tasks, 0), coalesce(i.controls, 0), coalesce(i.done, 0), coalesce(k.answers, 0), "
        "coalesce(k.controls, 0), coalesce(k.active, 0), coalesce(k.ms, 0) FROM job j "
        "LEFT JOIN items i ON i.job = j.id LEFT JOIN work k ON k.job = j.id WHERE j.state <> 'importing'",
    ),
    Figures(
        "task {}",
        ("answers", "active", "reports"),
        "SELECT t.id, t.answers, t.active, t.reports, "
        f"count(*) FILTER (WHERE {SUBMITTED} AND (a.void = 0 OR a.control = 1)), "
        "count(*) FILTER (WHERE a.state = 'ACTIVE'), "
        "count(*) FILTER (WHERE w.kind = 'report') FROM task t LEFT JOIN assignment a ON a.task = t.id "
        "LEFT JOIN answer w ON w.id = a.answer GROUP BY t.id",
    ),
    Fault("task {} wants {} answers", "SELECT id, want FROM task WHERE want < 0"),
    Fault("task {} is done and wants {} more", "SELECT id, want FROM task WHERE done = 1 AND want > 0"),
    Figures(
        "worker {} in job {}",
        (
            *("answers", "cant", "controls", "control_ok", "fast", "duration_ms", "skips", "skips_in_row"),
            *("compared", "agreed"),
        ),
        "WITH latest AS (SELECT person, job, max(answer) AS answer FROM assignment WHERE state = 'SUBMITTED' "
        "GROUP BY person, job), work AS (SELECT a.person, a.job, "
        f"count(*) FILTER (WHERE {SUBMITTED}) AS answers, "
        f"count(*) FILTER (WHERE {SUBMITTED} AND a.label = -1) AS cant, "
        f"count(*) FILTER (WHERE {SUBMITTED} AND a.control = 1) AS controls, "
        f"sum(w.correct) FILTER (WHERE {SUBMITTED}) AS control_ok, sum(w.fast) FILTER (WHERE {SUBMITTED}) AS fast, "
        f"sum(w.duration_ms) FILTER (WHERE {SUBMITTED}) AS ms, count(*) FILTER (WHERE a.state = 'SKIPPED') AS skips, "
        "count(*) FILTER (WHERE a.state = 'SKIPPED' AND a.answer > coalesce(l.answer, 0)) AS skips_in_row, "
        f"count(*) FILTER (WHERE {COUNTED} AND a.label >= 0 AND t.done = 1 AND t.label IS NOT NULL) AS compared, "
        f"count(*) FILTER (WHERE {COUNTED} AND t.done = 1 AND t.label = a.label) AS agreed "
        "FROM assignment a JOIN task t ON t.id = a.task LEFT JOIN answer w ON w.id = a.answer "
        "LEFT JOIN latest l ON l.person = a.person AND l.job = a.job GROUP BY a.person, a.job) "
        "SELECT s.person, s.job, s.answers, s.cant, s.controls, s.control_ok, s.fast, s.duration_ms, s.skips, "
        f"min(s.skips_in_row, {SKIPS_LOOKED_AT}), s.compared, s.agreed, coalesce(k.answers, 0), coalesce(k.cant, 0), "
        "coalesce(k.controls, 0), coalesce(k.control_ok, 0), coalesce(k.fast, 0), coalesce(k.ms, 0), "
        f"coalesce(k.skips, 0), min(coalesce(k.skips_in_row, 0), {SKIPS_LOOKED_AT}), coalesce(k.compared, 0), "
        "coalesce(k.agreed, 0) FROM standing s LEFT JOIN work k ON k.person = s.person AND k.job = s.job",
    ),
    Fault(
        "worker {} has {} assignments in job {} and no standing there",
        "SELECT a.person, count(*), a.job FROM assignment a LEFT JOIN standing s ON s.person = a.person "
        "AND s.job = a.job WHERE s.person IS NULL GROUP BY a.person, a.job",
    ),
)
"""The running counts that decisions are made from."""

ALONE = (
    Fault(
        "task {} was labelled {} by a model alone, but its label is {}",
        "SELECT l.task, l.label, t.label FROM model_label l JOIN task t ON t.id = l.task WHERE (t.done = 0 OR "
        "t.label IS NOT l.label) AND NOT EXISTS (SELECT 1 FROM ruling r WHERE r.task = l.task) AND NOT EXISTS "
        "(SELECT 1 FROM assignment a WHERE a.task = l.task AND a.state = 'SUBMITTED' AND a.void = 0)",
    ),
    Fault(
        "job {} has {} live models",
        "SELECT job, count(*) FROM model WHERE state = 'live' GROUP BY job HAVING count(*) > 1",
    ),
)
"""Each task that a model labelled alone as it said, and one live model a job."""

CONTROLS = (
    Figures(
        "control task {}",
        ("answers", "right answers"),
        "SELECT c.task, c.asked, c.ok, count(w.id), coalesce(sum(w.correct), 0) FROM control c "
        f"LEFT JOIN assignment a ON a.task = c.task AND a.control = 1 AND {SUBMITTED} "
        "LEFT JOIN answer w ON w.id = a.answer GROUP BY c.task",
    ),
    Fault(
        "control task {} of job {} has no right answer",
        "SELECT c.task, c.job FROM control c JOIN task t ON t.id = c.task WHERE t.gold IS NULL OR t.job <> c.job",
    ),
    Figures(
        "job {}",
        ("workers",),
        "SELECT j.id, j.workers, (SELECT count(*) FROM standing s WHERE s.job = j.id) FROM job j",
    ),
    Figures(
        "attempt {}",
        ("questions", "right answers"),
        "SELECT t.id, t.asked, t.ok, count(q.task), "
        "CASE t.state WHEN 'open' THEN 0 ELSE coalesce(sum(q.correct), 0) END "
        "FROM attempt t LEFT JOIN attempt_answer q ON q.attempt = t.id GROUP BY t.id",
    ),
)
"""Control tasks, and trainings and exams."""

CHECKS = BOOKS + ANSWERS + MONEY + REVIEWS + COUNTS + CONTROLS + ALONE


def verify(connection: sqlite3.Connection) -> list[str]:
    """Every broken invariant as a sentence; an empty list for sound books. One snapshot, so it may run beside a bot."""
    own = not connection.in_transaction
    if own:
        connection.execute("BEGIN")
    try:
        problems = list(_damage(connection))
        for check in CHECKS:
            problems += _look(connection, check)
        return problems
    finally:
        if own:
            connection.execute("ROLLBACK")


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    """What SQLite itself finds wrong with the file."""
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"{table} row {row}: the {parent} that it refers to does not exist"


def _look(connection: sqlite3.Connection, check: Fault | Figures) -> Iterator[str]:
    rows = connection.execute(check.sql)
    if isinstance(check, Fault):
        yield from (check.sentence.format(*row) for row in rows)
        return
    size = len(check.names)
    for row in rows:
        keys, stored, found = row[: -2 * size], row[-2 * size : -size], row[-size:]
        for name, says, really in zip(check.names, stored, found, strict=True):
            if says != really:
                yield f"{check.subject.format(*keys)}: {name} is {says}, the records give {really}"
