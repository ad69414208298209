"""Batch runs before people: listed, cancelled by those who may, and the progress of long ones in the admin chat.

Proves core.service.runs.
"""

from __future__ import annotations

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import memory_town

from core.service import runs
from core.store import batches


@pytest.fixture
async def town() -> Town:
    town = memory_town()
    await town.publish(make_items(2), make_spec())
    return town


async def queued(town: Town, kind: str = "audit", job: int = 1) -> int:
    run = await town.database.run(batches.queue_run, kind, job, town.key(), False, town.now)
    assert run is not None, "each claim is a new one"
    return run


async def state_of(town: Town, run: int) -> tuple[str, str]:
    row = await town.read(batches.get_run, run)
    return row.state, row.error


async def test_runs_are_listed_with_their_state(town: Town) -> None:
    await town.say(REQUESTER, "runs", place=CHANNEL)
    assert town.last(CHANNEL).text == "There was no batch run yet. /results starts one.", "nothing yet"
    run, digest = await queued(town), await queued(town, "digest", 0)
    await town.database.run(batches.finish_run, run, "", "it broke", town.now)
    await town.say(REQUESTER, "runs", place=CHANNEL)
    assert town.last(CHANNEL).text == f"{run} · audit · job #1 · failed", (
        "a channel sees its own jobs' runs, and no error's words"
    )
    await town.say(ADMIN, "runs", place=ADMIN_PLACE)
    assert f"{digest} · digest" in town.last(ADMIN_PLACE).text, "admins see them all"


async def test_a_run_is_cancelled_by_its_requester(town: Town) -> None:
    run = await queued(town)
    await town.say(worker(1), "cancelrun", str(run), CHANNEL)
    assert (await state_of(town, run))[0] == "queued", "others may not"
    await town.say(REQUESTER, "cancelrun", str(run), CHANNEL)
    assert await state_of(town, run) == ("failed", f"cancelled by {REQUESTER}"), "it never starts"
    assert await town.database.run(batches.take_run, town.now) is None, "the queue is empty"
    await town.say(REQUESTER, "cancelrun", str(run), CHANNEL)
    assert "is over already" in town.last(CHANNEL).text, "once is enough"


async def test_training_waits_for_everything_else(town: Town) -> None:
    training, first, last = await queued(town, "finetune"), await queued(town), await queued(town, "aggregate")
    taken = [await town.database.run(batches.take_run, town.now) for _ in range(3)]
    assert [run.id for run in taken if run] == [first, last, training], "people wait for labels, nobody for a model"


@pytest.mark.parametrize(("args", "text"), [("", "Which run?"), ("77", "There is no batch run 77")])
async def test_refusals_are_kind(town: Town, args: str, text: str) -> None:
    await town.say(REQUESTER, "cancelrun", args, CHANNEL)
    assert text in town.last(CHANNEL).text, "it says what to do instead"


async def test_only_admins_cancel_what_belongs_to_no_job(town: Town) -> None:
    run = await queued(town, "digest", 0)
    await town.say(REQUESTER, "cancelrun", str(run), CHANNEL)
    assert (await state_of(town, run))[0] == "queued", "a requester may not"
    await town.say(ADMIN, "cancelrun", str(run), ADMIN_PLACE)
    assert (await state_of(town, run))[0] == "failed", "an admin may"


async def test_progress_is_one_message_edited_in_place_with_a_button(town: Town) -> None:
    run = await queued(town)
    await town.database.run(batches.take_run, town.now)
    for seconds, step in ((12, (1, 3)), (27, (2, 3))):
        town.hear(await town.database.run(runs.show_progress, run, seconds, step, town.now, town.house))
    spoken = [speech for speech in town.said[ADMIN_PLACE] if f"Batch run {run}" in speech.card.text]
    assert [speech.op for speech in spoken] == ["send", "edit"], "sent once, then edited"
    assert spoken[-1].card.text == f"Batch run {run} (audit, job #1): running, 27 s. Step 2 of 3.", "where it stands"
    await town.press(ADMIN, "Cancel it", ADMIN_PLACE)
    assert (await state_of(town, run))[0] == "failed", "and the button ends it"
