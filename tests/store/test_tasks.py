"""The queue hands out what is wanted, to whom it may be given, and never twice."""

from __future__ import annotations

import sqlite3

import pytest

from core.model import Handle, Item
from core.routing import Verdict
from core.store import assignments, controls, tasks
from core.store.tx import Tx

ADA, BEN = Handle("telegram", "1"), Handle("telegram", "2")


def queue(tx: Tx, limit: int = 9, pivot: int = 0) -> list[int]:
    return [candidate.task for candidate in tasks.queue_for(tx, 1, 1, limit, levels=3, pivot=pivot)]


def test_the_queue_leaves_out_what_is_known_done_or_had(tx: Tx) -> None:
    assert queue(tx) == [1, 2, 3], "plain tasks in upload order, no control among them"
    assignments.insert_assignment(tx, 1, 1, 1, 0, (0, 9))
    tasks.set_verdict(tx, tasks.get_task(tx, 2), Verdict(0, 0.9, True, 0), 0, 2)
    assert queue(tx) == [3], "a task had before and one that is done are left out"


def test_tasks_begun_come_first(tx: Tx) -> None:
    tasks.set_verdict(tx, tasks.get_task(tx, 3), Verdict(0, 0.75, False, 1), 0, 1)
    (first, *_) = tasks.queue_for(tx, 1, 1, 9, levels=3, pivot=0)
    assert (first.task, first.answers, first.confidence) == (3, 1, 0.75), "what is begun is finished first"


@pytest.mark.parametrize("pivot", [0, 150, 299])
def test_who_had_the_front_of_the_queue_still_finds_the_rest(tx: Tx, pivot: int) -> None:
    tasks.insert_tasks(tx, 1, 4, [Item(f"x{n}", {"text": "x"}) for n in range(300)], 2)
    for task in (*range(1, 4), *range(5, 304)):
        lease = assignments.insert_assignment(tx, task, 1, 1, 0, (0, 9))
        assignments.close_assignment(tx, lease, "SKIPPED", None, 1)
    assert queue(tx, pivot=pivot) == [304], "the one task that this person never had is found, wherever one looks first"


def test_reserved_tasks_are_for_the_named_only(tx: Tx) -> None:
    tasks.insert_tasks(tx, 1, 9, [Item("r", {"text": "x"}, reserved_for=(ADA, ADA))], 2)
    tasks.insert_tasks(tx, 1, 10, [Item("rg", {"text": "x"}, gold=1, reserved_for=(ADA,))], 2)
    assert 5 not in queue(tx), "the open queue does not show it"
    assert [c.task for c in tasks.reserved_queue_for(tx, 1, 1, ADA, 9)] == [5], "its person gets it"
    assert tasks.reserved_queue_for(tx, 1, 1, BEN, 9) == [], "nobody else does"
    known = controls.reserved_controls_for(tx, 1, 9, (1, ADA), 9)
    assert [c.task for c in known] == [6], "controls can be reserved too"


def test_controls_have_no_overlap_limit(tx: Tx) -> None:
    tasks.count_control(tx, 4, 0, 50)
    assert [c.task for c in controls.controls_for(tx, 1, 99, 1, 9)] == [4], "after fifty answers it is asked on"
    assert controls.controls_for(tx, 1, 50, 1, 9) == [], "until it has been seen as often as its cap allows"
    tasks.take_lease(tx, 4)
    assert (tasks.get_task(tx, 4).want, tasks.get_task(tx, 4).active) == (0, 1), "and wants none"


def test_counts_never_fall_below_zero(tx: Tx) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        tasks.set_leases(tx, 1, -1, 0)


def test_item_ids_are_unique_in_a_job(tx: Tx) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=r"task\.ref"):
        tasks.insert_tasks(tx, 1, 9, [Item("t0", {"text": "again"})], 2)


def test_reports_count_up_and_down(tx: Tx) -> None:
    assert [tasks.count_report(tx, 1, delta) for delta in (1, 1, -1)] == [1, 2, 1], "an undone report counts no more"
