"""The subprocess's frame, mostly in this process: hashes, the device's lock, signals and exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from run_folders import Hold, MakeRun

from gpu_jobs import contract
from gpu_jobs.__main__ import EXIT_CODES, run
from gpu_jobs.events import EventLog

COMMAND = [sys.executable, "-m", "gpu_jobs", "run"]


def test_a_run_reports_the_hash_of_every_output(make_run: MakeRun) -> None:
    folder = make_run()

    report = run(folder, EventLog(io.StringIO()))

    assert report.status == "done", "a good folder must be worked off"
    assert report.outputs == contract.hashes_of(folder / contract.OUT), "the parent checks every file against these"
    assert len(report.outputs) == 5, "labels and workers as tables, labels twice for the requester, and the chart"


def test_changed_input_is_bad_input_and_names_the_file(make_run: MakeRun) -> None:
    folder = make_run()
    with (folder / contract.IN / contract.ANSWERS_FILE).open("ab") as file:
        file.write(b"x")

    report = run(folder, EventLog(None))

    assert report.status == "bad-input" and EXIT_CODES[report.status] == 2, "running it again would not help"
    assert contract.ANSWERS_FILE in report.error, "the error must name the file"


def test_a_busy_device_means_later(make_run: MakeRun, busy_device: Hold) -> None:
    folder = make_run(lock_seconds=0)

    with busy_device():
        report = run(folder, EventLog(io.StringIO()))

    assert report.status == "retry" and EXIT_CODES[report.status] == 75, "the device will be free again"


def test_the_device_is_free_after_a_run(make_run: MakeRun) -> None:
    statuses = [run(make_run(name, lock_seconds=0), EventLog(io.StringIO())).status for name in ("one", "two")]

    assert statuses == ["done", "done"], "a finished run must give the lock back"


def test_an_unforeseen_error_becomes_a_report(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / contract.OUT / contract.LABELS_FILE).mkdir()

    report = run(folder, EventLog(io.StringIO()))

    assert report.status == "error" and "IsADirectoryError" in report.error, "a bug must be told and not vanish"


def test_sigterm_ends_a_run_with_143_and_a_report(make_run: MakeRun, busy_device: Hold) -> None:
    folder = make_run()
    with busy_device(), subprocess.Popen([*COMMAND, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "the process was started with a pipe"
        process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        last = json.loads(process.stdout.readlines()[-1])

    report = contract.read_report(folder)
    assert process.returncode == contract.EXIT_CANCELLED, "the parent tells a cancelled run by its exit code"
    assert last["ev"] == "cancelled", "and by its last word"
    assert report is not None and report.status == "cancelled", "and by its report"


def test_a_missing_job_is_bad_input_on_stdout_and_in_the_exit_code(tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, str(tmp_path)], capture_output=True, text=True, check=False)

    assert done.returncode == contract.EXIT_BAD_INPUT, "a folder without job.json can never work"
    assert "job.json" in json.loads(done.stdout)["error"], "and the error says so"
