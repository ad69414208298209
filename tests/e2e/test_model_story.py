"""A new model on both platforms: its card with curves, a tap to roll it back, one to bring it again; /models, /runs."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from chats import ITEMS, JOB_FILE
from models_by_hand import METRICS, opinions
from PIL import Image
from sides import Side, open_side

from core.service import modelling, registry
from core.service.house import Desk
from core.service.registry import Made
from core.store import batches
from core.store.tx import Tx


async def make_model(side: Side, curves: Path) -> None:
    """A finetune run has left a model that beats the commonest class."""
    service = side.chats.service

    def register(tx: Tx) -> Desk:
        desk = Desk(tx, service.house, service.clock.now())
        number = batches.queue_run(tx, modelling.FINETUNE, 1, "1", False, desk.now)
        assert number is not None, "it is the first one"
        batches.finish_run(tx, number, "{}", "", desk.now)
        made = Made("/m", "f" * 64, dict(METRICS), ((str(curves), "curves.png"),))
        registry.register(desk, batches.get_run(tx, number), made, opinions(40, 20), None)
        return desk

    service.outbox.put((await service.store.run(register)).reply.speeches)


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 20), "white").save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize("mode", ["telegram-polling", "slack-sockets"])
async def test_a_model_goes_live_and_back_by_a_tap(mode: str, tmp_path: Path) -> None:
    curves = tmp_path / "curves.png"
    curves.write_bytes(picture())
    async with open_side(mode, tmp_path) as side:
        await side.post_job(ITEMS, JOB_FILE + "learn: true\n")
        await make_model(side, curves)
        card = await side.find_in(side.channel, "Model 1 of job #1: live")
        assert "90.0% of 60 known answers right (80.0% to 95.0%)" in side.text(card), "its figures, with the interval"
        assert "at least 56.1%; the commonest class has 50.0%" in side.text(card), "and why it may speak"
        await side.see_in(side.admins, "Model 1 of job #1: live")
        await side.press_in(side.channel, side.requester, "Roll back")
        await side.see_in(side.channel, "Model 1 of job #1: retired")
        await side.press_in(side.channel, side.requester, "Make it live")
        shown = await side.see_in(side.channel, f"{side.name}:{side.requester} promoted it")
        assert "Model 1 of job #1: live" in shown, "the same card says who did it"
        await side.say_in(side.channel, side.requester, "models")
        assert "made of 300 labels" in await side.see_in(side.channel, "Models of job #1"), "listed"
        await side.say_in(side.channel, side.requester, "runs")
        assert "finetune" in await side.see_in(side.channel, "Batch runs"), "and its run"
