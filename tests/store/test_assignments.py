"""Leases and the record of answers."""

from __future__ import annotations

import sqlite3

import pytest

from core.model import Handle
from core.routing import Vote
from core.store import assignments, people
from core.store.assignments import Answer
from core.store.tx import Tx


def answered(tx: Tx, task: int, kind: str = "answer", label: int | None = 0, at: int = 5) -> Answer:
    """Person 1 takes a task and ends it."""
    lease = assignments.insert_assignment(tx, task, 1, 1, 0, (0, 9))
    held = assignments.get_assignment(tx, lease)
    assert held is not None
    answer = assignments.insert_answer(tx, held, kind, label, (None, 0, 5, 0), at)
    if label is None:
        assignments.close_assignment(tx, lease, "SKIPPED", answer.id, at)
    else:
        assignments.submit_assignment(tx, lease, answer.id, Vote(label, 0.8), at)
    return answer


def test_a_worker_holds_one_task_at_most(tx: Tx) -> None:
    assignments.insert_assignment(tx, 1, 1, 1, 0, (0, 9))
    with pytest.raises(sqlite3.IntegrityError, match=r"assignment\.person"):
        assignments.insert_assignment(tx, 2, 1, 1, 0, (0, 9))


def test_a_worker_never_gets_a_task_twice(tx: Tx) -> None:
    answered(tx, 1)
    with pytest.raises(sqlite3.IntegrityError, match=r"assignment\.task, assignment\.person"):
        assignments.insert_assignment(tx, 1, 1, 1, 0, (0, 9))


def test_an_answer_without_its_weight_is_refused(tx: Tx) -> None:
    lease = assignments.insert_assignment(tx, 1, 1, 1, 0, (0, 9))
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        tx.run("UPDATE assignment SET state = 'SUBMITTED', label = 0 WHERE id = ?", (lease,))


def test_votes_are_the_answers_in_force_with_their_weights(tx: Tx) -> None:
    answer = answered(tx, 1, label=1)
    assert assignments.votes_of(tx, 1) == [Vote(1, 0.8, 1)], "the label, what its worker was worth then, and who"
    assignments.reopen_assignment(tx, answer.assignment, (0, 9))
    assert assignments.votes_of(tx, 1) == [], "an answer taken back is no vote"


def test_an_answer_is_undone_once(tx: Tx) -> None:
    answer = answered(tx, 1)
    assignments.insert_undo(tx, answer, 6)
    with pytest.raises(sqlite3.IntegrityError, match=r"answer\.undoes"):
        assignments.insert_undo(tx, answer, 7)


def test_skips_in_row_are_counted_back_to_the_last_answer(tx: Tx) -> None:
    people.ensure_person(tx, Handle("telegram", "2"), 0)
    answered(tx, 1, "skip", None)
    assert assignments.skips_in_row(tx, 1, 1) == 1, "one skip so far"
    answered(tx, 2)
    assert assignments.skips_in_row(tx, 1, 1) == 0, "an answer ends the row"
    answered(tx, 3, "report", None)
    answered(tx, 4, "skip", None)
    assert assignments.skips_in_row(tx, 1, 1) == 2, "reports count like skips"
    assert assignments.skips_in_row(tx, 2, 1) == 0, "nobody else's do"


def test_later_answers_count_in_the_order_given_also_within_a_millisecond(tx: Tx) -> None:
    first, second, third = (answered(tx, task, at=5) for task in (1, 2, 3))
    assert [assignments.later_answers(tx, 1, a.id) for a in (first, second, third)] == [2, 1, 0], "by answer, not time"


def test_due_leases_are_those_whose_time_is_over(tx: Tx) -> None:
    lease = assignments.insert_assignment(tx, 1, 1, 1, 0, (0, 9))
    assert assignments.due_assignments(tx, 8, 5) == [], "not yet"
    assert [a.id for a in assignments.due_assignments(tx, 9, 5)] == [lease], "now"
    assert [a.id for a in assignments.active_of_job(tx, 1)] == [lease], "it is still out until it is taken back"
