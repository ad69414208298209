"""What is written: labels, workers, agreement, report."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gpu_jobs.offline import outputs
from gpu_jobs.offline.aggregate import Runner
from gpu_jobs.offline.answers_file import read_answers


def written(folder: Path, text: str) -> Path:
    path = folder / "a.csv"
    path.write_text(text)
    table = read_answers(path, {})
    outcome = Runner(table, None).run("majority-vote")
    outputs.write_outputs(folder / "out", table, outcome.fit, outcome.facts)
    return folder / "out"


ROWS = "task,worker,label\nt1,a,yes\nt1,b,yes\nt1,c,no\n=2,a,no\n=2,b,no\n"


def test_labels_come_with_posterior_and_workers_with_an_interval(tmp_path: Path) -> None:
    out = written(tmp_path, ROWS)
    labels = pq.read_table(out / "labels.parquet").to_pylist()
    workers = pq.read_table(out / "workers.parquet").to_pylist()
    assert [(row["task"], row["label"], row["answers"]) for row in labels] == [("=2", "no", 2), ("t1", "yes", 3)], "all"
    assert all(abs(row["p_no"] + row["p_yes"] - 1) < 1e-6 for row in labels), "posteriors sum to one"
    assert all(row["lower"] < row["accuracy"] < row["upper"] for row in workers), "accuracy lies in its interval"
    assert [row["answers"] for row in workers] == [2, 2, 1], "answers are counted"


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path) -> None:
    assert '"\'=2"' in (written(tmp_path, ROWS) / "labels.csv").read_text(), "=2 must not be a formula"


def test_agreement_and_report_are_beside(tmp_path: Path) -> None:
    out = written(tmp_path, ROWS)
    agreement = json.loads((out / "agreement.json").read_text())
    assert set(agreement) == {"krippendorff_alpha", "observed", "fleiss_kappa", "mean_cohen_kappa"}, "all statistics"
    assert "| method | majority-vote |" in (out / "report.md").read_text(), "the report is for people"


def test_more_rows_than_a_sheet_holds_are_parquet_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "SHEET_ROWS", 3)
    out = written(tmp_path, ROWS)
    assert {path.name for path in out.iterdir()} >= {"labels.csv", "labels.parquet"}, "two labels fit"
    assert not (out / "workers.csv").exists(), "three workers and a heading do not"
