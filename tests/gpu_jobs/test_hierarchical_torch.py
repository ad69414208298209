"""The large-scale path, gpu_jobs.kernels.hierarchical_torch, in subprocesses: one rank or two, the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from run_folders import MakeRun

from gpu_jobs import contract, tables
from gpu_jobs.contract import BatchReport
from gpu_jobs.kernels.hierarchical import LARGE
from gpu_jobs.supervise import Event, supervise

OVERLAP, WORKERS = 20, 300
TASKS = LARGE // OVERLAP


def crowd() -> list[tuple[int, int, int]]:
    """Just enough answers for torch, from workers who are right 55 to 95 % of the time."""
    rng = np.random.default_rng(1)
    truth = np.arange(TASKS) % 2
    task = np.repeat(np.arange(TASKS), OVERLAP)
    worker = (task * 7 + np.tile(np.arange(OVERLAP) * 61, TASKS)) % WORKERS
    right = rng.random(len(task)) < rng.uniform(0.55, 0.95, WORKERS)[worker]
    label = np.where(right, truth[task], 1 - truth[task])
    return list(zip(task.tolist(), worker.tolist(), label.tolist(), strict=True))


async def run(folder: Path) -> tuple[BatchReport, list[Event]]:
    events: list[Event] = []
    return await supervise(folder, on_event=events.append), events


@pytest.mark.timeout(180)
async def test_two_ranks_give_the_same_bits_as_one(make_run: MakeRun) -> None:
    tasks = [(task, f"t{task}", task % 2 if task < 100 else -1) for task in range(TASKS)]
    one, two = (
        make_run(f"ranks-{ranks}", method="hierarchical", answers=crowd(), tasks=tasks, processes=ranks)
        for ranks in (1, 2)
    )

    (alone, _), (together, events) = await run(one), await run(two)

    assert (alone.metrics["world"], together.metrics["world"]) == (1, 2), "the second run must have had two ranks"
    assert together.outputs == alone.outputs, "pay depends on the result, so every file must have the same bits"
    assert [event["ev"] for event in events].count("done") == 1, "only the first rank may speak"
    labels = tables.read_table(one / contract.OUT / contract.LABELS_FILE, tables.LABELS)
    accuracy = (labels["label"].to_numpy() == labels["task"].to_numpy() % 2).mean()
    assert accuracy > 0.98, "twenty answers that are right three times in four leave little doubt"
