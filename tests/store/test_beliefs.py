"""What a model says of tasks is stored page by page, each at the cost of the page (core.store.beliefs)."""

from __future__ import annotations

from typing import Any, cast

import pytest
from builders import Town, make_items
from states import MemoryStore, memory_town

from core.store import beliefs, jobs
from core.store.tx import Tx

PAGE, PAGES = 100, 20


def ids(tx: Tx, job: int) -> list[int]:
    return [row[0] for row in tx.all("SELECT id FROM task WHERE job = ? ORDER BY id", (job,))]


@pytest.fixture
async def town() -> Town:
    town = memory_town()
    await town.post(make_items(PAGE * PAGES))
    return town


async def counts(town: Town, job: int) -> tuple[int, int]:
    """What the job says of its priors, and how many there are."""
    there = await town.read(lambda tx: tx.value("SELECT count(*) FROM prior WHERE job = ?", (job,)))
    return (await town.read(jobs.get_job, job)).priors, there


async def test_the_count_is_exact_when_pages_overlap_and_repeat(town: Town) -> None:
    tasks = await town.read(ids, 1)
    for first, last in ((0, 10), (5, 15), (0, 10), (20, 20)):
        await town.database.run(beliefs.put_priors, 1, [(task, (0.5, 0.5)) for task in tasks[first:last]], 1)
    assert await counts(town, 1) == (15, 15), "a task that was spoken on before counts once"


async def test_a_task_named_twice_in_a_page_counts_once_and_the_last_word_holds(town: Town) -> None:
    task = (await town.read(ids, 1))[0]
    await town.database.run(beliefs.put_priors, 1, [(task, (0.9, 0.1)), (task, (0.2, 0.8))], 1)
    assert await counts(town, 1) == (1, 1), "one task, one prior"
    assert await town.read(beliefs.priors_of, [task]) == {task: [0.2, 0.8]}, "the later one"


async def test_a_late_page_costs_what_an_early_one_does(town: Town) -> None:
    tasks = await town.read(ids, 1)
    connection = cast(MemoryStore, cast(Any, town.database)).connection
    costs = []
    for first in range(0, len(tasks), PAGE):
        steps = [0]
        connection.set_progress_handler(lambda steps=steps: steps.__setitem__(0, steps[0] + 1), 10)  # type: ignore[misc]
        await town.database.run(beliefs.put_priors, 1, [(task, (0.5, 0.5)) for task in tasks[first : first + PAGE]], 1)
        costs.append(steps[0])
    assert max(costs) < 1.5 * min(costs), f"no page looks at the priors of other pages: {costs}"
