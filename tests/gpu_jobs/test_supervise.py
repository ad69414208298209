"""The parent's side against real subprocesses; a held device lock keeps a run waiting where a test needs that."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from run_folders import Hold, MakeRun

from gpu_jobs import contract
from gpu_jobs.contract import BadInput, Cancelled, Crashed, RetryLater, Silent, TimedOut
from gpu_jobs.supervise import Event, command, finished, supervise

GRACE = 5.0
PARENT = "import asyncio, pathlib, sys; from gpu_jobs.supervise import supervise; " + (
    "asyncio.run(supervise(pathlib.Path(sys.argv[1]), on_event=print))"
)


def ignore(event: Event) -> None:
    """Listen to nothing."""


class Watched:
    """A run under way, and the number of its subprocess once that has spoken."""

    def __init__(self, folder: Path, stop: asyncio.Event | None = None) -> None:
        self._folder, self._spoke = folder, asyncio.Event()
        self.task = asyncio.create_task(supervise(folder, on_event=self._heard, stop=stop, grace_seconds=GRACE))

    def _heard(self, event: Event) -> None:
        self._spoke.set()

    async def pid(self) -> int:
        await self._spoke.wait()
        return noted_pid(self._folder)


def noted_pid(folder: Path) -> int:
    return int((folder / contract.PID_FILE).read_text().split()[0])


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie that init has not reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_run_speaks_and_ends_in_a_checked_report(make_run: MakeRun) -> None:
    folder, events = make_run(), list[Event]()

    report = await supervise(folder, on_event=events.append)

    assert report.status == "done" and report.run_id == "run", "a good folder must give its report"
    assert [event["ev"] for event in events if event["ev"] != "beat"] == ["start", "eval", "done"], "events in order"
    assert len((folder / contract.LOG_FILE).read_text().splitlines()) == len(events), "the log keeps every event"
    assert not (folder / contract.PID_FILE).exists(), "nothing runs any more"


async def test_a_finished_run_is_not_run_again_unless_its_outputs_changed(make_run: MakeRun) -> None:
    folder = make_run()
    first, events = await supervise(folder, on_event=ignore), list[Event]()

    again = await supervise(folder, on_event=events.append)
    assert again == first and not events, "the report on disk must be enough"

    (folder / contract.OUT / contract.LABELS_CSV).write_text("tampered")
    assert finished(folder) is None, "a changed output is not a finished run"
    repaired = await supervise(folder, on_event=ignore)
    assert repaired.outputs == first.outputs, "and running it again gives the same files"


async def test_a_report_does_not_answer_another_order(make_run: MakeRun) -> None:
    folder = make_run()
    await supervise(folder, on_event=ignore)
    spec = contract.read_job(folder)

    contract.write_job(folder, spec.model_copy(update={"seed": spec.seed + 1}))

    assert finished(folder) is None, "a folder that was exported anew, perhaps with more answers, must be run again"


async def test_changed_input_is_bad_input(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / contract.IN / contract.TASKS_FILE).unlink()

    with pytest.raises(BadInput, match=contract.TASKS_FILE):
        await supervise(folder, on_event=ignore)


async def test_a_busy_device_means_later(make_run: MakeRun, busy_device: Hold) -> None:
    folder = make_run(lock_seconds=0)

    with busy_device(), pytest.raises(RetryLater, match="holds the device"):
        await supervise(folder, on_event=ignore)


async def test_stopping_cancels_the_run_and_leaves_no_process(make_run: MakeRun, busy_device: Hold) -> None:
    folder, stop = make_run(), asyncio.Event()
    with busy_device():
        running = Watched(folder, stop)
        pid = await running.pid()
        stop.set()
        with pytest.raises(Cancelled):
            await running.task

    report = contract.read_report(folder)
    assert report is not None and report.status == "cancelled", "the job must have ended by itself"
    assert not alive(pid), "no process may stay behind"


async def test_a_cancelled_task_takes_its_subprocess_along(make_run: MakeRun, busy_device: Hold) -> None:
    folder = make_run()
    with busy_device():
        running = Watched(folder)
        pid = await running.pid()
        running.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running.task

    assert not alive(pid), "the bot's end must be the job's end"


async def test_a_killed_run_is_a_crash_and_can_run_again(make_run: MakeRun, busy_device: Hold) -> None:
    folder = make_run()
    with busy_device():
        running = Watched(folder)
        os.kill(await running.pid(), signal.SIGKILL)
        with pytest.raises(Crashed, match="exit -9"):
            await running.task

    report = await supervise(folder, on_event=ignore)
    assert report.status == "done", "nothing of the crash may stand in the way"


async def test_a_run_without_a_sign_of_life_is_silent(make_run: MakeRun) -> None:
    folder = make_run(heartbeat_seconds=0.01)

    with pytest.raises(Silent):
        await supervise(folder, on_event=ignore, grace_seconds=GRACE)


async def test_a_run_beyond_its_time_is_ended(make_run: MakeRun) -> None:
    folder = make_run(wall_seconds=0.01)

    with pytest.raises(TimedOut):
        await supervise(folder, on_event=ignore, grace_seconds=GRACE)


async def test_an_orphan_of_a_dead_parent_is_ended_first(make_run: MakeRun, busy_device: Hold) -> None:
    folder = make_run()
    with busy_device():
        parent = await asyncio.create_subprocess_exec(sys.executable, "-uc", PARENT, str(folder), stdout=PIPE)
        assert parent.stdout is not None and await parent.stdout.readline(), "the parent passes the first event on"
        orphan = noted_pid(folder)
        parent.kill()
        await parent.wait()
    assert alive(orphan), "the job outlives its parent"

    report = await supervise(folder, on_event=ignore)

    assert report.status == "done", "the new run must not wait for the old one"
    assert not alive(orphan), "two processes must not work in one folder"


async def test_a_stranger_with_the_old_number_is_left_alone(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / contract.PID_FILE).write_text(f"{os.getpid()} 1")

    report = await supervise(folder, on_event=ignore)

    assert report.status == "done", "this very process would have been killed"


def test_several_ranks_go_through_torchrun() -> None:
    assert "torch.distributed.run" not in command(Path("x"), 1), "one process needs no launcher"
    assert command(Path("x"), 3)[2:6] == ["torch.distributed.run", "--standalone", "--nproc-per-node", "3"], "ranks"
