"""What comes back from a batch run enters the store once, in small transactions, and is posted once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from builders import CHANNEL, REQUESTER, Town, make_items

from core.ports import SystemClock
from core.store import batches
from core.store.batches import BatchRun
from gpu_jobs import contract, tables
from gpu_jobs.contract import BatchReport
from gpu_jobs.ingest import ROWS, ingest, read_labels, result_files


class Counting:
    """A Store that notes how many rows each unit of work was given."""

    def __init__(self, town: Town) -> None:
        self.town, self.rows = town, list[int]()

    async def run(self, unit: Callable[..., Any], *args: Any) -> Any:
        self.rows += [len(arg) for arg in args if isinstance(arg, list) and unit is batches.insert_labels]
        return await self.town.database.run(unit, *args)


async def finished_run(town: Town, folder: Path, count: int) -> tuple[BatchRun, BatchReport]:
    """A final run of a closing job, and the labels that it left."""
    job = await town.publish(make_items(count))
    await town.say(REQUESTER, "canceljob", place=CHANNEL)
    await town.tick(1)
    run = await town.read(batches.take_run, town.now)
    tasks = [row[0] for row in await town.read(lambda tx: tx.all("SELECT id FROM task WHERE job = ?", (job,)))]
    columns = {
        "task": tasks,
        "ref": [f"t{n}" for n in range(count)],
        "label": [n % 2 for n in range(count)],
        "confidence": [0.75] * count,
        "posterior": [[0.25, 0.75]] * count,
        "majority": [1] * count,
        "answers": [3] * count,
    }
    (folder / contract.OUT).mkdir(parents=True)
    tables.write_table(folder / contract.OUT / contract.LABELS_FILE, tables.LABELS, columns)
    metrics: dict[str, float | int | str] = {
        "tasks": count,
        "workers": 4,
        "mean_confidence": 0.75,
        "method": "majority-vote",
    }
    return run, BatchReport(run_id=str(run.id), status="done", started=0, finished=1, metrics=metrics)


async def test_labels_come_in_small_transactions(town: Town, tmp_path: Path) -> None:
    run, report = await finished_run(town, tmp_path, 2 * ROWS + 1)
    store = Counting(town)
    await ingest(store, SystemClock(), town.house, run, tmp_path, report)
    assert store.rows == [ROWS, ROWS, 1], "taps never wait behind thousands of rows"
    row = await town.read(lambda tx: tx.one("SELECT label, confidence, majority, answers FROM label LIMIT 1"))
    assert row == (0, 750_000, 1, 3), "confidence is kept in parts per million"


async def test_a_second_ingest_changes_and_says_nothing(town: Town, tmp_path: Path) -> None:
    run, report = await finished_run(town, tmp_path, 3)
    clock = SystemClock()
    first = await ingest(town.database, clock, town.house, run, tmp_path, report)
    second = await ingest(town.database, clock, town.house, run, tmp_path, report)
    posted = [speech.op for speech in first.speeches].count("files")
    assert posted == 1 and second.speeches == [], "the results are posted once"
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM label")) == 3, "each label is there once"
    state = await town.read(lambda tx: tx.one("SELECT state FROM job"))
    assert state == ("closed",), "and the job is closed"


async def test_a_crash_between_two_slices_is_made_good(town: Town, tmp_path: Path) -> None:
    run, report = await finished_run(town, tmp_path, 3)
    await town.read(batches.insert_labels, run.id, run.job, read_labels(tmp_path)[:1])
    await ingest(town.database, SystemClock(), town.house, run, tmp_path, report)
    assert await town.read(lambda tx: tx.value("SELECT count(*) FROM label")) == 3, (
        "what was there stays, the rest comes"
    )


def test_the_picture_comes_first_and_names_tell_the_job(tmp_path: Path) -> None:
    names = [name for _, name in result_files(tmp_path, 7)]
    assert names == ["job-7-labels.png", "job-7-labels.csv", "job-7-labels.jsonl"], "the requester knows what is what"
