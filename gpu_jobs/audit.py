"""The audit job: crowd and text together say which labels, gold and workers are suspicious, and what to expect next.

Reads the same snapshot as an aggregate run. The text's opinion of a task comes from models that never saw its answers,
so that it may be the prior under which people's next answers are judged.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gpu_jobs import contract, releases, tables
from gpu_jobs.aggregate import Snapshot, confidence_of, read
from gpu_jobs.audit_tables import (
    AUDIT_CHART,
    JOINT,
    JOINT_FILE,
    ODD,
    ODD_FILE,
    PRIORS,
    PRIORS_FILE,
    SUSPECTS,
    SUSPECTS_CSV,
    SUSPECTS_FILE,
)
from gpu_jobs.contract import BadInput, BatchSpec
from gpu_jobs.events import EventLog
from gpu_jobs.item_text import text_of
from gpu_jobs.kernels.audit import Audit, audit, error_rate
from gpu_jobs.kernels.joint import capped
from gpu_jobs.kernels.values import Floats

Metrics = dict[str, float | int | str]
MOST_SUSPECTS = 200
LEAST_SUSPICION = 0.05  # below, a label is not worth a look


def main(folder: Path, spec: BatchSpec, log: EventLog) -> Metrics:
    """Read ``in/``, audit, write suspects, priors, workers and a chart; give the run's figures."""
    started = time.perf_counter()
    snapshot = read(folder / contract.IN, len(spec.params.classes))
    answers = snapshot.answers
    if answers.n_classes < 2:
        raise BadInput("a job with one class has nothing to audit")
    log.emit("start", tasks=answers.n_tasks, answers=len(answers.task), workers=answers.n_workers)
    inputs, skipped = text_of(snapshot.tasks, snapshot.per_task())
    log.emit("step", step=1, total=3, change=0.0)
    found = audit(answers, inputs)
    log.emit("step", step=2, total=3, change=0.0)
    rows = suspects(snapshot, found, spec.params.classes)
    rate, low, high = error_rate(found.suspicion[_labelled(snapshot, found)])
    metrics: Metrics = {
        "tasks": len(snapshot.free()),
        "labelled": len(_labelled(snapshot, found)),
        "workers": answers.n_workers,
        "suspects": sum(row[0] == "label" for row in rows),
        "doubtful_gold": sum(row[0] == "gold" for row in rows),
        "odd_workers": len(found.odd),
        "text_weight": round(found.weight, 3),
        "error_rate": round(rate, 6),
        "error_low": round(low, 6),
        "error_high": round(high, 6),
        "changed": int((found.joint.labels != found.crowd.labels)[snapshot.free()].sum()),
        "skipped": skipped,
    }
    if log.speaks:
        _write(folder / contract.OUT, spec, snapshot, found, rows)
    metrics["seconds"] = round(time.perf_counter() - started, 3)
    log.emit("eval", **metrics)
    return metrics


def _labelled(snapshot: Snapshot, found: Audit) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    free = snapshot.free()
    return free[found.crowd.labels[free] >= 0]


Suspect = tuple[str, int, str, int, int, float, str]
"""A row of `SUSPECTS`."""


def suspects(snapshot: Snapshot, found: Audit, classes: Sequence[str]) -> list[Suspect]:
    """Labels, then gold, each the most suspicious first."""
    ids, refs = snapshot.tasks["task"].to_pylist(), snapshot.tasks["ref"].to_pylist()
    rows = []
    for task in found.suspects(MOST_SUSPECTS).tolist():
        if found.suspicion[task] >= LEAST_SUSPICION:
            label, other = int(found.crowd.labels[task]), _other(found.joint.posterior[task], found.crowd.labels[task])
            reason = _reason(found, task, classes)
            rows.append(("label", ids[task], refs[task], label, other, float(found.suspicion[task]), reason))
    for task in np.argsort(-found.gold_doubt, kind="stable")[:MOST_SUSPECTS].tolist():
        if found.gold_doubt[task] > 0.5:
            gold = int(snapshot.answers.gold[task])
            other = _other(found.crowd.posterior[task], gold)
            reason = f"of the answers to this control task few say {classes[gold]}"
            rows.append(("gold", ids[task], refs[task], gold, other, float(found.gold_doubt[task]), reason))
    return rows


def _other(shares: Floats, label: int) -> int:
    """The likeliest class beside the label that stands."""
    return int(next(place for place in np.argsort(-shares, kind="stable").tolist() if place != label))


def _reason(found: Audit, task: int, classes: Sequence[str]) -> str:
    """One sentence: what the crowd says, and the text when it has an opinion."""
    label = int(found.crowd.labels[task])
    crowd = f"the crowd says {classes[label]} ({found.crowd.posterior[task, label]:.0%})"
    if found.model is None or not found.weight:
        return crowd
    opinion = int(found.model[task].argmax())
    return f"{crowd}, items like it are {classes[opinion]} ({found.model[task, opinion]:.0%})"


def _write(folder: Path, spec: BatchSpec, snapshot: Snapshot, found: Audit, rows: list[Suspect]) -> None:
    names = SUSPECTS.names
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    tables.write_table(folder / SUSPECTS_FILE, SUSPECTS, columns)
    ids = snapshot.tasks["task"]
    told = found.prior is not None
    priors = {"task": ids if told else [], "shares": list(capped(found.prior)) if found.prior is not None else []}
    tables.write_table(folder / PRIORS_FILE, PRIORS, priors)
    labelled = _labelled(snapshot, found)
    joint = {"task": ids.take(labelled), "posterior": list(found.joint.posterior[labelled])}
    tables.write_table(folder / JOINT_FILE, JOINT, joint)
    _write_workers(folder, snapshot, found)
    _write_csv(folder / SUSPECTS_CSV, snapshot, rows, spec.params.classes)
    _draw(folder / AUDIT_CHART, spec, snapshot, found)


def _write_workers(folder: Path, snapshot: Snapshot, found: Audit) -> None:
    odd = found.odd
    columns = {"worker": snapshot.workers[odd], "p": found.worker_p[odd], "accuracy": found.joint.accuracy[odd]}
    tables.write_table(folder / ODD_FILE, ODD, columns)


def _write_csv(path: Path, snapshot: Snapshot, rows: list[Suspect], classes: Sequence[str]) -> None:
    payloads = dict(zip(snapshot.tasks["task"].to_pylist(), snapshot.tasks["payload"].to_pylist(), strict=True))
    releases.write_rows(
        path,
        ("kind", "id", "label", "suggested", "suspicion", "reason", "item"),
        [
            (kind, ref, classes[label], classes[other], f"{doubt:.3f}", reason, payloads[task])
            for kind, task, ref, label, other, doubt, reason in rows
        ],
    )


def _draw(path: Path, spec: BatchSpec, snapshot: Snapshot, found: Audit) -> None:
    from gpu_jobs import audit_chart  # matplotlib takes half a second and only this rank draws

    labelled = _labelled(snapshot, found)
    audit_chart.draw(
        path,
        spec.params.title or spec.params.question,
        found.suspicion[labelled],
        confidence_of(found.crowd)[labelled],
        error_rate(found.suspicion[labelled]),
    )
