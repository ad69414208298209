"""The main job end to end, on both platforms and in both ways of delivery: from an upload to posted labels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chats import SIDES, Side, open_chats, until


@pytest.fixture(params=[("telegram", False), ("telegram", True), ("slack", False), ("slack", True)], ids=str)
async def side(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    name, webhooks = request.param
    async with open_chats(tmp_path, webhooks=webhooks) as chats:
        yield SIDES[name](chats)


async def test_a_job_goes_from_upload_to_posted_labels(side: Side) -> None:
    await side.post_job()
    for number in (1, 2):
        user = await side.join(number)
        for n in range(6):
            await side.tap(user, "Apples" if n % 2 else "Bread")
    await side.in_channel("Results of job #1")
    wanted = {"job-1-labels.csv", "job-1-labels.jsonl"}
    assert await until(lambda: wanted <= set(side.files())), f"the label files are posted, not only {set(side.files())}"
