"""The aggregate job, in this process: a toy crowd whose result can be worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from run_folders import ANSWERS, TASKS, MakeRun

from gpu_jobs import aggregate, contract, tables
from gpu_jobs.contract import BadInput
from gpu_jobs.events import EventLog


class Notes(EventLog):
    """Keeps what the job says."""

    def __init__(self) -> None:
        super().__init__(None)
        self.said: list[str] = []

    @property
    def speaks(self) -> bool:
        return True

    def emit(self, event: str, **fields: Any) -> None:
        self.said.append(event)


def run(folder: Path) -> aggregate.Metrics:
    return aggregate.main(folder, contract.read_job(folder), Notes())


def column(folder: Path, file: str, name: str) -> list[Any]:
    schema = {contract.LABELS_FILE: tables.LABELS, contract.WORKERS_FILE: tables.WORKERS}[file]
    values: list[Any] = tables.read_table(folder / contract.OUT / file, schema)[name].to_pylist()
    return values


@pytest.mark.parametrize("method", ["majority-vote", "hierarchical"])
def test_labels_cover_every_task_but_the_controls(make_run: MakeRun, method: str) -> None:
    folder = make_run(method=method)

    run(folder)

    assert column(folder, contract.LABELS_FILE, "ref") == ["a", "b", "c", "lonely"], "control tasks stay out"
    assert column(folder, contract.LABELS_FILE, "label") == [0, 1, 0, -1], "clear votes win; no answer, no label"
    assert column(folder, contract.LABELS_FILE, "answers") == [3, 2, 1, 0], '"can\'t tell" is no answer'
    assert column(folder, contract.LABELS_FILE, "confidence")[-1] == 0.0, "no answer, no confidence"


def test_posteriors_and_confusions_are_distributions(make_run: MakeRun) -> None:
    folder = make_run()

    run(folder)

    posteriors = column(folder, contract.LABELS_FILE, "posterior")
    assert [sum(row) for row in posteriors] == pytest.approx([1.0] * 4), "chances of one task add up"
    rows = [row[start : start + 2] for row in column(folder, contract.WORKERS_FILE, "confusion") for start in (0, 2)]
    assert [sum(row) for row in rows] == pytest.approx([1.0] * 6), "each row of a confusion adds up"


def test_the_worker_who_failed_the_control_task_looks_worse(make_run: MakeRun) -> None:
    folder = make_run()

    run(folder)

    right, wrong = (column(folder, contract.WORKERS_FILE, "accuracy")[worker] for worker in (0, 2))
    assert wrong < right, "worker 3 missed the control task and disagreed on task a"
    lower, upper = (column(folder, contract.WORKERS_FILE, name)[0] for name in ("lower", "upper"))
    assert lower < right < upper, "the interval holds the mean"


def test_metrics_count_what_went_in_and_came_out(make_run: MakeRun) -> None:
    metrics = run(make_run())

    counts = {name: metrics[name] for name in ("tasks", "controls", "labelled", "answers", "workers", "classes")}
    expected = {"tasks": 4, "controls": 1, "labelled": 3, "answers": 8, "workers": 3, "classes": 2}
    assert counts == expected, "the result message quotes these numbers"


def test_the_requesters_files_speak_words(make_run: MakeRun) -> None:
    folder = make_run()

    run(folder)

    lines = (folder / contract.OUT / contract.LABELS_JSONL).read_text(encoding="utf-8").splitlines()
    labels = {row["id"]: row["label"] for row in map(json.loads, lines)}
    assert labels == {"a": "no", "b": "yes", "c": "no", "lonely": None}, "class names by the requester's own ids"
    assert "'=item a" in (folder / contract.OUT / contract.LABELS_CSV).read_text(), "formulas are made harmless"


def test_the_order_of_rows_does_not_matter(make_run: MakeRun) -> None:
    folders = [make_run("one"), make_run("two", answers=ANSWERS[::-1])]

    for folder in folders:
        run(folder)

    one, two = (contract.hashes_of(folder / contract.OUT) for folder in folders)
    assert one == two, "the same answers must give the same bytes, since pay depends on them"


@pytest.mark.parametrize("method", ["majority-vote", "hierarchical"])
def test_a_job_that_nobody_answered_is_still_a_result(make_run: MakeRun, method: str) -> None:
    folder = make_run(method=method, answers=[])

    metrics = run(folder)

    assert metrics["labelled"] == 0, "there is nothing to label from"
    assert set(column(folder, contract.LABELS_FILE, "label")) == {-1}, "and no label is made up"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answers": [(99, 1, 0)]}, "unknown tasks"),
        ({"answers": [(10, 1, 2)]}, "outside the 2 classes"),
        ({"tasks": [*TASKS, (15, "bad", 5)]}, "outside the 2 classes"),
        ({"tasks": [*TASKS, TASKS[0]]}, "occurs twice"),
        ({"method": "guess"}, "no method guess"),
    ],
)
def test_tables_that_do_not_fit_together_are_bad_input(make_run: MakeRun, changes: Any, reason: str) -> None:
    folder = make_run(**changes)

    with pytest.raises(BadInput, match=reason):
        run(folder)
