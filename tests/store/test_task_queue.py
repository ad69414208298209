"""The queue of open tasks: nobody is shown a task twice, nothing is missed, and a long record does not slow a tap."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from builders import Town, make_items, make_spec, worker

from core.model import Overlap
from core.store import tasks
from core.store.assignments import insert_assignment
from core.store.tx import Tx

PERSON = worker(1)
LEVELS = 3
TASKS = 12


@pytest.fixture
async def job(town: Town, monkeypatch: pytest.MonkeyPatch) -> int:
    """An open job of twelve tasks with an overlap of three; windows of three tasks."""
    monkeypatch.setattr(tasks, "WINDOW", 3)
    await town.say(PERSON, "start")
    return await town.publish(make_items(TASKS), make_spec(overlap=Overlap("fixed", LEVELS, LEVELS)))


async def had(town: Town, job: int, positions: Sequence[int], answers: int = 1) -> None:
    """The person had the tasks at these positions, which have so many answers by now."""

    def note(tx: Tx) -> None:
        person = tx.value("SELECT id FROM person WHERE user = ?", (PERSON.user,))
        for position in positions:
            task = tx.value("SELECT id FROM task WHERE job = ? AND position = ?", (job, position))
            lease = insert_assignment(tx, task, job, person, 0, (0, 1))
            tx.run("UPDATE assignment SET state = 'SKIPPED' WHERE id = ?", (lease,))
            tx.run("UPDATE task SET answers = ? WHERE id = ?", (answers, task))

    await town.database.run(note)


async def begin(town: Town, job: int, positions: Sequence[int], answers: int) -> None:
    """Others have answered the tasks at these positions so many times."""

    def note(tx: Tx) -> None:
        for position in positions:
            tx.run("UPDATE task SET answers = ? WHERE job = ? AND position = ?", (answers, job, position))

    await town.database.run(note)


async def offered(town: Town, job: int, pivot: int = 0, limit: int = 24) -> list[int]:
    """Positions of the tasks that the person is offered, in order."""

    def look(tx: Tx) -> list[int]:
        person = tx.value("SELECT id FROM person WHERE user = ?", (PERSON.user,))
        found = tasks.queue_for(tx, job, person, limit, levels=LEVELS, pivot=pivot)
        return [tasks.get_task(tx, candidate.task).position for candidate in found]

    return await town.database.run(look)


async def test_those_with_most_answers_come_first(town: Town, job: int) -> None:
    await begin(town, job, [7], 2)
    await begin(town, job, [4], 1)
    assert await offered(town, job) == [7, 4, 0], "what is nearly done is finished first, then in order of upload"


async def test_who_had_the_whole_front_is_offered_what_lies_behind(town: Town, job: int) -> None:
    await had(town, job, range(6))
    assert await offered(town, job, pivot=8) == [8, 9, 10], "fresh tasks are found from the pivot on"
    assert await offered(town, job, pivot=TASKS) == [6, 7, 8], "or from the first, when nothing lies behind the pivot"


async def test_begun_tasks_of_others_are_found_behind_ones_own(town: Town, job: int) -> None:
    await had(town, job, range(4), answers=2)
    await begin(town, job, [9, 10], 1)
    assert await offered(town, job) == [9, 10], "a full window of one number of answers does not hide the next one"


async def test_the_last_task_left_is_found_wherever_it_is(town: Town, job: int) -> None:
    await had(town, job, [n for n in range(TASKS) if n != 7])
    await begin(town, job, [7], 1)
    assert await offered(town, job) == [7], "when every window is the person's own, the whole queue is searched"


async def test_who_had_everything_is_offered_nothing(town: Town, job: int) -> None:
    await had(town, job, range(TASKS))
    assert await offered(town, job, pivot=5) == [], "no task is handed to the same person twice"
