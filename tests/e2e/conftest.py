"""Fixtures of the end-to-end tests: a service seen from each platform, in each way of delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sides import MODES, Side, open_side


@pytest.fixture(params=MODES)
async def side(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    """All four modes: for what depends on how updates come in."""
    async with open_side(request.param, tmp_path) as side:
        yield side


@pytest.fixture(params=("telegram-polling", "slack-http"))
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    """Both platforms: for what does not."""
    async with open_side(request.param, tmp_path) as side:
        yield side
