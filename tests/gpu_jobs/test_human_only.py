"""A model's labels are marked in the released files, and a human-only build has no trace of any model.

Proves the path of model labels from the store through gpu_jobs.export, gpu_jobs.rulings and gpu_jobs.aggregate.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from builders import CHANNEL, REQUESTER, Town, make_items, make_spec, worker
from models_by_hand import foretell, made, opinions
from states import live, memory_town, token_for

from core.model import Overlap
from core.store import batches, jobs
from core.store.snapshots import snapshot
from gpu_jobs import contract, tables
from gpu_jobs.__main__ import run as run_folder
from gpu_jobs.contract import Limits
from gpu_jobs.events import EventLog
from gpu_jobs.export import export
from gpu_jobs.kernels.values import Fit
from gpu_jobs.rulings import fill

ITEMS, ANSWERED = 10, 4


async def answered_job(**changes: Any) -> tuple[Town, int]:
    """One person answers the first tasks of ten."""
    town = memory_town()
    job = await town.publish(make_items(ITEMS), make_spec(overlap=Overlap("fixed", 1, 1), **changes))
    await town.join(worker(1))
    for _ in range(ANSWERED):
        lease = await live(town, worker(1))
        assert lease is not None, "there is work"
        await town.press_token(worker(1), await token_for(town, worker(1), lease.id, str(lease.task % 2)))
    return town, job


async def built(town: Town, job: int, claim: str, folder: Path) -> list[dict[str, str]]:
    """The labels.csv of an aggregate run with this claim."""
    number = await town.read(batches.queue_run, "aggregate", job, claim, False, 0)
    run = await town.read(batches.get_run, number)
    limits = Limits(lock_folder=str(folder.parent), threads=1)
    export(folder, run, await town.read(jobs.get_job, job), await town.read(snapshot, job), b"s", limits)
    report = run_folder(folder, EventLog(io.StringIO()))
    assert report.status == "done", report.error
    with (folder / contract.OUT / contract.LABELS_CSV).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


async def test_a_models_labels_are_marked_in_the_files(tmp_path: Path) -> None:
    town, job = await answered_job(learn=True, auto_accept=0.95)
    await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=ITEMS)
    rows = await built(town, job, "results:1", tmp_path / "run")
    by = {row["id"]: (row["by"], row["answers"]) for row in rows if row["label"]}
    assert sorted(by.values()).count(("people", "1")) == ANSWERED, "what people said is theirs"
    assert sorted(by.values()).count(("model", "0")) == len(by) - ANSWERED >= 5, "the rest is the model's, and says so"
    assert {row["confidence"] for row in rows if row["by"] == "model"} == {"0.96"}, "with its confidence"


async def test_a_human_only_build_is_that_of_a_job_without_models(tmp_path: Path) -> None:
    town, job = await answered_job(learn=True, auto_accept=0.95)
    await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=ITEMS)
    plain_town, plain_job = await answered_job()
    human = await built(town, job, "human:1", tmp_path / "human")
    assert human == await built(plain_town, plain_job, "results:1", tmp_path / "plain"), "byte by byte the same labels"
    assert sum(bool(row["label"]) for row in human) == ANSWERED, "only what people said"


async def test_results_human_queues_such_a_build_and_says_so() -> None:
    town, job = await answered_job(learn=True)
    await town.say(REQUESTER, "results", "human")
    sql = "SELECT claim FROM batch_run WHERE kind = 'aggregate' AND job = ?"
    claim = await town.read(lambda tx: tx.value(sql, (job,)))
    assert claim.startswith("human:"), "a run of its own"
    report = '{"metrics": {"tasks": 10}, "files": [["/x.csv", "x.csv"]]}'
    await town.database.run(lambda tx: tx.run("UPDATE batch_run SET state = 'done', report = ?", (report,)))
    await town.say(REQUESTER, "results", f"#{job} human")
    assert "no model has a part in these labels" in town.last(REQUESTER).text, "the caption says what it is"


async def test_a_stale_table_of_an_earlier_try_is_gone(tmp_path: Path) -> None:
    town, job = await answered_job(learn=True, auto_accept=0.95)
    await made(town, job, opinions(40, 20))
    await foretell(town, job, sure=ITEMS)
    await built(town, job, "results:1", tmp_path / "run")
    await town.say(REQUESTER, "rollback", place=CHANNEL)
    await town.tick()
    rows = await built(town, job, "results:2", tmp_path / "run")
    assert sum(bool(row["label"]) for row in rows) == ANSWERED, "what was rolled back is in no later build"


def test_an_answered_task_is_never_filled(tmp_path: Path) -> None:
    columns = {"task": [7, 8], "label": [1, 1], "weight": [0.9, 0.9]}
    tables.write_table(tmp_path / contract.ALONE_FILE, tables.RULINGS, columns)
    none = np.empty(0)
    crowd = Fit(np.array([0, -1]), np.array([[0.8, 0.2], [0.5, 0.5]]), np.empty((0, 2, 2)), none, none, none, 1, 0.0)
    filled, alone = fill(tmp_path, np.array([7, 8]), crowd, np.array([True, False]))
    assert (filled.labels.tolist(), alone.tolist()) == ([0, 1], [False, True]), "people's word is not touched"
    np.testing.assert_allclose(filled.posterior, [[0.8, 0.2], [0.1, 0.9]], err_msg="nor is its certainty")
