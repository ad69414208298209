"""Fixtures that every test may use."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from builders import Town, open_town


@pytest.fixture(autouse=True)
def _modern_library_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    town = await open_town(tmp_path)
    yield town
    await town.database.close()
