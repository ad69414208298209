"""The folder between bot and batch run: what is written is what is read, and nothing half."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gpu_jobs import contract
from gpu_jobs.contract import AggregateParams, BadInput, BatchReport, BatchSpec, Corrupt, Crashed

PARAMS = AggregateParams(classes=("no", "yes"))
SHA = "0" * 64


def test_a_job_reads_back_as_it_was_written(tmp_path: Path) -> None:
    spec = BatchSpec(run_id="7", inputs={"answers.parquet": SHA}, params=PARAMS)

    contract.write_job(tmp_path / "run", spec)

    assert contract.read_job(tmp_path / "run") == spec, "job.json must hold the whole spec"
    assert (tmp_path / "run" / contract.OUT).is_dir(), "the job must find its output folder"


@pytest.mark.parametrize("text", ["", "{}", '{"run_id": "7", "surprise": 1}'])
def test_a_malformed_job_is_bad_input(tmp_path: Path, text: str) -> None:
    (tmp_path / contract.JOB_FILE).write_text(text)

    with pytest.raises(BadInput, match=r"job\.json"):
        contract.read_job(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", ".hidden", "a/b", ""])
def test_a_file_name_cannot_leave_its_folder(name: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        BatchSpec(run_id="7", inputs={name: SHA}, params=PARAMS)


def test_mismatches_name_changed_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("x")
    (tmp_path / "changed").write_text("x")
    expected = {**contract.hashes_of(tmp_path), "missing": SHA}
    (tmp_path / "changed").write_text("y")

    wrong = contract.mismatches(tmp_path, expected)

    assert wrong == ["changed", "missing"], "only the files that differ from the record may be named"


def test_there_is_no_report_before_the_end_and_a_torn_one_is_corrupt(tmp_path: Path) -> None:
    assert contract.read_report(tmp_path) is None, "a run without result.json has no report yet"
    (tmp_path / contract.RESULT_FILE).write_text('{"run_id": "7", "sta')

    with pytest.raises(Corrupt):
        contract.read_report(tmp_path)


def test_writing_a_report_replaces_the_old_one_and_leaves_no_scrap(tmp_path: Path) -> None:
    for status in ("retry", "done"):
        contract.write_report(tmp_path, BatchReport(run_id="7", status=status, started=1, finished=2))

    report = contract.read_report(tmp_path)

    assert report is not None and report.status == "done", "the last report must win"
    assert [path.name for path in tmp_path.iterdir()] == [contract.RESULT_FILE], "no temporary file may stay"


def test_a_failure_speaks_its_docstring_and_its_detail() -> None:
    assert str(Crashed("exit 9")) == "The batch run ended without a result. exit 9", "both belong in the message"
