"""Models of a job made by hand: what a finetune and a predict run would leave, without running one."""

from __future__ import annotations

from builders import Town

from core.models import Opinion
from core.service import forecasts, modelling, registry
from core.service.house import Desk
from core.service.registry import Made
from core.store import batches, models
from core.store.tx import Tx

METRICS = {"held_out": 60, "accuracy": 0.9, "accuracy_lower": 0.8, "accuracy_upper": 0.95, "labelled": 300}


def opinions(right: int, wrong: int) -> dict[int, Opinion]:
    return {place: Opinion((place + (place >= right)) % 2, place % 2) for place in range(right + wrong)}


async def made(town: Town, job: int, new: dict[int, Opinion], live: dict[int, Opinion] | None = None) -> int:
    """A finetune run left a model with these opinions of known answers; its id."""

    def register(tx: Tx) -> Desk:
        desk = Desk(tx, town.house, town.now)
        claim = f"made:{town.key()}"
        number = batches.queue_run(tx, modelling.FINETUNE, job, claim, False, town.now)
        assert number is not None, "each claim is a new one"
        batches.finish_run(tx, number, "{}", "", town.now)
        files = (("curves.png", "curves.png"),)
        registry.register(desk, batches.get_run(tx, number), Made("/m", "f" * 64, dict(METRICS), files), new, live)
        desk.reply.facts["model"] = models.models_of(tx, job, 1)[0].id
        return desk

    desk = await town.database.run(register)
    town.hear(desk.reply)
    town.now += 1000
    return int(desk.reply.facts["model"])


async def foretell(town: Town, job: int, sure: int) -> None:
    """The newest queued predict run: every task is probably Bread, and the first ones surely."""
    sql = "SELECT id FROM batch_run WHERE kind = 'predict' AND job = ? ORDER BY id DESC LIMIT 1"
    run = await town.read(lambda tx: batches.get_run(tx, tx.value(sql, (job,))))
    ids = [
        row[0] for row in await town.read(lambda tx: tx.all("SELECT id FROM task WHERE job = ? ORDER BY id", (job,)))
    ]
    shares, alone = [(task, (0.3, 0.7)) for task in ids], [(task, 1, 960_000) for task in ids[:sure]]

    def take_in(tx: Tx) -> Desk:
        forecasts.heed(tx, run, shares, alone, town.now, town.house)
        batches.finish_run(tx, run.id, "{}", "", town.now)
        desk = Desk(tx, town.house, town.now)
        forecasts.told(desk, run, {"items": len(ids), "accepted": sure})
        return desk

    town.hear((await town.database.run(take_in)).reply)
