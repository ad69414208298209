"""A store in memory and its transaction, for tests of single statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from builders import CHANNEL, make_items, make_spec
from states import MemoryStore

from core.model import Handle
from core.store import jobs, people, tasks
from core.store.tx import Tx


@pytest.fixture
def tx() -> Iterator[Tx]:
    """Person 1 (telegram:1) with job 1 of three plain tasks (1 to 3) and a control (4)."""
    store = MemoryStore()
    store.connection.execute("BEGIN")
    people.ensure_person(store.tx, Handle("telegram", "1"), 0)
    jobs.insert_job(store.tx, "source", 1, CHANNEL, make_spec(), (4_000, 9), 0)
    tasks.insert_tasks(store.tx, 1, 0, make_items(3, gold=[1]), 2)
    jobs.set_item_counts(store.tx, 1, 3, 1, False)
    yield store.tx
    store.connection.close()
