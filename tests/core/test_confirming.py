"""A verdict is provisional until it has stood some refits: what is learnt of the workers may reopen the task.

Proves core.service.confirming with core.store.provisional.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from builders import CHANNEL, Town, make_items, make_spec, worker
from hypothesis import given, settings
from hypothesis import strategies as st
from states import MemoryStore, differences, held, live, logical, memory_town, texts_at, token_for

from core.beliefs.rows import believe
from core.messages import Reply
from core.model import Overlap
from core.ports import SystemClock
from core.quality import ChanceTest
from core.service import Desk, confirming, refitting, voids
from core.store import beliefs, jobs, provisional, tasks
from gpu_jobs.replay.desk import CONFIRM

DYNAMIC = Overlap("dynamic", 2, 5, 0.85)
PRICE = 24_000
RIGHT = "right"


def quiet_town() -> Town:
    """Nobody is barred here: what is learnt of a worker moves their tasks by the refit alone."""
    return memory_town(rules=(), chance=ChanceTest(error=0.0))


async def answer(town: Town, number: int, choice: str) -> int | None:
    """The worker answers the task in hand, or a new one; its id, None when there is none. Item n is "n modulo 2"."""
    if await live(town, worker(number)) is None:
        await town.say(worker(number), "next")
    lease = await live(town, worker(number))
    if lease is None:
        return None
    said = str((await town.read(tasks.get_task, lease.task)).position % 2) if choice == RIGHT else choice
    await town.press_token(worker(number), await token_for(town, worker(number), lease.id, said))
    return lease.task


async def work(town: Town, number: int, choice: str, times: int = 100) -> None:
    await town.join(worker(number))
    for _ in range(times):
        if await answer(town, number, choice) is None:
            return


async def refit(town: Town) -> int:
    said: list[Reply] = []
    return await refitting.refit_due(town.database, SystemClock(), town.house, said.append)


async def learn(town: Town, job: int, *, good: bool, times: int = 1) -> None:
    """Refits that find the first two workers right nearly always, or in half of the cases."""
    ids = [row[0] for row in await town.read(lambda tx: tx.all("SELECT id FROM person ORDER BY id"))]
    rows, gold = [], {}
    for task in range(60):
        gold[task] = task % 2
        rows += [
            (task, who, task % 2 if good or (task // 2 + place) % 2 else 1 - task % 2) for place, who in enumerate(ids)
        ]
    body = believe(rows, gold, {}, 2).dumps()
    await town.database.run(beliefs.put_belief, job, body, 60, town.now)
    for _ in range(times):
        await refitting.judge_tasks(town.database, SystemClock(), town.house, job, lambda reply: None)


async def rows(town: Town, sql: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = await town.read(lambda tx: tx.all(sql))
    return found


async def agreed(town: Town, items: int = 3, **spec: Any) -> int:
    """A job whose tasks two workers have answered alike."""
    job = await town.publish(make_items(items), make_spec(**{"overlap": DYNAMIC, "session": 100, **spec}))
    await work(town, 1, RIGHT)
    await work(town, 2, RIGHT)
    assert await rows(town, "SELECT DISTINCT done, stood FROM task") == [(1, 0)], "two who agree settle a task"
    return job


@pytest.fixture
def town() -> Any:
    town = quiet_town()
    yield town
    faults = town.database.faults()  # type: ignore[attr-defined]
    assert faults == [], f"the books are right: {faults}"


async def test_tasks_that_spammers_settled_are_reopened_once_they_are_known(town: Town) -> None:
    spec = make_spec(overlap=DYNAMIC, control_share=0.4, session=100)
    await town.publish(make_items(20, gold=[1] * 12), spec)
    await work(town, 1, "0")
    await work(town, 2, "0")
    assert (await rows(town, "SELECT done FROM job"))[0][0] > 3, "before controls came, two who agree settled tasks"
    assert await refit(town) == 1, "there is something to learn"
    assert await rows(town, "SELECT done FROM job") == [(0,)], "who fails the control tasks has settled nothing"
    assert await rows(town, "SELECT count(*) FROM event WHERE kind = 'tasks.reopened'") == [(1,)], "it is on record"
    await work(town, 3, "1", 1)
    assert (await rows(town, "SELECT max(answers) FROM task WHERE gold IS NULL")) == [(3,)], "others may answer now"


async def test_a_verdict_is_final_once_it_has_stood(town: Town) -> None:
    job = await agreed(town)
    await learn(town, job, good=True, times=provisional.CONFIRM)
    assert await rows(town, "SELECT DISTINCT done, stood FROM task") == [(1, 5)], "it has stood every refit"
    await learn(town, job, good=False)
    assert await rows(town, "SELECT done FROM job") == [(3,)], "what is learnt later changes nothing"


async def test_before_it_may_fall_and_then_begins_again(town: Town) -> None:
    job = await agreed(town)
    await learn(town, job, good=True, times=provisional.CONFIRM - 1)
    await learn(town, job, good=False)
    assert await rows(town, "SELECT DISTINCT done, want, stood FROM task") == [(0, 1, 0)], "it wants one answer more"


async def test_the_label_of_a_provisional_task_follows_the_belief(town: Town) -> None:
    job = await agreed(town)
    await learn(town, job, good=True)
    found = await rows(town, "SELECT min(done), min(confidence) FROM task")
    assert found[0][0] == 1 and found[0][1] > 900_000, "who is right nearly always is believed more than strangers"


async def test_a_task_at_its_maximum_stays_done(town: Town) -> None:
    job = await agreed(town, overlap=Overlap("dynamic", 2, 2, 0.99))
    await learn(town, job, good=False)
    assert await rows(town, "SELECT done FROM job") == [(3,)], "no further answer is allowed"


async def test_fixed_overlap_is_never_doubted(town: Town) -> None:
    job = await agreed(town, overlap=Overlap("fixed", 2, 2))
    await learn(town, job, good=False)
    assert await rows(town, "SELECT DISTINCT done, stood FROM task") == [(1, 0)], "it buys the same answers either way"


@pytest.mark.parametrize("left", [0, 2])
async def test_no_more_is_reopened_than_the_job_can_pay(town: Town, left: int) -> None:
    job = await agreed(town, budget=(6 + left) * PRICE)
    await learn(town, job, good=False)
    assert await rows(town, "SELECT done FROM job") == [(3 - left,)], "an answer that cannot be paid is not asked for"
    assert await held(town, f"job:{job}:escrow:USD") == left * PRICE, "and nothing is paid by a refit"


@pytest.mark.parametrize(
    "word",
    [
        "INSERT INTO ruling(task, job, rank, source, ref, person, label, weight, at) "
        "VALUES(1, 1, 2, 'audit', 0, 1, 0, 990000, 0)",
        "INSERT INTO escalation(task, job, goes_to, cause, at, due_at) VALUES(1, 1, 'expert', 'low', 0, 9)",
        "INSERT INTO promotion(task, job, decision, actor, at) VALUES(1, 1, 'yes', 1, 0)",
    ],
)
async def test_a_persons_word_is_not_doubted(town: Town, word: str) -> None:
    job = await agreed(town)
    await town.database.run(lambda tx: tx.run(word))
    await learn(town, job, good=False)
    assert await rows(town, "SELECT id FROM task WHERE done = 1") == [(1,)], "only the tasks without one are reopened"


async def test_the_progress_message_follows_downwards(town: Town) -> None:
    job = await agreed(town)
    await town.tick(1)
    assert "3 of 3 tasks done" in texts_at(town, CHANNEL)[-1], "all was done"
    await learn(town, job, good=False)
    await town.tick(1)
    assert "0 of 3 tasks done" in texts_at(town, CHANNEL)[-1], "and is in doubt again"
    await town.tick(100)
    assert await rows(town, "SELECT state FROM job") == [("open",)], "a job with open tasks goes on"


async def test_a_paused_job_is_left_alone(town: Town) -> None:
    job = await agreed(town)
    await town.database.run(lambda tx: tx.run("UPDATE job SET state = 'paused'"))
    await learn(town, job, good=False)
    assert await rows(town, "SELECT done, state FROM job") == [(3, "paused")], "it hands nothing out"


async def test_pages_follow_one_another(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await agreed(town, items=7)
    monkeypatch.setattr(confirming, "PAGE", 3)
    await learn(town, job, good=True)
    assert await rows(town, "SELECT stood, count(*) FROM task GROUP BY stood") == [(1, 7)], (
        "each task is judged once a refit"
    )


async def test_an_answer_set_aside_makes_the_verdict_provisional_again(town: Town) -> None:
    job = await agreed(town, overlap=Overlap("dynamic", 1, 5, 0.7))
    await learn(town, job, good=True, times=2)
    lease = (await rows(town, "SELECT min(id) FROM assignment WHERE task = 1"))[0][0]
    await town.database.run(
        lambda tx: voids.set_aside(Desk(tx, town.house, town.now), jobs.get_job(tx, job), lease, voids.BANNED)
    )
    assert await rows(town, "SELECT stood FROM task WHERE id = 1") == [(0,)], "it rests on other votes now"


# ---- the end of a job ---------------------------------------------------------------------------------------------


async def many(town: Town) -> int:
    """A job at its end with enough answers for a fit."""
    job = await agreed(town, items=15)
    assert await rows(town, "SELECT answers, active FROM job") == [(30, 0)], "all is answered and nothing in hand"
    return job


async def test_a_job_closes_after_its_last_refit(town: Town) -> None:
    await many(town)
    await town.tick(61)
    assert await rows(town, "SELECT state FROM job") == [("open",)], "what the last answers teach may reopen tasks"
    assert await refit(town) == 1, "a job at its end is refitted"
    await town.tick(1)
    assert await rows(town, "SELECT state, reason FROM job") == [("closing", "completed")], "nothing was doubted"


async def test_a_job_does_not_wait_for_ever(town: Town) -> None:
    await many(town)
    await town.tick(79)
    assert await rows(town, "SELECT state FROM job") == [("open",)], "the undo window and one interval of refits"
    await town.tick(1)
    assert await rows(town, "SELECT state FROM job") == [("closing",)], "are all that it waits"


async def test_a_last_refit_comes_once_for_the_same_answers(town: Town) -> None:
    await many(town)
    assert [await refit(town) for _ in range(3)] == [1, 0, 0], "without new answers there is nothing to learn"


@pytest.mark.parametrize(("overlap", "items"), [(Overlap("fixed", 2, 2), 20), (DYNAMIC, 5)])
async def test_small_and_fixed_jobs_close_as_ever(town: Town, overlap: Overlap, items: int) -> None:
    await agreed(town, items=items, overlap=overlap)
    await town.tick(60)
    assert await rows(town, "SELECT state FROM job") == [("closing",)], "they have no belief to wait for"


def test_live_verdicts_are_final_when_those_of_the_replay_are() -> None:
    assert provisional.CONFIRM == CONFIRM, "the replay measures what the service does"
    assert f"stood < {CONFIRM}" in provisional.PROVISIONAL, "and the index is for that number"


# ---- whatever happens ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A worker's tap, perhaps undone at once; or a refit that finds the crowd good or bad."""

    worker: int
    choice: str
    undone: bool = False
    refit: bool | None = None


