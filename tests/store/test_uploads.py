"""Half an upload waits for the other half, for a while."""

from __future__ import annotations

from core.model import Place
from core.store import uploads
from core.store.tx import Tx

HERE, THERE = Place("telegram", "-1"), Place("telegram", "-2")


def test_a_half_is_taken_once_and_where_it_was_left(tx: Tx) -> None:
    uploads.keep_half(tx, 1, HERE, ("items.csv", b"id\n1"), 10)
    assert uploads.take_half(tx, 1, THERE, 0) is None, "another chat has nothing waiting"
    assert uploads.take_half(tx, 1, HERE, 0) == ("items.csv", b"id\n1"), "it waited here"
    assert uploads.take_half(tx, 1, HERE, 0) is None, "and is taken once"


def test_a_newer_half_takes_the_place_of_an_older_one(tx: Tx) -> None:
    uploads.keep_half(tx, 1, HERE, ("old", b"1"), 10)
    uploads.keep_half(tx, 1, HERE, ("new", b"2"), 20)
    assert uploads.take_half(tx, 1, HERE, 15) == ("new", b"2"), "the last word counts"


def test_a_half_that_waited_too_long_is_dropped(tx: Tx) -> None:
    uploads.keep_half(tx, 1, HERE, ("old", b"1"), 10)
    assert uploads.take_half(tx, 1, HERE, 11) is None, "nobody remembers it"
    assert tx.value("SELECT count(*) FROM pending_upload") == 0, "and it is gone"
