"""The parent's side of a batch run: start the subprocess, listen to it, stop it in time, check what it left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path

from gpu_jobs import contract
from gpu_jobs.contract import (
    BadInput,
    BatchFailed,
    BatchReport,
    BatchSpec,
    Cancelled,
    Corrupt,
    Crashed,
    RetryLater,
    Silent,
    Status,
    TimedOut,
)

Event = dict[str, object]

PROJECT_ROOT = Path(__file__).resolve().parent.parent
GRACE_SECONDS = 30.0  # between SIGTERM and SIGKILL
ERROR_TAIL = 800  # characters of stderr that a Crashed carries
MAX_LINE_BYTES = 1 << 20
FAILURES: dict[Status, type[BatchFailed]] = {
    "bad-input": BadInput,
    "retry": RetryLater,
    "cancelled": Cancelled,
    "error": Crashed,
}
EXIT_FAILURES: dict[int, type[BatchFailed]] = {
    contract.EXIT_BAD_INPUT: BadInput,
    contract.EXIT_RETRY: RetryLater,
    contract.EXIT_CANCELLED: Cancelled,
    -signal.SIGTERM: Cancelled,
}


async def supervise(
    folder: Path,
    *,
    on_event: Callable[[Event], None],
    env_extra: Mapping[str, str] | None = None,
    stop: asyncio.Event | None = None,
    grace_seconds: float = GRACE_SECONDS,
) -> BatchReport:
    """Run `folder` to its report, or give the report that is already there.

    Raises a BatchFailed. Setting `stop` cancels the run (Cancelled); so does cancelling the task that awaits this.
    """
    spec = contract.read_job(folder)
    if report := finished(folder):
        return report
    kill_orphan(folder)
    (folder / contract.RESULT_FILE).unlink(missing_ok=True)
    process = await _spawn(folder, spec, env_extra or {})
    try:
        await _unless(stop, _follow(process, folder, spec, on_event))
    finally:
        await asyncio.shield(_end(process, grace_seconds))
        (folder / contract.PID_FILE).unlink(missing_ok=True)
    return _verdict(folder, process.returncode)


def finished(folder: Path) -> BatchReport | None:
    """The report of a run that obeyed the present ``job.json`` to its end and whose outputs are intact, else None."""
    try:
        report = contract.read_report(folder)
    except Corrupt:
        return None
    if report is None or report.status != "done" or report.job != contract.sha256_of(folder / contract.JOB_FILE):
        return None
    return None if contract.mismatches(folder / contract.OUT, report.outputs) else report


def kill_orphan(folder: Path) -> None:
    """End the process group that an earlier parent left working in `folder`."""
    path = folder / contract.PID_FILE
    if not path.is_file():
        return
    noted = path.read_text(encoding="utf-8").split()
    # the start time tells our process from a stranger that got its number later
    if len(noted) == 2 and noted[1] == _start_time(int(noted[0])):
        _signal_group(int(noted[0]), signal.SIGKILL)
    path.unlink()


def command(folder: Path, processes: int) -> list[str]:
    """The command line of a run: plain Python, or torchrun for several ranks."""
    job = ["-m", "gpu_jobs", "run", str(folder.resolve())]
    if processes == 1:
        return [sys.executable, *job]
    ranks = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [sys.executable, *ranks, *job]


async def _spawn(folder: Path, spec: BatchSpec, env_extra: Mapping[str, str]) -> Process:
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": str(spec.limits.threads),
        **env_extra,
    }
    # a file takes what libraries write to stderr, so that no full pipe can stall the job
    with (folder / contract.ERROR_FILE).open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command(folder, spec.limits.processes),
            stdout=PIPE,
            stderr=errors,
            env=environment,
            cwd=PROJECT_ROOT,
            start_new_session=True,
            limit=MAX_LINE_BYTES,
        )
    (folder / contract.PID_FILE).write_text(f"{process.pid} {_start_time(process.pid)}", encoding="utf-8")
    return process


async def _follow(process: Process, folder: Path, spec: BatchSpec, on_event: Callable[[Event], None]) -> None:
    """Pass events on until the process ends; TimedOut or Silent when it oversteps a limit."""
    assert process.stdout is not None, "the process was started with a pipe"
    limits = spec.limits
    deadline = asyncio.get_running_loop().time() + limits.wall_seconds
    with (folder / contract.LOG_FILE).open("ab") as log:
        while line := await _next_line(process.stdout, limits.heartbeat_seconds, deadline):
            log.write(line)
            log.flush()
            on_event(_parse(line))
    try:
        async with asyncio.timeout(limits.heartbeat_seconds):
            await process.wait()
    except TimeoutError as error:
        raise Silent("after it had closed its output") from error


async def _next_line(stream: asyncio.StreamReader, heartbeat_seconds: float, deadline: float) -> bytes:
    left = deadline - asyncio.get_running_loop().time()
    if left <= 0:
        raise TimedOut
    try:
        async with asyncio.timeout(min(heartbeat_seconds, left)):
            return await stream.readline()
    except TimeoutError as error:
        raise (TimedOut() if left <= heartbeat_seconds else Silent(f"({heartbeat_seconds:g} s)")) from error


def _parse(line: bytes) -> Event:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"ev": "warn", "text": line.decode(errors="replace").rstrip()}


async def _unless(stop: asyncio.Event | None, work: Coroutine[object, object, None]) -> None:
    """Await `work`, or drop it and raise Cancelled as soon as `stop` is set."""
    if stop is None:
        return await work
    task, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Cancelled
        return task.result()
    finally:
        for pending in (task, stopped):
            pending.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)


async def _end(process: Process, grace_seconds: float) -> None:
    """Leave nothing of the process group alive: SIGTERM, the grace, SIGKILL."""
    if process.returncode is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await process.communicate()
        _signal_group(process.pid, signal.SIGKILL)
        await process.communicate()


def _signal_group(leader: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, which)


def _start_time(pid: int) -> str:
    """When the process started, in the kernel's clock ticks; empty when unknown."""
    try:
        # the command name is in brackets and may hold spaces; the start time is field 22
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _verdict(folder: Path, exit_code: int | None) -> BatchReport:
    """The report when the run is done and its outputs are intact, else the error that fits."""
    report = contract.read_report(folder)
    if report is None:
        failure = EXIT_FAILURES.get(exit_code or 0, Crashed)
        tail = (folder / contract.ERROR_FILE).read_text(encoding="utf-8", errors="replace")[-ERROR_TAIL:].strip()
        raise failure(f"(exit {exit_code}) {tail}")
    if report.status != "done":
        raise FAILURES[report.status](report.error)
    if report.job != contract.sha256_of(folder / contract.JOB_FILE):
        raise Corrupt(f"it obeyed another {contract.JOB_FILE}")
    if wrong := contract.mismatches(folder / contract.OUT, report.outputs):
        raise Corrupt(f"wrong or missing: {', '.join(wrong)}")
    return report
