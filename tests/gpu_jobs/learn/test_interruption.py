"""A training run that is killed, stopped, split over ranks or short of memory gives what an undisturbed one gives.

These cover gpu_jobs.learn.train, checkpoint, stopping, devices and teach from outside, by their files and exit codes.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from learn_folders import review_examples, tiny_encoder, write_run
from safetensors.numpy import load_file

from gpu_jobs import contract
from gpu_jobs.__main__ import EXIT_CODES, run
from gpu_jobs.events import EventLog
from gpu_jobs.learn import network
from gpu_jobs.learn.checkpoint import FOLDER, LAST
from gpu_jobs.supervise import command

ROOT = Path(__file__).parents[3]
TOLERANCE = 2e-4  # of any weight between one rank and two: sums in another order, over some 100 steps
EPOCHS = 12
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder that was worked off without any trouble."""
    root = tmp_path_factory.mktemp("trained")
    examples = review_examples(180, 30)
    encoder = tiny_encoder(root / "encoder", examples.text)
    options = {
        "classes": ["bad", "good"],
        "encoder": {"path": str(encoder)},
        "mode": "full",
        "epochs": EPOCHS,
        "patience": EPOCHS,
        "rate": 1e-3,
        "dropout": 0.1,
        "save_steps": 3,
    }
    folder = write_run(root / "run", "finetune", examples, options)
    report = run(folder, EventLog(io.StringIO()))
    assert report.status == "done", report.error
    return folder


def again(trained: Path, folder: Path, **options: object) -> Path:
    """The same job in a new folder, as it was before it ran."""
    shutil.copytree(trained, folder, ignore=shutil.ignore_patterns("out", FOLDER, "result.json"))
    (folder / contract.OUT).mkdir()
    if options:
        spec = contract.read_job(folder)
        contract.write_job(folder, spec.model_copy(update={"options": {**spec.options, **options}}))
    return folder


def start(folder: Path, ranks: int = 1) -> subprocess.Popen[str]:
    """The batch subprocess, as the parent starts it."""
    return subprocess.Popen(
        command(folder, ranks),
        cwd=ROOT,
        env={**ENVIRONMENT, "ACCELERATE_USE_CPU": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def until_step(process: subprocess.Popen[str], step: int) -> None:
    """Read its events until it has done that many steps."""
    assert process.stdout is not None, "it was started with a pipe"
    for line in process.stdout:
        event = json.loads(line)
        if event["ev"] == "step" and event["step"] >= step:
            return
    pytest.fail(f"it ended before step {step}")


def difference(one: Path, other: Path) -> float:
    """The largest difference of any weight of two runs' models."""
    names = ("head.safetensors", "model.safetensors")
    pairs = [(load_file(one / "out" / name), load_file(other / "out" / name)) for name in names]
    return max(float(np.abs(a[key] - b[key]).max()) for a, b in pairs for key in a)


def group_is_gone(process: subprocess.Popen[str]) -> bool:
    """Whether no process of its group is left."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_killed_run_resumes_to_the_same_bits(trained: Path, tmp_path: Path) -> None:
    folder = again(trained, tmp_path / "killed")
    with start(folder) as process:
        until_step(process, 40)
        os.killpg(process.pid, signal.SIGKILL)
    assert contract.read_report(folder) is None, "a killed run leaves no report"

    report = run(folder, EventLog(io.StringIO()))

    assert report.status == "done" and report.metrics["steps"] > 40, "it must go on where it was"
    assert difference(trained, folder) == 0.0, "a resumed run must end in the very same weights"


def test_sigterm_leaves_a_checkpoint_and_no_orphan(trained: Path, tmp_path: Path) -> None:
    folder = again(trained, tmp_path / "stopped", save_steps=10_000)
    with start(folder) as process:
        until_step(process, 5)
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()

    assert process.returncode == contract.EXIT_CANCELLED, "a cancelled run says so by its exit code"
    assert (folder / FOLDER / LAST).is_file(), "it must leave a checkpoint, whatever its rhythm of saving"
    assert group_is_gone(process), "nothing of it may go on"
    assert run(folder, EventLog(io.StringIO())).status == "done", "and it can be taken up again"
    assert difference(trained, folder) == 0.0, "to the same end"


def test_two_ranks_stop_together_and_learn_what_one_does(trained: Path, tmp_path: Path) -> None:
    alone, folder = (again(trained, tmp_path / name, dropout=0.0, save_steps=10_000) for name in ("alone", "ranks"))
    run(alone, EventLog(io.StringIO()))
    with start(folder, ranks=2) as process:
        until_step(process, 60)
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()

    report = contract.read_report(folder)
    assert report is not None and report.status == "cancelled", "the first rank must report"
    assert (folder / FOLDER / LAST).is_file() and group_is_gone(process), "after a checkpoint, and no rank may go on"
    assert run(folder, EventLog(io.StringIO())).status == "done", "one rank can take up what two began"
    assert difference(alone, folder) < TOLERANCE, "ranks share the steps and change no result beyond rounding"


class Hungry:
    """Lets a network's forward pass run out of memory above some number of items."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.sizes: list[int] = []
        self.forward = network.Network.forward

    def __call__(self, this: network.Network, batch: network.Batch) -> torch.Tensor:
        size = len(batch.tensors["input_ids"])
        if this.training:
            self.sizes.append(size)
            if size > self.most:
                raise torch.OutOfMemoryError("injected")
        return self.forward(this, batch)


def test_too_little_memory_halves_the_micro_batch_and_keeps_the_step(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, folder = (again(trained, tmp_path / name, dropout=0.0, epochs=2) for name in ("alone", "short"))
    run(alone, EventLog(io.StringIO()))
    hungry = Hungry(most=5)
    monkeypatch.setattr(network.Network, "forward", lambda this, batch: hungry(this, batch))

    report = run(folder, EventLog(io.StringIO()))

    assert report.status == "done" and report.metrics["halvings"] == 2, "16, 8, then 4 items at once"
    assert sum(size > hungry.most for size in hungry.sizes) == 2, "what did not fit once is not tried again"
    assert difference(alone, folder) < TOLERANCE, "the effective batch, and so the result, stays"


def test_far_too_little_memory_means_later(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = again(trained, tmp_path / "starved")
    monkeypatch.setattr(network.Network, "forward", lambda this, batch: Hungry(most=0)(this, batch))

    report = run(folder, EventLog(io.StringIO()))

    assert EXIT_CODES[report.status] == contract.EXIT_RETRY, "another time the device may be free"
    assert "1 items" in report.error, "the error names the size that failed"


def test_too_little_memory_outside_of_a_step_means_later(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = again(trained, tmp_path / "judging", epochs=1)
    forward = network.Network.forward

    def judged(this: network.Network, batch: network.Batch) -> torch.Tensor:
        if not this.training:
            raise torch.OutOfMemoryError("injected")
        return forward(this, batch)

    monkeypatch.setattr(network.Network, "forward", judged)

    assert run(folder, EventLog(io.StringIO())).status == "retry", "a full device is no bug"
