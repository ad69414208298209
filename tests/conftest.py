"""Fixtures that every test may use."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from builders import Town, open_town


@pytest.fixture(autouse=True)
def _modern_library_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture(autouse=True, scope="session")
def _device_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Batch runs take turns on a device by a lock in TMPDIR: those of this process wait for no others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("device")))
        yield


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    town = await open_town(tmp_path)
    yield town
    await town.database.close()
