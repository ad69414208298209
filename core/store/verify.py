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
        f"WHERE {SUBMITTED} AND j.price + j.fee > 0 AND (e.id IS NULL OR r.id IS NOT NULL)",
    ),
    Fault(
        "entry {} is in force and pays no answer in force",
        "SELECT e.id FROM entry e LEFT JOIN entry r ON r.reverses = e.id WHERE e.kind = 'accept' AND r.id IS NULL "
        f"EXCEPT SELECT 'an:' || a.answer || ':accept' FROM assignment a WHERE {SUBMITTED}",
    ),
    Fault(
        "person {} holds {} live assignments, one is allowed",
        "SELECT person, count(*) FROM assignment WHERE state = 'ACTIVE' GROUP BY person HAVING count(*) > 1",
    ),
    Fault(
        "task {} of job {}: {} answers and leases, its overlap allows {}",
        "SELECT * FROM (SELECT t.id, t.job, count(a.id) AS n, json_extract(j.spec, CASE "
        "json_extract(j.spec, '$.overlap.policy') WHEN 'fixed' THEN '$.overlap.min' ELSE '$.overlap.max' END) AS most "
        "FROM task t JOIN job j ON j.id = t.job JOIN assignment a ON a.task = t.id "
        "AND a.state IN ('SUBMITTED', 'ACTIVE') WHERE t.gold IS NULL GROUP BY t.id) AS held WHERE n > most",
    ),
    Fault(
        "assignment {} belongs to job {}, its task {} to job {}",
        "SELECT a.id, a.job, t.id, t.job FROM assignment a JOIN task t ON t.id = a.task WHERE t.job <> a.job",
    ),
)
"""Each answer once, and once paid."""

LEASES = "SELECT a.job, count(*) AS n FROM assignment a WHERE a.state = 'ACTIVE' GROUP BY a.job"
BOUGHT = f"SELECT a.job, count(*) AS n FROM assignment a WHERE {SUBMITTED} GROUP BY a.job"
FLOW = (
    "SELECT p.account, sum(CASE WHEN e.kind IN ('fund', 'refund') THEN p.amount ELSE 0 END) AS n "
    "FROM posting p JOIN entry e ON e.id = p.entry GROUP BY p.account"
)
EARNED = (
    "SELECT 'worker:' || a.person || ':payable:' || j.asset AS code, 0 AS held, j.price AS due "
    f"FROM assignment a JOIN job j ON j.id = a.job WHERE {SUBMITTED} UNION ALL "
    "SELECT 'platform:fee:' || j.asset, 0, j.fee FROM assignment a JOIN job j ON j.id = a.job "
    f"WHERE {SUBMITTED} UNION ALL "
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
        "SELECT j.id, coalesce(r.balance, 0), coalesce(l.n, 0) * (j.price + j.fee) "
        f"FROM {HELD} LEFT JOIN ({LEASES}) AS l ON l.job = j.id",
    ),
    Figures(
        "job {}",
        ("escrow, reserved and spent together",),
        "SELECT j.id, coalesce(e.balance, 0) + coalesce(r.balance, 0) + coalesce(b.n, 0) * (j.price + j.fee), "
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
        f"count(*) FILTER (WHERE {SUBMITTED}), count(*) FILTER (WHERE a.state = 'ACTIVE'), "
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
        f"count(*) FILTER (WHERE {SUBMITTED} AND a.label >= 0 AND t.done = 1 AND t.label IS NOT NULL) AS compared, "
        f"count(*) FILTER (WHERE {SUBMITTED} AND t.done = 1 AND t.label = a.label) AS agreed "
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

CHECKS = BOOKS + ANSWERS + MONEY + COUNTS


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
