"""A rule of the job file from its preview to its end: shown, fired, appealed against by a tap, lifted by another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from chats import JOB_FILE
from sides import MODES, Side, open_side

JOB = (
    JOB_FILE
    + """rules:
  - name: three are enough
    collector: AnswerCount
    conditions: [assignments_accepted_count >= 3]
    action: {type: restrict, scope: pool, duration: 1 day, reason: Three are enough for one person.}
"""
)
ITEMS = "\n".join(["id,text", *(f"t{n},plain {n}" for n in range(8)), ""])


@pytest.fixture(params=MODES)
async def side(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    async with open_side(request.param, tmp_path) as side:
        yield side


async def test_a_rule_restricts_and_an_appeal_lifts_it(side: Side) -> None:
    await side.post_job(ITEMS, JOB)
    user = await side.join(1)
    for _ in range(3):
        await side.tap(user, "Apples")
    notice = await side.see(user, "Three are enough for one person.")
    assert "help@example.org" in side.text(notice), "why, and whom to write to"
    assert side.buttons(notice) == ["Appeal"], "and the way to object"
    await side.tap_on(user, notice, "Appeal")
    alert = await side.find_in(side.admins, "appeals against a restriction")
    assert "the rule “three are enough”" in side.text(alert), "the admin reads which rule it was"
    assert "assignments_accepted_count 3" in side.text(alert), "and on what evidence"
    await side.tap_on(side.admin, alert, "Lift the restriction")
    await side.see(user, "the restriction was lifted")
    await side.command(user, "next")
    await side.task(user)
    assert side.chats.value("SELECT count(*) FROM firing") == 1, "the firing is logged"