steps = st.lists(
    st.one_of(
        st.builds(Step, st.integers(0, 3), st.sampled_from(["0", "0", "1", "cant", "skip"]), st.booleans()),
        st.builds(Step, st.just(0), st.just(""), st.just(False), st.booleans()),
    ),
    min_size=1,
    max_size=30,
)


async def step_in(town: Town, job: int, step: Step) -> None:
    town.now += 1_000
    if step.refit is not None:
        final = await rows(town, "SELECT id, label FROM task WHERE stood >= 5 AND done = 1")
        await learn(town, job, good=step.refit)
        still = await rows(town, "SELECT id, label FROM task WHERE stood >= 5 AND done = 1")
        assert set(final) <= set(still), "what is final stays as it is"
        return
    if await live(town, worker(step.worker)) is None:
        await town.say(worker(step.worker), "next")
    lease = await live(town, worker(step.worker))
    if lease is None:
        return
    before = await town.read(logical)
    await town.press_token(worker(step.worker), await token_for(town, worker(step.worker), lease.id, step.choice))
    if step.undone:
        await town.press_token(worker(step.worker), await token_for(town, worker(step.worker), lease.id, "undo"))
        after = await town.read(logical)
        assert before == after, f"an undone tap leaves a trace: {differences(before, after)}"


@settings(max_examples=40, deadline=None)
@given(steps=steps, answers=st.sampled_from([6, 9, 100]))
def test_books_undos_and_final_verdicts_hold_whatever_is_learnt(steps: list[Step], answers: int) -> None:
    async def run() -> list[str]:
        town = quiet_town()
        spec = make_spec(overlap=DYNAMIC, session=100, budget=answers * PRICE)
        job = await town.publish(make_items(4), spec)
        for number in range(4):
            await town.join(worker(number))
        for step in steps:
            await step_in(town, job, step)
        paid = await rows(town, "SELECT answers FROM job")
        assert paid[0][0] <= answers, "no more is bought than the budget pays for"
        store = town.database
        assert isinstance(store, MemoryStore), "this town is kept in memory"
        return store.faults()

    assert asyncio.run(run()) == [], "books and counts stay whole"
