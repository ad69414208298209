"""What time alone brings about: leases end, progress is redrawn, runs are queued, old rows are forgotten."""

from __future__ import annotations

from builders import CHANNEL, Town, make_items, make_spec, worker
from states import live, logical

from core.model import Overlap
from core.service.clockwork import EXPIRE_AT_ONCE, refit, tidy
from core.store import batches
from core.store.tx import Tx

ADA = worker(1)


async def edits(town: Town) -> int:
    return sum(speech.op == "edit" for speech in town.said[CHANNEL])


async def test_a_quiet_tick_changes_and_says_nothing(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(ADA)
    before = await town.read(logical)
    reply = await town.tick(5)
    assert reply.speeches == [] and await town.read(logical) == before, "nothing was due"


async def test_progress_is_redrawn_when_tasks_were_done_and_not_otherwise(town: Town) -> None:
    await town.publish(make_items(3), make_spec(overlap=Overlap("fixed", 1, 1)))
    await town.join(ADA)
    start = await edits(town)
    await town.press(ADA, "Apples")
    await town.tick(5)
    await town.tick(5)
    assert await edits(town) == start + 1, "one edit for one step of progress"


async def test_many_leases_run_out_in_several_ticks(town: Town) -> None:
    def lease(tx: Tx) -> None:
        tx.run("UPDATE assignment SET expires_at = 0")

    await town.publish(make_items(1), make_spec(overlap=Overlap("fixed", EXPIRE_AT_ONCE + 3, EXPIRE_AT_ONCE + 3)))
    for number in range(EXPIRE_AT_ONCE + 3):
        await town.join(worker(number))
    await town.read(lease)
    await town.tick(1)
    left = await town.read(lambda tx: tx.value("SELECT count(*) FROM assignment WHERE state = 'ACTIVE'"))
    assert left == 3, "one tick takes back a bounded number, so that it never blocks the store for long"
    await town.tick(1)
    assert await live(town, ADA) is None, "the next one takes the rest"


async def test_refit_queues_a_run_only_for_new_answers(town: Town) -> None:
    await town.publish(make_items(5))
    await town.join(ADA)
    assert await town.read(refit, town.now, "w1") == 0, "without answers there is nothing to learn"
    await town.press(ADA, "Apples")
    assert await town.read(refit, town.now, "w2") == 1, "one run for the new answer"
    assert await town.read(refit, town.now, "w3") == 0, "not twice for the same answers"

    def finish(tx: Tx) -> None:
        run = batches.take_run(tx, 0)
        assert run is not None
        batches.finish_run(tx, run.id, "{}", "", 0)

    await town.read(finish)
    await town.press(ADA, "Undo")
    await town.press(ADA, "Bread")
    assert await town.read(refit, town.now, "w4") == 1, "a changed answer is new as well"


async def test_tidy_forgets_after_a_week(town: Town) -> None:
    await town.say(ADA, "help")
    await town.read(lambda tx: tx.run("UPDATE outbox SET state = 1").rowcount)
    assert await town.read(tidy, town.now + 6 * 86_400_000) == 0, "within a week platforms may redeliver"
    assert await town.read(tidy, town.now + 8 * 86_400_000) == 2, "then the key and the speech go"
