"""Writes what `tapcrowd aggregate` found: labels with posteriors, workers, and a short report for people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import reduce
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from gpu_jobs.kernels.values import Fit, Ints
from gpu_jobs.offline.answers_file import AnswersTable

SHEET_ROWS = 1_048_576  # of a worksheet ("Excel specifications and limits"), the heading among them
PAIRS_UP_TO = 100_000  # answers; above, every pair of workers costs more than the fit
FORMULA = r"^[=+\-@\t\r]"
"""What a spreadsheet takes for a formula at the start of a cell (OWASP, "CSV Injection")."""
NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"


def write_outputs(folder: Path, table: AnswersTable, fit: Fit, facts: Mapping[str, object]) -> list[Path]:
    """labels and workers as Parquet, and CSV where a sheet holds them, agreement.json, report.md; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, make in (("labels", labels_table), ("workers", workers_table)):
        found = make(table, fit)
        paths.append(folder / f"{name}.parquet")
        texts = [column for column in found.column_names if column == "label"]
        pq.write_table(found, paths[-1], use_dictionary=texts, write_statistics=texts)
        if len(found) < SHEET_ROWS:
            paths.append(folder / f"{name}.csv")
            csv.write_csv(harmless(found), paths[-1])
    agreement, report = folder / "agreement.json", folder / "report.md"
    agreement.write_text(json.dumps(_agreement(table, facts), indent=1) + "\n", encoding="utf-8")
    report.write_text(_report(table, facts), encoding="utf-8")
    return [*paths, agreement, report]


def _agreement(table: AnswersTable, facts: Mapping[str, object]) -> dict[str, object]:
    """Krippendorff's alpha; the pairwise statistics too while there are few enough answers to look at each."""
    found: dict[str, object] = {"krippendorff_alpha": facts.get("alpha")}
    if len(table.packed.column) <= PAIRS_UP_TO:
        from gpu_jobs.kernels.agreement import agreement

        all_of_it = agreement(table.answers)
        more = {
            "observed": all_of_it.observed,
            "fleiss_kappa": all_of_it.kappa,
            "mean_cohen_kappa": all_of_it.mean_cohen,
        }
        found |= {name: round(value, 6) if math.isfinite(value) else None for name, value in more.items()}
    return found


def labels_table(table: AnswersTable, fit: Fit) -> pa.Table:
    """One row a task: its label, how sure, how many answers, and the posterior per class."""
    posterior = fit.posterior
    confidence = reduce(np.maximum, posterior.T)
    unknown = pa.array(fit.labels, mask=fit.labels < 0)
    columns: dict[str, object] = {
        "task": table.tasks,
        "label": table.labels.take(unknown),
        "confidence": confidence,
        "answers": np.diff(table.packed.start).astype(np.int32),
        "control": table.packed.gold >= 0,
    }
    columns |= {f"p_{label}": posterior[:, index].copy() for index, label in enumerate(table.labels.to_pylist())}
    return pa.table(columns)


def workers_table(table: AnswersTable, fit: Fit) -> pa.Table:
    """One row a worker: answers, and accuracy with its 95 % credible interval."""
    columns = {
        "worker": table.workers,
        "answers": _given(table),
        "accuracy": fit.accuracy,
        "lower": fit.lower,
        "upper": fit.upper,
    }
    return pa.table(columns)


def _given(table: AnswersTable) -> Ints:
    """How many answers each worker gave."""
    packed = table.packed
    cells = np.bincount(packed.column, minlength=packed.n_workers * packed.n_classes)
    given: Ints = cells.reshape(packed.n_workers, packed.n_classes).sum(axis=1)
    return given


def harmless(table: pa.Table) -> pa.Table:
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
