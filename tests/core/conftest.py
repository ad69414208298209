"""The town of the core's tests lives in memory: the same schema and statements, without a disk to wait for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from builders import Town
from states import MemoryStore, memory_town


@pytest.fixture
def town() -> Iterator[Town]:
    """Every test leaves books and counts whole, or fails."""
    town = memory_town()
    yield town
    store = cast(Any, town.database)
    assert isinstance(store, MemoryStore), "this town is kept in memory"
    faults = store.faults()
    store.connection.close()
    assert faults == [], f"the test left the books or counts broken: {faults}"
