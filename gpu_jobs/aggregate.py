"""The aggregate job: many answers per task become one label with its posterior, and each worker gets a confusion."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from gpu_jobs import contract, releases, rulings, tables
from gpu_jobs.contract import BadInput, BatchSpec
from gpu_jobs.events import EventLog
from gpu_jobs.item_text import text_of
from gpu_jobs.kernels import METHODS, method
from gpu_jobs.kernels.agreement import krippendorff_alpha, observed_agreement
from gpu_jobs.kernels.joint import capped, item_prior
from gpu_jobs.kernels.values import Answers, Fit, Floats, Ints

Metrics = dict[str, float | int | str]
Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The job's input with dense indices, and the names behind them."""

    answers: Answers
    tasks: pa.Table
    workers: Ints  # pseudonyms, by worker index

    def per_task(self) -> Ints:
        """How many answers each task got."""
        return np.bincount(self.answers.task, minlength=self.answers.n_tasks)

    def free(self) -> Ints:
        """The tasks whose label is asked for: all but the control tasks."""
        return np.flatnonzero(self.answers.gold < 0)


def confidence_of(fit: Fit) -> Floats:
    """The posterior of each task's label, zero where nobody answered."""
    return np.where(fit.labels >= 0, fit.posterior.max(axis=1), 0.0)


def main(folder: Path, spec: BatchSpec, log: EventLog) -> Metrics:
    """Read ``in/``, fit, write ``out/`` on the first rank; give the run's figures."""
    started = time.perf_counter()
    if spec.params.method not in METHODS:
        raise BadInput(f"there is no method {spec.params.method}; there are {', '.join(METHODS)}")
    snapshot = read(folder / contract.IN, len(spec.params.classes))
    answers = snapshot.answers
    log.emit("start", tasks=answers.n_tasks, answers=len(answers.task), workers=answers.n_workers)
    total = spec.params.iterations

    def progress(step: int, change: float) -> None:
        log.emit("step", step=step, total=total, change=change)

    heard: Metrics = {}
    if spec.params.text:
        answers, heard = with_text(snapshot)
    fit = method(spec.params.method)(answers, iterations=total, progress=progress)
    numbers = snapshot.tasks["task"].to_numpy()
    fit, alone = rulings.fill(folder / contract.IN, numbers, fit, snapshot.per_task() > 0)
    fit = rulings.overrule(folder / contract.IN, numbers, fit)
    if alone.any():
        heard["by_model"] = int(alone.sum())
    metrics = {**_figures(snapshot, fit), "method": spec.params.method, "device": fit.device, "world": fit.world}
    metrics |= heard
    if fit.chosen:
        metrics |= {"chosen": fit.chosen, "reason": fit.reason}
    if log.speaks:
        write(folder / contract.OUT, spec, snapshot, fit, alone)
    metrics["seconds"] = round(time.perf_counter() - started, 3)
    log.emit("eval", **metrics)
    return metrics


def with_text(snapshot: Snapshot) -> tuple[Answers, Metrics]:
    """The answers with what the items' text says as the prior of each task, and how much it counts (or why not)."""
    inputs, skipped = text_of(snapshot.tasks, snapshot.per_task())
    if inputs is None or snapshot.answers.n_classes < 2:
        return snapshot.answers, {"text_weight": 0.0, "text_skipped": skipped}
    learned = item_prior(snapshot.answers, inputs)
    if not learned.weight:
        return snapshot.answers, {"text_weight": 0.0, "text_skipped": "it does not foretell the answers"}
    return replace(snapshot.answers, prior=capped(learned.prior)), {"text_weight": round(learned.weight, 3)}


def read(folder: Path, n_classes: int) -> Snapshot:
    """The snapshot in `folder`; BadInput when its tables do not fit together."""
    answers = tables.read_table(folder / contract.ANSWERS_FILE, tables.ANSWERS)
    tasks = tables.read_table(folder / contract.TASKS_FILE, tables.TASKS)
    label = answers["label"].to_numpy().astype(np.int64)
    said = label >= 0  # -1 is "can't tell"
    task, known = _places(tasks["task"].to_numpy(), answers["task"].to_numpy()[said])
    workers, worker = np.unique(answers["worker"].to_numpy()[said], return_inverse=True)
    gold = np.where(tasks["control"].to_numpy(), tasks["gold"].to_numpy(), -1).astype(np.int64)
    if not known.all():
        raise BadInput(f"{contract.ANSWERS_FILE}: {int((~known).sum())} answers to unknown tasks")
    if max(label.max(initial=-1), gold.max(initial=-1)) >= n_classes or gold.min(initial=0) < -1:
        raise BadInput(f"a class index outside the {n_classes} classes")
    return Snapshot(
        Answers(task, worker.astype(np.int64), label[said], len(gold), len(workers), n_classes, gold), tasks, workers
    )


