"""Writes what `tapcrowd aggregate` found: labels with posteriors, workers, and a short report for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from gpu_jobs.kernels.values import Fit, Floats
from gpu_jobs.offline.answers_file import AnswersTable

FORMULA = r"^[=+\-@\t\r]"
"""What a spreadsheet takes for a formula at the start of a cell (OWASP, "CSV Injection")."""
NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"


def write_outputs(folder: Path, table: AnswersTable, fit: Fit, facts: Mapping[str, object]) -> list[Path]:
    """labels and workers as Parquet and CSV, and report.md; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, found in (("labels", labels_table(table, fit)), ("workers", workers_table(table, fit))):
        pq.write_table(found, folder / f"{name}.parquet")
        csv.write_csv(_harmless(found), folder / f"{name}.csv")
        paths += [folder / f"{name}.parquet", folder / f"{name}.csv"]
    report = folder / "report.md"
    report.write_text(_report(table, facts), encoding="utf-8")
    return [*paths, report]


def labels_table(table: AnswersTable, fit: Fit) -> pa.Table:
    """One row a task: its label, how sure, how many answers, and the posterior per class."""
    columns: dict[str, object] = {
        "task": table.tasks,
        "label": table.labels.take(pa.array(fit.labels)),
        "confidence": fit.posterior.max(axis=1),
        "answers": np.bincount(table.answers.task, minlength=table.answers.n_tasks),
        "control": table.answers.gold >= 0,
    }
    posterior: Floats = fit.posterior
    columns |= {f"p_{label}": posterior[:, index].copy() for index, label in enumerate(table.labels.to_pylist())}
    return pa.table(columns)


def workers_table(table: AnswersTable, fit: Fit) -> pa.Table:
    """One row a worker: answers, and accuracy with its 95 % credible interval."""
    columns = {
        "worker": table.workers,
        "answers": np.bincount(table.answers.worker, minlength=table.answers.n_workers),
        "accuracy": fit.accuracy,
        "lower": fit.lower,
        "upper": fit.upper,
    }
    return pa.table(columns)


def _harmless(table: pa.Table) -> pa.Table:
    """Text cells that a spreadsheet would run get a leading quote mark; column names too."""
    columns = [_quoted(column) if pa.types.is_string(column.type) else column for column in table.columns]
    names = _quoted(pa.chunked_array([pa.array(table.column_names)])).to_pylist()
    return pa.table(columns, names=names)


def _quoted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    formula = pc.match_substring_regex(column, FORMULA)
    plain = pc.match_substring_regex(column, NUMBER)
    return pc.if_else(pc.and_not(formula, plain), pc.binary_join_element_wise("'", column, ""), column)


def _report(table: AnswersTable, facts: Mapping[str, object]) -> str:
    rows = [f"| {name} | {value} |" for name, value in facts.items() if value not in (None, "")]
    notes = [f"- {note}" for note in table.notes]
    head = ["# Aggregation report", "", "| | |", "|---|---|", *rows]
    return "\n".join([*head, *(["", "## Decided on the way", "", *notes] if notes else [])]) + "\n"
