"""The batch subprocess: ``python -m gpu_jobs run DIR`` works off one run folder and leaves ``result.json`` behind."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn, cast

from gpu_jobs import contract
from gpu_jobs.contract import BadInput, BatchReport, BatchSpec, Limits, RetryLater, Status
from gpu_jobs.events import Event, EventLog

Metrics = dict[str, float | int | str]
Job = Callable[[Path, BatchSpec, EventLog], Metrics]

# kind -> module with main(folder, spec, log); imported when asked for
KINDS = {"aggregate": "gpu_jobs.aggregate", "digest": "gpu_jobs.digest"} | {
    kind: f"gpu_jobs.{kind}" for kind in ("finetune", "predict", "embed", "audit")
}
EXIT_CODES: dict[Status, int] = {
    "done": contract.EXIT_DONE,
    "bad-input": contract.EXIT_BAD_INPUT,
    "retry": contract.EXIT_RETRY,
    "cancelled": contract.EXIT_CANCELLED,
    "error": contract.EXIT_ERROR,
}
LOCK_POLL_SECONDS = 0.1


class _Stopped(BaseException):
    """SIGTERM arrived; not an Exception, so that no library's handler can swallow it."""

    arrived = False


def main(arguments: list[str] | None = None) -> int:
    """Run the folder and give the exit code of the batch contract."""
    parser = argparse.ArgumentParser(prog="gpu_jobs", description=__doc__)
    parser.add_argument("command", choices=["run"])
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    signal.signal(signal.SIGTERM, _stop)
    # ranks other than the first compute along; they neither speak nor write
    first = os.environ.get("RANK", "0") == "0"
    log = EventLog(sys.stdout if first else None)
    report = run(folder, log)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if first and folder.is_dir():
        contract.write_report(folder, report)
    event: Event = report.status if report.status in ("done", "cancelled") else "error"
    log.emit(event, run_id=report.run_id, status=report.status, error=report.error)
    return EXIT_CODES[report.status]


def run(folder: Path, log: EventLog) -> BatchReport:
    """Do the job; every failure becomes a report, since this is the process boundary."""
    started = _now_ms()
    run_id, job, error = "unknown", "", ""
    status: Status = "done"
    metrics: Metrics = {}
    try:
        spec = contract.read_job(folder)
        run_id, job = spec.run_id, contract.sha256_of(folder / contract.JOB_FILE)
        with log.heartbeat(spec.limits.heartbeat_seconds):
            metrics = _work(folder, spec, log)
    except BadInput as failure:
        status, error = "bad-input", failure.detail
    except RetryLater as failure:
        status, error = "retry", failure.detail
    except MemoryError as failure:
        status, error = "retry", f"out of memory: {failure}"
    except _Stopped:
        status = "cancelled"
    except Exception as failure:  # noqa: BLE001 - the process boundary: report, never vanish
        # torch's error for a full device, told by its name because most runs never import torch
        status = "retry" if type(failure).__name__ == "OutOfMemoryError" else "error"
        if _Stopped.arrived:  # a library made an error of its own out of it
            status = "cancelled"
        error = f"{type(failure).__name__}: {failure}"
        traceback.print_exc()
    outputs = contract.hashes_of(folder / contract.OUT) if status == "done" else {}
    return BatchReport(
        run_id=run_id,
        job=job,
        status=status,
        started=started,
        finished=_now_ms(),
        outputs=outputs,
        metrics=metrics,
        error=error,
    )


def _work(folder: Path, spec: BatchSpec, log: EventLog) -> Metrics:
    if wrong := contract.mismatches(folder / contract.IN, spec.inputs):
        raise BadInput(f"missing or changed since the job was written: {', '.join(wrong)}")
    job = cast("Job", import_module(KINDS[spec.kind]).main)
    with device_lock(spec.limits) if log.speaks else contextlib.nullcontext():
        return job(folder, spec, log)


def lock_path(limits: Limits) -> Path:
    """The lock file of the device that this process may use."""
    device = os.environ.get("CUDA_VISIBLE_DEVICES", "all").replace(",", "-").replace("/", "-")
    return Path(limits.lock_folder or tempfile.gettempdir()) / f"tapcrowd-{os.getuid()}-{device}.lock"


@contextlib.contextmanager
def device_lock(limits: Limits) -> Iterator[None]:
    """Hold the device for one run at a time; RetryLater after `lock_seconds`. The kernel frees it on death."""
    # never follow a link that another user of a shared folder may have laid
    handle = os.open(lock_path(limits), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _wait_for(handle, time.monotonic() + limits.lock_seconds)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise RetryLater("another batch run holds the device") from error
        time.sleep(LOCK_POLL_SECONDS)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    _Stopped.arrived = True
    raise _Stopped


def _now_ms() -> int:
    return int(time.time() * 1000)


if __name__ == "__main__":
    sys.exit(main())
