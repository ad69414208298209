"""What an admin meets: an alert with its levers, what they do to the worker, the way back, and the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chats import JOB_FILE, until
from sides import MODES, SIDES, Side, open_side

ITEMS = "\n".join(["id,text,gold", *(f"t{n},plain {n},\ng{n},known {n},Apples" for n in range(20)), ""])
JOB = JOB_FILE.replace("control_share: 0", "gold_share: 0.5") + "session: 50\n"
RULES = """
[rules.wrong-controls]
conditions = ["total_answers_count >= 2", "correct_answers_rate_upper < 65 %"]
[rules.skips-in-row]
conditions = ["skipped_in_row_count >= 3"]
"""
EVENTS = "SELECT e.kind, p.user FROM event e JOIN person p ON p.id = e.actor WHERE e.kind LIKE 'admin.%' ORDER BY e.id"


@pytest.fixture(params=MODES)
async def side(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Side]:
    async with open_side(request.param, tmp_path, config=RULES) as side:
        yield side


async def work_badly(side: Side) -> Any:
    """A worker who gets every control task wrong, until there is an alert; their id."""
    await side.post_job(ITEMS, JOB)
    user = await side.join(1)
    for _ in range(20):
        await side.tap(user, "Bread")
        if side.chats.value("SELECT count(*) FROM alert"):
            break
    return user


async def test_a_bad_worker_is_restricted_by_a_tap_and_let_in_again_by_another(side: Side) -> None:
    user = await work_badly(side)
    alert = await side.find_in(side.admins, "⚠ Alert")
    assert f"{side.name}:{user} in job #1: 0 of 2 control tasks right" in side.text(alert), "it says who and why"
    assert side.buttons(alert) == ["Restrict in this job", "Restrict 1 day", "Restrict for good", "Ignore"], (
        "and what can be done"
    )
    assert "Only an admin" in await side.told(side.stranger, alert, "Restrict 1 day"), "not by just anybody"
    await side.tap_on(side.admin, alert, "Restrict 1 day")
    for make in SIDES.values():
        elsewhere = make(side.chats)
        await elsewhere.see_in(elsewhere.admins, "Restricted for 1 day")  # every admin chat shows what was decided
    ban = side.text(await side.see(user, "You cannot take tasks until"))
    for part in ("UTC", "answers to check tasks were wrong", "help@example.org"):
        assert part in ban, f"the worker is told until when, why, and whom to write to: {part}"
    assert not side.chats.value("SELECT sum(active) FROM task"), "their task went back"
    await side.tap_on(side.admin, side.now(side.admins, alert), "Undo")
    await side.see(user, "the restriction was lifted")
    await side.command(user, "next")
    await side.task(user)
    assert side.chats.read(EVENTS) == [("admin.day", str(side.admin)), ("admin.undo", str(side.admin))], "all is logged"


async def test_a_ban_for_good_and_an_ignored_alert(side: Side) -> None:
    await side.post_job()
    users = [await side.join(number) for number in (1, 2)]
    for user in users:
        for _ in range(3):
            await side.tap(user, "Skip")
        await side.see_in(side.admins, f"{side.name}:{user} in job #1: 3 of 3 tasks skipped")
    first, second = [await side.find_in(side.admins, f"{side.name}:{user} ") for user in users]
    await side.tap_on(side.admin, first, "Restrict for good")
    await side.see(users[0], "You cannot take tasks any more")
    await side.tap_on(side.admin, second, "Ignore")
    await side.see_in(side.admins, "Ignored.")
    assert "decided already" in await side.told(side.admin, second, "Restrict 1 day"), "an old alert is explained"
    await side.tap(users[1], "Apples")


async def test_a_stalled_job_and_a_budget_that_is_nearly_gone_are_told(tmp_path: Path) -> None:
    async with open_side("telegram-polling", tmp_path, stalled_minutes=0.5, budget_low=0.9) as side:
        await side.post_job(jobfile=JOB_FILE.replace("budget: 5 USD", "budget: 0.1 USD"))
        user = await side.join(1)
        await side.tap(user, "Apples")
        await side.see_in(side.admins, "the budget is nearly gone")
        await side.see_in(side.channel, "has nearly used its budget")
        await side.see_in(side.admins, "Job #1 has stalled")


async def test_only_an_admin_books_payments(tmp_path: Path) -> None:
    async with open_side("telegram-polling", tmp_path) as side:
        await side.say_in(side.admins, side.stranger, "credit", f"telegram:{side.requester} 50 USD")
        await side.see_in(side.admins, "Only an admin can do that")
        await side.say_in(side.admins, side.admin, "credit", f"telegram:{side.requester} 50 USD bank-1")
        await side.see_in(side.admins, f"50.00 USD booked for telegram:{side.requester}")
        await side.say_in(side.admins, side.admin, "credit", f"telegram:{side.requester} 50 USD bank-1")
        await side.see_in(side.admins, "This payment was booked before")
        assert await until(lambda: side.chats.value("SELECT count(*) FROM entry") == 1), "one payment, one entry"
