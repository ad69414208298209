"""Keys of obeyed commands, and commands put aside."""

from __future__ import annotations

import sqlite3

import pytest

from core.store import inbox
from core.store.tx import Tx


def test_a_key_keeps_its_toast(tx: Tx) -> None:
    assert inbox.toast_of(tx, "k") is None, "a new command"
    inbox.insert_key(tx, "k", "✓ saved", True, 0)
    assert inbox.toast_of(tx, "k") == ("✓ saved", True), "a redelivered one is answered the same way"
    with pytest.raises(sqlite3.IntegrityError):
        inbox.insert_key(tx, "k", "", False, 0)


def test_a_poisonous_command_is_counted(tx: Tx) -> None:
    tries = [inbox.insert_poison(tx, "k", "Press", error, 0) for error in ("one", "two")]
    assert tries == [1, 2], "each failure counts"
    assert tx.value("SELECT error FROM poison") == "two", "the newest error is kept"
