"""What detection and the digest read is found by index, however many jobs and answers there are.

Proves core.store.sweeps and core.store.digests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.store import digests, sweeps
from core.store.tx import Tx

READS: list[tuple[str, Callable[[Tx], Any]]] = [
    ("jobs to sweep", lambda tx: sweeps.jobs_to_sweep(tx, 0, 9)),
    ("answers of a job", lambda tx: sweeps.answers_before(tx, 1, 10**9, 100)),
    ("control answers", lambda tx: sweeps.control_answers(tx, 1, 1, 30)),
    ("newest answers of a worker", lambda tx: sweeps.said_lately(tx, 1, 1, 30)),
    ("paces", lambda tx: sweeps.paces(tx, 1, 300)),
    ("work of a week", lambda tx: digests.work_before(tx, 1, (0, 1), 10**9, 100)),
    ("alerts of a week", lambda tx: digests.alerts_by_kind(tx, (0, 1))),
]


@pytest.mark.parametrize(("name", "read"), READS, ids=[name for name, _ in READS])
def test_no_table_that_grows_is_read_as_a_whole(tx: Tx, name: str, read: Callable[[Tx], Any]) -> None:
    statements: list[tuple[str, Any]] = []
    run = tx.run

    def note(sql: str, parameters: Any = ()) -> Any:
        statements.append((sql, parameters))
        return run(sql, parameters)

    tx.run = note
    read(tx)
    plans = [str(row[3]) for sql, given in statements for row in run(f"EXPLAIN QUERY PLAN {sql}", given)]
    tables = ("answer", "assignment", "task", "alert", "job", "a", "w", "t", "j", "u")
    scans = [plan for plan in plans if plan.startswith("SCAN") and plan.split()[1] in tables and "INDEX" not in plan]
    assert not scans, f"{name}: {scans}"


def test_a_job_is_noted_as_read(tx: Tx) -> None:
    sweeps.note_sweep(tx, 1, 7, 100)
    sweeps.note_sweep(tx, 1, 9, 200)
    assert tx.all("SELECT job, answer, at FROM sweep") == [(1, 9, 200)], "the newest look counts"
