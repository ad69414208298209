"""Decided labels stand above inferred ones, from the store to the requester's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders import Town
from reviews import REVIEWERS, answer, judge, reviewed_job, settle

from core.model import Overlap
from core.store import batches, jobs
from core.store.snapshots import snapshot
from gpu_jobs import contract, tables
from gpu_jobs.contract import BadInput, Limits
from gpu_jobs.export import export
from gpu_jobs.kernels.values import Fit
from gpu_jobs.rulings import overrule

TASKS = np.array([30, 10, 20])


def fit() -> Fit:
    posterior = np.array([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [1.0, 0.0, 0.0]])
    none = np.empty(0)
    return Fit(posterior.argmax(axis=1), posterior, np.empty((0, 3, 3)), none, none, none, 1, 0.0)


def decide(folder: Path, task: int, label: int) -> None:
    tables.write_table(
        folder / contract.RULINGS_FILE, tables.RULINGS, {"task": [task], "label": [label], "weight": [0.9]}
    )


def test_without_rulings_nothing_changes(tmp_path: Path) -> None:
    before = fit()
    assert overrule(tmp_path, TASKS, before) is before, "most jobs have none"


def test_a_ruling_decides_its_task_and_no_other(tmp_path: Path) -> None:
    decide(tmp_path, 10, 0)
    after = overrule(tmp_path, TASKS, fit())
    assert after.labels.tolist() == [0, 0, 0], "task 10 was decided as 0"
    np.testing.assert_allclose(after.posterior[1], [0.9, 0.025, 0.075], err_msg="the rest keeps its proportions")
    np.testing.assert_allclose(after.posterior[[0, 2]], fit().posterior[[0, 2]], err_msg="the others are as they were")


def test_a_ruling_against_certainty_leaves_a_distribution(tmp_path: Path) -> None:
    decide(tmp_path, 20, 0)
    np.testing.assert_allclose(
        overrule(tmp_path, TASKS, fit()).posterior[2], [0.9, 0.05, 0.05], err_msg="shared evenly"
    )


@pytest.mark.parametrize(("task", "label"), [(11, 0), (10, 3)])
def test_a_ruling_that_fits_nothing_is_refused(tmp_path: Path, task: int, label: int) -> None:
    decide(tmp_path, task, label)
    with pytest.raises(BadInput, match="rulings"):
        overrule(tmp_path, TASKS, fit())


async def test_the_export_carries_rulings_and_leaves_rejected_answers_out(town: Town, tmp_path: Path) -> None:
    job = await reviewed_job(town, 1, overlap=Overlap("fixed", 2, 2))
    for number in (1, 2):
        await answer(town, number)
    await settle(town)
    await judge(town, REVIEWERS[0], "Fix", "Bread")
    await settle(town)
    number = await town.read(batches.queue_run, "aggregate", job, "final", True, 0)
    run = await town.read(batches.get_run, number)
    inputs = tmp_path / contract.IN
    export(tmp_path, run, await town.read(jobs.get_job, job), await town.read(snapshot, job), b"s", Limits())
    decided = tables.read_table(inputs / contract.RULINGS_FILE, tables.RULINGS).to_pydict()
    assert (decided["label"], decided["weight"]) == ([1], [0.98]), "the reviewer's label goes along"
    answers = tables.read_table(inputs / contract.ANSWERS_FILE, tables.ANSWERS)
    assert len(answers) == 1, "the rejected answer is no evidence"
