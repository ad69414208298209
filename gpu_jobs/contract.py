"""What the bot and a batch subprocess agree on: the folder's files, the spec, the report, exit codes and errors.

Imported by both sides, so pydantic and the standard library only.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

SCHEMA_VERSION: Final = 1
JOB_FILE = "job.json"
RESULT_FILE = "result.json"
LOG_FILE = "log.jsonl"
ERROR_FILE = "stderr.txt"
PID_FILE = "pid"
IN = "in"
OUT = "out"

ANSWERS_FILE = "answers.parquet"
TASKS_FILE = "tasks.parquet"
RULINGS_FILE = "rulings.parquet"
ALONE_FILE = "alone.parquet"
LABELS_FILE = "labels.parquet"
WORKERS_FILE = "workers.parquet"
LABELS_CSV = "labels.csv"
LABELS_JSONL = "labels.jsonl"
CHART_FILE = "chart.png"

# sysexits.h calls 75 EX_TEMPFAIL; 143 is 128 + SIGTERM
EXIT_DONE, EXIT_ERROR, EXIT_BAD_INPUT, EXIT_RETRY, EXIT_CANCELLED = 0, 1, 2, 75, 143

FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=100)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MethodName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]*$", max_length=40)]
Status = Literal["done", "bad-input", "retry", "cancelled", "error"]


class BatchFailed(Exception):
    """The batch run failed."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{type(self).__doc__} {detail}".rstrip())
        self.detail = detail


class BadInput(BatchFailed):
    """The batch run was given input that it cannot use; running it again would not help."""


class RetryLater(BatchFailed):
    """The batch run found its device busy or too small just now; try again later."""


class Cancelled(BatchFailed):
    """The batch run was cancelled."""


class Crashed(BatchFailed):
    """The batch run ended without a result."""


class TimedOut(BatchFailed):
    """The batch run took longer than its time limit."""


class Silent(BatchFailed):
    """The batch run gave no sign of life within its heartbeat limit."""


class Corrupt(BatchFailed):
    """The batch run's result does not match its files."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Value):
    """What a run may use; times in seconds."""

    wall_seconds: float = Field(default=3600.0, gt=0)
    heartbeat_seconds: float = Field(default=60.0, gt=0)
    lock_seconds: float = Field(default=60.0, ge=0)  # how long to wait for the device before exit 75
    lock_folder: str = ""  # where the device's lock file lives; empty: the system's temporary folder
    threads: int = Field(default=2, ge=1)
    processes: int = Field(default=1, ge=1, le=64)  # more than one: ranks under torchrun


class AggregateParams(_Value):
    """How to turn answers into labels, and the words for the requester's files and chart."""

    method: MethodName = "auto"  # a name in gpu_jobs.kernels.METHODS
    classes: tuple[str, ...] = Field(min_length=1, max_length=1000)
    iterations: int = Field(default=50, ge=1, le=1000)
    text: bool = False  # whether the items' text may speak beside the crowd, as the prior of each task
    title: str = ""
    question: str = ""


class BatchSpec(_Value):
    """One batch run as the parent orders it: the content of ``job.json``."""

    run_id: str = Field(min_length=1, max_length=100)
    kind: Literal["aggregate", "digest", "finetune", "predict", "embed", "audit"] = "aggregate"
    seed: int = 0
    schema_version: Literal[1] = SCHEMA_VERSION
    inputs: dict[FileName, Sha256]
    params: AggregateParams = AggregateParams(classes=("-",))  # a digest run has none of its own
    options: dict[str, JsonValue] = {}  # of a learning run: checked by gpu_jobs.learn.params
    limits: Limits = Limits()


class BatchReport(_Value):
    """How one batch run ended: the content of ``result.json``; times in unix milliseconds."""

    run_id: str
    job: str = ""  # SHA-256 of the job.json that it obeyed; empty when that could not be read
    status: Status
    started: int
    finished: int
    outputs: dict[FileName, Sha256] = {}
    metrics: dict[str, float | int | str] = {}
    error: str = ""


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes_of(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file directly in `folder`, by name."""
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.is_file()}


def mismatches(folder: Path, expected: Mapping[str, str]) -> list[str]:
    """The expected files that are missing from `folder` or have another hash."""
    paths = {name: folder / name for name in expected}
    return [name for name, path in paths.items() if not path.is_file() or sha256_of(path) != expected[name]]


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` so that a reader, or a power cut, sees the old text or the new one and nothing between."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_job(folder: Path, spec: BatchSpec) -> None:
    """Make `folder` a run folder: ``in/`` and ``out/`` exist and ``job.json`` holds the spec."""
    for name in (IN, OUT):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_atomically(folder / JOB_FILE, spec.model_dump_json(indent=2))


def read_job(folder: Path) -> BatchSpec:
    """The spec of a run folder; BadInput when it is missing or malformed."""
    try:
        return BatchSpec.model_validate_json((folder / JOB_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise BadInput(f"{JOB_FILE}: {error}") from error


def write_report(folder: Path, report: BatchReport) -> None:
    """Write ``result.json``, the last thing that a run does."""
    write_atomically(folder / RESULT_FILE, report.model_dump_json(indent=2))


def read_report(folder: Path) -> BatchReport | None:
    """The run's report, or None while there is none; Corrupt when it cannot be read as one."""
    path = folder / RESULT_FILE
    if not path.is_file():
        return None
    try:
        return BatchReport.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise Corrupt(f"{RESULT_FILE}: {error}") from error
