"""Batch runs are queued once per claim, taken one by one, and survive a crash."""

from __future__ import annotations

from core.store import batches
from core.store.tx import Tx


def queue(tx: Tx, claim: str, final: bool = False) -> int | None:
    return batches.queue_run(tx, "aggregate", 1, claim, final, 0)


def test_a_claim_is_queued_once(tx: Tx) -> None:
    assert queue(tx, "at:5") == 1, "the first time it is queued"
    assert queue(tx, "at:5") is None, "the same window never runs twice"


def test_final_runs_go_first(tx: Tx) -> None:
    queue(tx, "at:5")
    queue(tx, "final", final=True)
    taken = [run.claim if (run := batches.take_run(tx, 0)) else None for _ in range(3)]
    assert taken == ["final", "at:5", None], "a requester who waits for the end goes before a look in between"


def test_a_crash_puts_running_runs_back(tx: Tx) -> None:
    queue(tx, "at:5")
    batches.take_run(tx, 0)
    assert batches.requeue_running(tx) == 1, "what was running starts again"
    again = batches.take_run(tx, 0)
    assert again is not None and again.tries == 2, "and its tries are counted"


def test_a_failed_run_can_be_tried_again_and_a_done_one_not(tx: Tx) -> None:
    number = queue(tx, "final", final=True)
    assert number is not None
    batches.finish_run(tx, number, "", "boom", 0)
    batches.retry(tx, number)
    retried = batches.find_run(tx, "aggregate", 1, "final")
    assert retried is not None and (retried.state, retried.tries, retried.error) == ("queued", 0, ""), "all tries anew"
    batches.finish_run(tx, number, "{}", "", 0)
    batches.retry(tx, number)
    assert batches.get_run(tx, number).state == "done", "a result is never thrown away"


def test_labels_are_stored_once(tx: Tx) -> None:
    number = queue(tx, "at:5")
    assert number is not None
    for _ in range(2):
        batches.insert_labels(tx, number, 1, [(1, 0, 900_000, 0, 3)])
    assert tx.all("SELECT task, label, confidence FROM label") == [(1, 0, 900_000)], "storing again changes nothing"


def test_a_window_belongs_to_who_claims_it_first(tx: Tx) -> None:
    assert [batches.claim_window(tx, "refit", "w1", 0) for _ in range(2)] == [True, False], "one process runs it"
    batches.finish_window(tx, "refit", "w1", "ok", 1)
    batches.claim_window(tx, "refit", "w2", 90_000_000)
    batches.finish_window(tx, "refit", "w2", "ok", 90_000_000)
    assert tx.all("SELECT claim FROM schedule_run") == [("w2",)], "windows of yesterday are forgotten"


def test_the_newest_result_counts(tx: Tx) -> None:
    for claim in ("at:5", "at:9"):
        number = queue(tx, claim)
        assert number is not None
        batches.finish_run(tx, number, claim, "", 0)
    newest = batches.latest_done(tx, 1)
    assert newest is not None and newest.report == "at:9", "the latest finished run"


def test_a_newer_run_takes_the_place_of_one_that_nobody_began(tx: Tx) -> None:
    for claim, final in (("asked:1", False), ("at:1", False), ("final", True)):
        batches.queue_run(tx, "audit", 1, claim, final, 0)
    assert batches.drop_queued(tx, "audit", 1) == 1, "the one that nobody asked for and that is not final"
    assert batches.find_run(tx, "audit", 1, "at:1") is None, "it is gone"


def test_training_gives_way_to_final_labels_and_goes_on_after_them(tx: Tx) -> None:
    batches.queue_run(tx, "finetune", 1, "5", False, 0)
    training = batches.take_run(tx, 0)
    assert training is not None and not batches.give_way(tx, training.id), "nobody waits"
    queue(tx, "at:5")
    assert not batches.give_way(tx, training.id), "a look in between can wait"
    queue(tx, "final", final=True)
    assert batches.give_way(tx, training.id), "a requester cannot"
    kinds = [run.kind if (run := batches.take_run(tx, 0)) else None for _ in range(3)]
    assert kinds == ["aggregate", "aggregate", "finetune"], "then it goes on"
    again = batches.get_run(tx, training.id)
    assert again.tries == 1, "and waiting was no failed try"