def _places(ids: Ints, wanted: Ints) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Where each wanted id stands in `ids`, and whether it is there at all."""
    order = np.argsort(ids, kind="stable")
    if (np.diff(ids[order]) == 0).any():
        raise BadInput(f"{contract.TASKS_FILE}: a task occurs twice")
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    place = order[np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)]
    return place, ids[place] == wanted


def _figures(snapshot: Snapshot, fit: Fit) -> Metrics:
    answers = snapshot.answers
    labelled = snapshot.free()[fit.labels[snapshot.free()] >= 0]
    votes = answers.votes()
    figures: Metrics = {
        "tasks": len(snapshot.free()),
        "controls": answers.n_tasks - len(snapshot.free()),
        "labelled": len(labelled),
        "answers": len(answers.task),
        "workers": answers.n_workers,
        "classes": answers.n_classes,
        "iterations": fit.iterations,
        "log_likelihood": fit.log_likelihood,
    }
    measured = {
        "mean_confidence": float(confidence_of(fit)[labelled].mean()) if len(labelled) else math.nan,
        "alpha": krippendorff_alpha(votes),
        "agreement": observed_agreement(votes),
    }
    return figures | {name: round(value, 6) for name, value in measured.items() if math.isfinite(value)}


def write(folder: Path, spec: BatchSpec, snapshot: Snapshot, fit: Fit, alone: Bools) -> None:
    """Everything that the parent ingests and that the requester gets; control tasks stay out.

    `alone` are the tasks that only a model labelled.
    """
    _write_labels(folder, snapshot, fit)
    _write_workers(folder, snapshot, fit)
    _write_releases(folder, spec, snapshot, fit, alone)
    _write_chart(folder, spec, snapshot, fit)


def _write_labels(folder: Path, snapshot: Snapshot, fit: Fit) -> None:
    free = snapshot.free()
    chosen = snapshot.tasks.take(free)
    majority = method("majority-vote")(snapshot.answers, iterations=1)
    columns: tables.Columns = {
        "task": chosen["task"],
        "ref": chosen["ref"],
        "label": fit.labels[free].astype(np.int32),
        "confidence": confidence_of(fit)[free],
        "posterior": list(fit.posterior[free]),
        "majority": majority.labels[free].astype(np.int32),
        "answers": snapshot.per_task()[free].astype(np.int32),
    }
    tables.write_table(folder / contract.LABELS_FILE, tables.LABELS, columns)


def _write_workers(folder: Path, snapshot: Snapshot, fit: Fit) -> None:
    answers = snapshot.answers
    columns = {
        "worker": snapshot.workers,
        "answers": np.bincount(answers.worker, minlength=answers.n_workers).astype(np.int32),
        "accuracy": fit.accuracy,
        "lower": fit.lower,
        "upper": fit.upper,
        "confusion": list(fit.confusion.reshape(answers.n_workers, answers.n_classes**2)),
    }
    tables.write_table(folder / contract.WORKERS_FILE, tables.WORKERS, columns)


def _write_releases(folder: Path, spec: BatchSpec, snapshot: Snapshot, fit: Fit, alone: Bools) -> None:
    classes = spec.params.classes
    refs, payloads = snapshot.tasks["ref"].to_pylist(), snapshot.tasks["payload"].to_pylist()
    counts = snapshot.per_task()
    rows = []
    for task in snapshot.free():
        label = int(fit.labels[task])
        chances = [round(float(chance), releases.DIGITS) for chance in fit.posterior[task]]
        posterior = dict(zip(classes, chances, strict=True)) if label >= 0 else {}
        name = classes[label] if label >= 0 else None
        by = "" if not alone.any() or label < 0 else "model" if alone[task] else "people"
        rows.append(releases.Labelled(refs[task], payloads[task], name, posterior, int(counts[task]), by))
    releases.write_jsonl(folder / contract.LABELS_JSONL, rows)
    releases.write_csv(folder / contract.LABELS_CSV, rows, classes)


def _write_chart(folder: Path, spec: BatchSpec, snapshot: Snapshot, fit: Fit) -> None:
    from gpu_jobs import chart  # matplotlib takes half a second and only this rank draws

    free = snapshot.free()
    answers = snapshot.per_task()[free]
    data = chart.ChartData(
        title=spec.params.title or spec.params.question,
        subtitle=f"{len(answers):,} tasks · {int(answers.sum()):,} answers · {snapshot.answers.n_workers:,} workers",
        classes=spec.params.classes,
        labels=fit.labels[free],
        confidence=confidence_of(fit)[free],
        answers=answers,
    )
    chart.draw(folder / contract.CHART_FILE, data)
