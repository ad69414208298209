"""Suspected labels are judged in private: fixed, kept, given to an expert, and taken back; /audit and its reasons.

Proves core.service.suspects, core.service.auditing, core.service.learning and core.store.suspects.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from builders import ADMIN, ADMIN_PLACE, CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from states import live, memory_town, token_for

from core.messages import Card
from core.model import Experts, Overlap, Place
from core.service import auditing, closing, learning
from core.service.house import Desk
from core.store import batches, jobs, suspects
from core.store.batches import BatchRun
from core.store.tx import Row, Tx

FIGURES = {"error_rate": 0.1, "error_low": 0.05, "error_high": 0.15, "text_weight": 0.6, "labelled": 20}
METRICS: dict[str, float | int | str] = {**FIGURES, "suspects": 2, "doubtful_gold": 1, "odd_workers": 0, "skipped": ""}


@pytest.fixture
def town() -> Iterator[Town]:
    town = memory_town()
    yield town
    assert not town.database.faults(), "the books are right"  # type: ignore[attr-defined]


async def answered_job(town: Town, **changes: object) -> int:
    """Six tasks and a control with one answer each, all "Apples"."""
    spec = make_spec(overlap=Overlap("fixed", 1, 1), learn=True, **changes)
    await town.say(REQUESTER, "help")  # in private: from now on the bot may write to them
    job = await town.publish(make_items(6, gold=[1]), spec)
    await town.join(worker(1))
    while (lease := await live(town, worker(1))) is not None:
        await town.press_token(worker(1), await token_for(town, worker(1), lease.id, "0"))
    return job


async def audited(town: Town, job: int, doubts: dict[str, float]) -> int:
    """An audit that suspects these tasks, by their ids in the upload."""
    ids = dict(await town.read(lambda tx: tx.all("SELECT ref, id FROM task WHERE job = ?", (job,))))

    def take_in(tx: Tx) -> Desk:
        run = batches.queue_run(tx, learning.AUDIT, job, "asked:1", False, town.now)
        assert run is not None, "it is the first one"
        row = batches.get_run(tx, run)
        desk = Desk(tx, town.house, town.now)
        auditing.audited(desk, row, METRICS, [])
        rows = [("gold" if ref[0] == "g" else "label", ids[ref], 0, 1, doubt, "why") for ref, doubt in doubts.items()]
        suspects.insert_suspects(tx, run, job, rows)
        auditing.present(desk, row)
        desk.reply.facts["run"] = run
        return desk

    desk = await town.database.run(take_in)
    town.hear(desk.reply)
    return int(desk.reply.facts["run"])


async def task_of(town: Town, ref: str) -> Row:
    row: Row = await town.read(lambda tx: tx.one("SELECT label, confidence, done FROM task WHERE ref = ?", (ref,)))
    return row


def shown(town: Town, title: str) -> list[Card]:
    return [speech.card for speech in town.said[Place(*REQUESTER)] if title in speech.card.title]


async def test_a_fix_is_the_label_from_then_on_and_an_undo_takes_it_back(town: Town) -> None:
    job = await answered_job(town)
    run = await audited(town, job, {"t0": 0.9})
    before = await task_of(town, "t0")
    await town.press(REQUESTER, "Fix: Bread")
    assert await task_of(town, "t0") == (1, 980_000, 1), "the requester's word stands above the votes"
    assert (await town.read(suspects.decided, run))[:2] == (1, 0), "and is counted"
    await town.press(REQUESTER, "Undo")
    assert await task_of(town, "t0") == before, "as it was"
    assert (await town.read(suspects.decided, run))[:2] == (0, 0), "nothing is decided"


async def test_keeping_says_so_and_the_estimate_falls(town: Town) -> None:
    job = await answered_job(town)
    await audited(town, job, {"t0": 0.9, "t1": 0.6})
    await town.press(REQUESTER, "Keep: Apples")
    await town.press(REQUESTER, "Fix: Bread", card=shown(town, "(90%)")[0])
    text = town.last(CHANNEL).text
    assert "10.0% were expected to be wrong" in text and "it is 2.5%" in text, "1.5 of 20 labels are doubtful no more"
    assert "1 fixed and 1 kept" in text, "and why"


async def test_a_wrong_control_is_retired(town: Town) -> None:
    job = await answered_job(town)
    await audited(town, job, {"g0": 0.8})
    retired = "SELECT count(*) FROM control WHERE retired_at IS NOT NULL"
    await town.press(REQUESTER, "Retire it")
    assert await town.read(lambda tx: tx.value(retired)) == 1, "it is not handed out any more"
    await town.press(REQUESTER, "Undo")
    assert await town.read(lambda tx: tx.value(retired)) == 0, "and is again after an undo"


async def test_an_expert_may_be_asked(town: Town) -> None:
    job = await answered_job(town, experts=Experts(skills=(("apples", 80),), price=50_000))
    await audited(town, job, {"t0": 0.9})
    await town.press(REQUESTER, "Ask an expert")
    assert await town.read(lambda tx: tx.value("SELECT state FROM escalation")) == "open", "one waits for them"
    await town.press(REQUESTER, "Undo")
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM escalation")) == 0, "and not after an undo"


async def test_workers_who_read_the_channel_see_no_suspect(town: Town) -> None:
    job = await answered_job(town)
    before = len(town.said[CHANNEL])
    await audited(town, job, {"t0": 0.9, "g0": 0.8})
    await town.say(REQUESTER, "suspects", place=CHANNEL)
    told = [speech.card for speech in town.said[CHANNEL][before:]]
    assert not any(card.quote or card.rows for card in told), f"neither an item nor a choice is in the channel: {told}"
    assert not any(speech.files for speech in town.said[CHANNEL]), "nor a file that names the suspects"
    notes = [card.text for card in told if "2 suspected labels are in the private chat with telegram:7" in card.text]
    assert len(notes) == 2, "but where they are, each time"


async def test_who_may_not_be_written_to_yet_is_told_what_to_do(town: Town) -> None:
    job = await answered_job(town)
    await town.database.run(lambda tx: tx.run("UPDATE person SET chat = ''"))
    await audited(town, job, {"t0": 0.9})
    assert "press Start), then say /suspects #1" in town.last(CHANNEL).text, "the suspects wait"
    await town.say(REQUESTER, "suspects", f"#{job}")
    assert town.last(REQUESTER).quote == "item 0", "and come when asked for"


async def test_an_admin_who_asks_for_suspects_gets_them(town: Town) -> None:
    await audited(town, await answered_job(town), {"t0": 0.9})
    await town.say(ADMIN, "help")
    await town.say(ADMIN, "suspects", place=CHANNEL)
    assert town.last(ADMIN).quote == "item 0", "in their own private chat"


async def test_others_may_not_judge(town: Town) -> None:
    job = await answered_job(town)
    await audited(town, job, {"t0": 0.9})
    await town.press(worker(1), "Fix: Bread", card=shown(town, "(90%)")[0])
    assert (await task_of(town, "t0"))[0] == 0, "a worker's press changes nothing"


async def test_a_judged_task_is_not_suspected_again(town: Town) -> None:
    job = await answered_job(town)
    run = await audited(town, job, {"t0": 0.9})
    await town.press(REQUESTER, "Keep: Apples")
    task = await town.read(lambda tx: tx.value("SELECT id FROM task WHERE ref = 't0'"))
    await town.database.run(suspects.insert_suspects, run, job, [("label", task, 0, 1, 0.9, "again")])
    assert await town.read(suspects.open_suspects, job, run, 10) == [], "a person has spoken"


async def test_admins_hear_the_figures(town: Town) -> None:
    await audited(town, await answered_job(town), {"t0": 0.9})
    text = town.last(ADMIN_PLACE).text
    assert "About 10.0% of the labels" in text and "counts 60%" in text, "rate, and what the text did"


async def test_audit_says_why_not(town: Town) -> None:
    await answered_job(town)
    await town.say(REQUESTER, "audit", place=CHANNEL)
    assert town.last(CHANNEL).text == "Job #1 has 6 answers; an audit needs 200. /status shows how it goes.", (
        "too little to learn from"
    )
    await town.say(REQUESTER, "suspects", place=CHANNEL)
    assert "was not audited yet" in town.last(CHANNEL).text, "and nothing to show"


async def finished(town: Town, job: int, answers: int, claim: str) -> str:
    """An aggregate run of a job with so many answers is done; what the loop noted about it."""

    def finish(tx: Tx) -> None:
        real = jobs.get_job(tx, job).answers
        tx.run("UPDATE job SET answers = ? WHERE id = ?", (answers, job))
        run = BatchRun(99, closing.AGGREGATE, job, claim, 0, "done", "", 1, "", "")
        learning.after_aggregate(Desk(tx, town.house, town.now), run, jobs.get_job(tx, job))
        tx.run("UPDATE job SET answers = ? WHERE id = ?", (real, job))

    await town.database.run(finish)
    note = "SELECT (SELECT kind || ' ' || body FROM event WHERE kind LIKE 'learning.%' ORDER BY id DESC LIMIT 1)"
    return str(await town.read(lambda tx: tx.value(note)))


async def test_an_audit_follows_an_aggregate_run_when_it_is_worth_it(town: Town) -> None:
    job = await answered_job(town)
    assert "at least 200 are needed" in await finished(town, job, 150, "at:1"), "skipped, with the reason"
    assert "learning.queued" in await finished(town, job, 250, "at:2"), "enough to learn from"
    await audited(town, job, {})
    await town.database.run(lambda tx: tx.run("UPDATE audit SET answers = 250"))
    assert "only 20 new answers" in await finished(town, job, 270, "at:3"), "not again for a few more"
    assert "learning.queued" in await finished(town, job, 320, "at:4"), "but for a fifth more"


async def test_a_job_that_does_not_learn_is_left_alone(town: Town) -> None:
    job = await town.publish(make_items(3), make_spec())
    assert await finished(town, job, 5000, "at:1") == "None", "no audit, no note"
