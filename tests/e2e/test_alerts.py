"""An alert with its chart on both platforms: an admin acts, the worker is told, it is taken back; and the digest."""

from __future__ import annotations

from pathlib import Path

import pytest
from chats import JOB_FILE, until
from sides import open_side

ITEMS = "\n".join(["id,text,gold", *(f"t{n},plain {n},\ng{n},known {n},Apples" for n in range(20)), ""])
JOB = JOB_FILE.replace("control_share: 0", "gold_share: 0.5") + "session: 50\n"


@pytest.mark.parametrize("mode", ["telegram-polling", "slack-sockets"])
async def test_an_alert_shows_a_chart_acts_and_is_undone(mode: str, tmp_path: Path) -> None:
    async with open_side(mode, tmp_path, chance_error=0) as side:
        await side.post_job(ITEMS, JOB)
        user = await side.join(1)
        for _ in range(30):
            await side.tap(user, "Bread")
            if side.chats.value("SELECT count(*) FROM alert"):
                break
        alert = await side.find_in(side.admins, "⚠ Alert")
        assert "✗✗✗" in side.text(alert) and "▁▁▁" in side.text(alert), "the evidence is drawn in the message"
        await side.tap_on(side.admin, alert, "Restrict in this job")
        await side.see(user, "You get no more tasks of")
        shown = await side.see_in(side.admins, f"restricted {side.name}:{user} in job #1")
        assert "✗✗✗" in shown and f"{side.name}:{side.admin}" in shown, "the chart stays, and the log says who did it"
        await side.tap_on(side.admin, side.now(side.admins, alert), "Undo")
        await side.see(user, "the restriction was lifted")
        await side.see_in(side.admins, "took it back")
        await side.say_in(side.admins, side.admin, "digest")
        assert await until(lambda: any("digest" in name or "photo" in name for name in side.files()), 40), (
            f"the digest comes with its plots: {list(side.files())}"
        )
