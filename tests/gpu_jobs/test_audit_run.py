"""The audit job on a run folder: suspects with reasons, priors that are out of sample, odd workers, a picture.

Proves gpu_jobs.audit and gpu_jobs.audit_chart.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crowds import drawn

from gpu_jobs import audit, audit_tables, contract, tables
from gpu_jobs.contract import AggregateParams, BadInput, BatchSpec
from gpu_jobs.events import EventLog

WORDS = ("a fine calm day", "heavy rain and wind")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """300 items whose text mostly tells their class, three answers each, and 20 control tasks of which one is wrong."""
    answers, truth = drawn(seed=2, tasks=320, workers=25, classes=2, overlap=3)
    rng = np.random.default_rng(0)
    seen = np.where(rng.random(320) < 0.97, truth, 1 - truth)
    gold = np.where(np.arange(320) < 20, truth, -1)
    wrong = int(np.flatnonzero(np.bincount(answers.task, answers.label == truth[answers.task]) == 3)[0])
    gold[wrong] = 1 - gold[wrong]
    inputs = tmp_path / contract.IN
    inputs.mkdir()
    size = len(answers.task)
    columns: dict[str, Any] = {"task": answers.task, "worker": answers.worker, "label": answers.label.astype(np.int32)}
    columns |= {"control": gold[answers.task] >= 0, "at": np.arange(size), "duration_ms": np.full(size, 900)}
    tables.write_table(inputs / contract.ANSWERS_FILE, tables.ANSWERS, columns)
    payloads = [json.dumps({"text": f"{WORDS[one]} {rng.integers(1000)}"}) for one in seen]
    items: dict[str, Any] = {"task": np.arange(320), "ref": [f"r{n}" for n in range(320)], "payload": payloads}
    items |= {"control": gold >= 0, "gold": gold.astype(np.int32)}
    tables.write_table(inputs / contract.TASKS_FILE, tables.TASKS, items)
    params = AggregateParams(classes=("calm", "storm"), title="Weather")
    contract.write_job(tmp_path, BatchSpec(run_id="1", kind="audit", inputs=contract.hashes_of(inputs), params=params))
    return tmp_path


def run(folder: Path) -> audit.Metrics:
    (folder / contract.OUT).mkdir(exist_ok=True)
    return audit.main(folder, contract.read_job(folder), EventLog(None))


class Speaks(EventLog):
    """An event log of a first rank that keeps quiet."""

    @property
    def speaks(self) -> bool:
        return True


def test_what_it_finds_and_writes(folder: Path) -> None:
    (folder / contract.OUT).mkdir(exist_ok=True)
    metrics = audit.main(folder, contract.read_job(folder), Speaks(None))
    out = folder / contract.OUT
    rows = tables.read_table(out / audit.SUSPECTS_FILE, audit.SUSPECTS).to_pylist()
    priors = tables.read_table(out / audit.PRIORS_FILE, audit.PRIORS)
    labels = [row for row in rows if row["kind"] == "label"]
    assert metrics["text_weight"] > 0.5 and metrics["suspects"] == len(labels) > 0, "the text helps"  # type: ignore[operator]
    assert [row["suspicion"] for row in labels] == sorted((row["suspicion"] for row in labels), reverse=True), (
        "in order"
    )
    assert all(row["label"] != row["suggested"] for row in rows), "there is another label to choose"
    assert "items like it are" in labels[0]["reason"], "crowd and text are both heard"
    assert metrics["doubtful_gold"] >= 1 and any(row["kind"] == "gold" for row in rows), "the wrong control is doubted"
    assert len(priors) == 320, "every task has a prior"
    joint = tables.read_table(out / audit_tables.JOINT_FILE, audit_tables.JOINT)
    assert len(joint) == metrics["labelled"], "every labelled task has what crowd and text say together"
    assert np.allclose([sum(row) for row in joint["posterior"].to_pylist()], 1), "as probabilities"
    assert (out / audit.AUDIT_CHART).stat().st_size > 5000, "there is a picture"
    assert (out / audit.SUSPECTS_CSV).read_text(encoding="utf-8-sig").startswith("kind,id,label"), "and a list"
    assert 0 < metrics["error_low"] < metrics["error_rate"] < metrics["error_high"] < 0.3, "with an interval"  # type: ignore[operator]


def test_other_ranks_write_nothing(folder: Path) -> None:
    run(folder)
    assert not list((folder / contract.OUT).iterdir()), "only the first rank writes"


def test_too_few_answers_for_the_text_are_said(folder: Path) -> None:
    path = folder / contract.IN / contract.ANSWERS_FILE
    table = tables.read_table(path, tables.ANSWERS).slice(0, 60)
    tables.write_table(path, tables.ANSWERS, {name: table[name] for name in tables.ANSWERS.names})
    assert run(folder)["skipped"] == "20 tasks have answers, a text model needs 50", "a reason instead of a guess"


def test_one_class_is_refused(folder: Path) -> None:
    spec = contract.read_job(folder)
    one = spec.model_copy(update={"params": AggregateParams(classes=("calm",))})
    with pytest.raises(BadInput):
        audit.main(folder, one, EventLog(None))
