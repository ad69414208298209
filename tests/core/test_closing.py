"""A job closes for one reason, pays what was done, refunds the rest exactly, and posts its results once."""

from __future__ import annotations

import json

import pytest
from builders import CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import held, live, purse_of, texts_at

from core.model import MICRO, Overlap, Place
from core.service import Desk, closing
from core.store import batches
from core.store.batches import BatchRun
from core.store.tx import Tx

ADA = worker(1)
FILES = [("/tmp/labels.csv", "labels.csv")]


async def job_row(town: Town, job: int) -> tuple[str, str | None]:
    row = await town.read(lambda tx: tx.one("SELECT state, reason FROM job WHERE id = ?", (job,)))
    return row[0], row[1]


async def work_off(town: Town) -> None:
    while await live(town, ADA) is not None:
        await town.press(ADA, "Apples")


async def final_run(town: Town, error: str = "") -> None:
    """Play the batch worker on the next run."""

    def unit(tx: Tx) -> Desk:
        run: BatchRun | None = batches.take_run(tx, town.now)
        assert run is not None, "a run waits"
        desk = Desk(tx, town.house, town.now)
        if error:
            batches.finish_run(tx, run.id, "", error, town.now)
            closing.failed(desk, run, error)
        else:
            metrics = {"method": "majority", "mean_confidence": 0.9, "workers": 1}
            batches.finish_run(tx, run.id, json.dumps({"metrics": metrics, "files": FILES}), "", town.now)
            closing.finish(desk, run, metrics, FILES)
        return desk

    town.hear((await town.read(unit)).reply)


async def close_by(town: Town, reason: str) -> tuple[int, int]:
    """Bring a job to its end in that way; (job, answers bought)."""
    price = 24_000
    budget = 2 * price + 5 if reason == "budget" else 10 * MICRO
    spec = make_spec(overlap=Overlap("fixed", 1, 1), deadline_seconds=100, budget=budget)
    job = await town.publish(make_items(3), spec)
    await town.join(ADA)
    bought = {"completed": 3, "budget": 2, "deadline": 1, "cancelled": 1}[reason]
    for _ in range(bought):
        await town.press(ADA, "Apples")
    await town.say(ADA, "pause")
    if reason == "cancelled":
        await town.say(REQUESTER, "canceljob", "", CHANNEL)
    await town.tick(100 if reason == "deadline" else 61)
    await town.tick(1)
    return job, bought


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("completed", "every task is done"),
        ("budget", "the budget is used up"),
        ("deadline", "the deadline has passed"),
        ("cancelled", "it was cancelled"),
    ],
)
async def test_each_end_has_its_reason_and_refunds_exactly(town: Town, reason: str, words: str) -> None:
    job, bought = await close_by(town, reason)
    assert await job_row(town, job) == ("closing", reason), "it buys nothing more"
    assert sum(words in text for text in texts_at(town, CHANNEL)) == 1, "the channel is told the reason once"
    assert await held(town, await purse_of(town, REQUESTER)) == 1_000 * MICRO - bought * 24_000, "to the micro-unit"
    assert await held(town, f"job:{job}:escrow:USD") == await held(town, f"job:{job}:reserved:USD") == 0, "all is out"


async def test_the_last_answers_stay_undoable_before_a_job_completes(town: Town) -> None:
    job = await town.publish(make_items(2), make_spec(overlap=Overlap("fixed", 1, 1)))
    await town.join(ADA)
    await work_off(town)
    await town.tick(59)
    assert await job_row(town, job) == ("open", None), "an undo may still come"
    await town.tick(2)
    assert await job_row(town, job) == ("closing", "completed"), "then it closes"


async def test_a_task_in_hand_is_finished_and_paid_after_the_deadline(town: Town) -> None:
    job = await town.publish(make_items(2), make_spec(deadline_seconds=100))
    await town.join(ADA)
    await town.tick(100)
    reply = await town.press(ADA, "Apples")
    assert reply.toast == "✓ Apples" and await live(town, ADA) is None, "it counts, and no other follows"
    await town.tick(1)
    assert await held(town, await purse_of(town, REQUESTER)) == 1_000 * MICRO - 24_000, "it is paid"
    assert await job_row(town, job) == ("closing", "deadline"), "the job is over"


async def test_no_task_is_handed_out_past_the_deadline_even_before_the_tick(town: Town) -> None:
    await town.publish(make_items(2), make_spec(deadline_seconds=100))
    town.now += 100_000
    await town.join(ADA)
    assert await live(town, ADA) is None and "deadline" in town.last(ADA).text, "and the reason is told"


async def test_a_paused_job_ends_by_its_deadline_only(town: Town) -> None:
    job = await town.publish(make_items(1), make_spec(overlap=Overlap("fixed", 1, 1), deadline_seconds=500))
    await town.join(ADA)
    await work_off(town)
    await town.say(REQUESTER, "pausejob", "", CHANNEL)
    await town.tick(100)
    assert await job_row(town, job) == ("paused", None), "a paused job waits"
    await town.tick(400)
    assert await job_row(town, job) == ("closing", "deadline"), "until its deadline"


async def test_a_final_run_posts_the_results_and_closes_the_job(town: Town) -> None:
    job, _ = await close_by(town, "completed")
    await final_run(town)
    assert await job_row(town, job) == ("closed", "completed"), "the job is over"
    result = town.said[CHANNEL][-1]
    assert result.op == "files" and result.files == tuple(FILES), "the files are in its channel"
    for words in ("3 answers", "Paid 0.06 USD, fee 0.012 USD, refunded 9.928 USD", "every task is done"):
        assert words in result.card.text, f"the summary says: {words}"


async def test_time_queues_one_final_run_only(town: Town) -> None:
    await close_by(town, "completed")
    for _ in range(3):
        await town.tick(5)
    rows = await town.read(lambda tx: tx.all("SELECT claim, final FROM batch_run"))
    assert rows == [("final", 1)], "however often one looks"


async def test_a_failed_final_run_is_told_to_the_channel_and_the_admins(town: Town) -> None:
    job, _ = await close_by(town, "completed")
    await final_run(town, error="out of memory")
    assert "/results tries again" in town.last(CHANNEL).text, "the requester knows what to do"
    alert = await town.read(lambda tx: tx.one("SELECT kind, evidence FROM alert"))
    assert alert[0] == "batch" and "out of memory" in alert[1], "the admins know why"
    assert (await job_row(town, job))[0] == "closing", "nothing is lost"


async def test_a_closed_job_sends_its_results_again_when_asked(town: Town) -> None:
    await close_by(town, "completed")
    await final_run(town)
    await town.say(REQUESTER, "results", "", CHANNEL)
    assert town.said[CHANNEL][-1].files == tuple(FILES), "the same files once more"


async def test_labels_so_far_are_for_the_requester_alone(town: Town) -> None:
    await town.publish(make_items(3))
    await town.join(ADA)
    await town.press(ADA, "Apples")
    await town.say(REQUESTER, "results")
    await final_run(town)
    assert town.said[Place(*REQUESTER)][-1].files == tuple(FILES), "they arrive where they were promised"
    assert not any(speech.files for speech in town.said[CHANNEL]), "workers read along in the channel"


async def test_progress_shows_where_the_job_stands(town: Town) -> None:
    await close_by(town, "completed")
    shown = [text for text in texts_at(town, CHANNEL) if "tasks done" in text]
    assert "3 of 3 tasks done" in shown[-1] and "closing" in shown[-1], "the progress message has the last figures"
