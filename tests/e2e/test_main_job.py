"""The main job end to end, on both platforms and in both ways of delivery: from an upload to posted labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from chats import until
from sides import MODES, open_side


@pytest.mark.parametrize("mode", MODES)
async def test_a_job_goes_from_upload_to_posted_labels(mode: str, tmp_path: Path) -> None:
    wanted = {"job-1-labels.csv", "job-1-labels.jsonl"}
    async with open_side(mode, tmp_path, undo_seconds=5) as side:
        await side.post_job()
        for number in (1, 2):
            user = await side.join(number)
            for n in range(6):
                await side.tap(user, "Apples" if n % 2 else "Bread")
        await side.results_in(side.channel)
        assert await until(lambda: wanted <= set(side.files())), f"the labels are posted, not only {set(side.files())}"
