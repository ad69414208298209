"""Fixtures of the batch tests: run folders, and a device that is busy."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from run_folders import ANSWERS, TASKS, Hold, MakeRun, write_inputs

from gpu_jobs import contract
from gpu_jobs.__main__ import lock_path
from gpu_jobs.contract import AggregateParams, BatchSpec, Limits


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes run folders; locks live beside them, so that other runs on this machine do not matter."""

    def make(
        name: str = "run",
        *,
        method: str = "majority-vote",
        answers: list[tuple[int, int, int]] = ANSWERS,
        tasks: list[tuple[int, str, int]] = TASKS,
        **limits: float,
    ) -> Path:
        folder = tmp_path / name
        write_inputs(folder / contract.IN, answers, tasks)
        spec = BatchSpec(
            run_id=name,
            inputs=contract.hashes_of(folder / contract.IN),
            params=AggregateParams(method=method, classes=("no", "yes"), title="Is it?"),
            limits=Limits.model_validate({"lock_folder": str(tmp_path), "threads": 1, **limits}),
        )
        contract.write_job(folder, spec)
        return folder

    return make


@pytest.fixture
def busy_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Holds the device's lock for a while, so that a run waits before it computes."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    @contextmanager
    def hold() -> Iterator[None]:
        with lock_path(Limits(lock_folder=str(tmp_path))).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    return hold
