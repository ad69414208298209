"""`tapcrowd aggregate` without its clothes: read, fit one method or all, score, and give the facts to print."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import BadUpload
from gpu_jobs.kernels import METHODS, method
from gpu_jobs.kernels.large import LARGE, LargeDawidSkene, alpha
from gpu_jobs.kernels.values import Fit, Ints
from gpu_jobs.offline import structured
from gpu_jobs.offline.answers_file import AnswersTable, Columns, read_answers, read_known
from gpu_jobs.offline.items_file import read_items
from gpu_jobs.offline.scores import score

ITERATIONS = 100
CHECKPOINT = "checkpoint.npz"
Facts = dict[str, Any]
Progress = Callable[[str, int, float], None]
"""Told (method, iteration, change) while a method runs."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of one command and what its columns are called."""

    answers: Path
    columns: Columns
    controls: Path | None = None
    gold: Path | None = None
    items: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One method's fit and its facts."""

    fit: Fit
    facts: Facts


def parse_columns(text: str) -> dict[str, str]:
    """task=item,worker=who → {"task": "item", "worker": "who"}; BadUpload when it is not of that form."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    wrong = [ours for ours, _, theirs in pairs if ours.strip() not in ("task", "worker", "label") or not theirs.strip()]
    if wrong:
        raise BadUpload([f"--columns: {name!r} is not task=…, worker=… or label=…" for name in wrong])
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def chosen_methods(name: str) -> list[str]:
    """The method named, or every one for "all"; BadUpload with the list when there is none of that name."""
    if name == "all":
        return list(METHODS)
    if name not in METHODS:
        raise BadUpload([f"--method: {name!r} is none of {', '.join([*METHODS, 'all', *structured.METHODS])}"])
    return [name]


def load(inputs: Inputs) -> AnswersTable:
    """The answers, with the control tasks that the fit may use and what the items say before any answer."""
    table = read_answers(inputs.answers, inputs.columns, inputs.controls)
    if inputs.items is None:
        return table
    from gpu_jobs.kernels.joint import item_prior

    features, note = read_items(inputs.items, inputs.columns, table.tasks)
    learned = item_prior(table.answers, features)
    if not learned.weight:
        return replace(table, notes=(*table.notes, *note, "the items' text does not help and is not used"))
    notes = (*table.notes, *note, f"the items' text counts with weight {learned.weight:.1f} of 1")
    return replace(table, prior=learned.prior, notes=notes)


def truth_of(table: AnswersTable, inputs: Inputs) -> Ints | None:
    """What to score against, by task: control tasks are left out, and labels that nobody ever gave count as missed."""
    if inputs.gold is None:
        return None
    known = read_known(inputs.gold, inputs.columns)
    place = {label: index for index, label in enumerate(table.labels.to_pylist())}
    truth = np.full(len(table.tasks), -1, np.int64)
    where = pc.index_in(pa.array(known, pa.string()), pc.cast(table.tasks, pa.string()))
    found = where.is_valid().to_numpy(zero_copy_only=False)
    told = np.array([place.get(label, len(place)) for label in known.values()], np.int64)
    truth[where.drop_null().to_numpy()] = told[found]
    return np.where(table.packed.gold >= 0, -1, truth)


@dataclass(frozen=True, slots=True)
class Runner:
    """Fits methods to one table and collects their facts."""

    table: AnswersTable
    truth: Ints | None
    iterations: int = ITERATIONS
    folder: Path | None = None  # for the checkpoint of a large fit

    def run(self, name: str, progress: Progress | None = None) -> Outcome:
        """Fit one method."""
        packed = self.table.packed
        started = time.perf_counter()
        told = None if progress is None else (lambda step, change: progress(name, step, change))
        fit = self._fit(name, told)
        seconds = round(time.perf_counter() - started, 3)
        facts: Facts = {
            "method": name,
            "chosen": fit.chosen or name,
            "reason": fit.reason,
            "tasks": packed.n_tasks,
            "workers": packed.n_workers,
            "answers": len(packed.column),
            "classes": packed.n_classes,
            "alpha": _finite(alpha(packed)),
            "iterations": fit.iterations,
            "seconds": seconds,
        }
        if self.truth is not None:
            facts |= _scores(fit, self.truth)
        return Outcome(fit, facts)

    def _fit(self, name: str, progress: Callable[[int, float], None] | None) -> Fit:
        table = self.table
        if name == "dawid-skene" and len(table.packed.column) >= LARGE and table.prior is None:
            checkpoint = self.folder / CHECKPOINT if self.folder else None
            return LargeDawidSkene(n_iter=self.iterations, checkpoint=checkpoint).fit_packed(
                table.packed, progress=progress
            )
        return method(name)(table.answers, iterations=self.iterations, progress=progress)


def _scores(fit: Fit, truth: Ints) -> Facts:
    posterior = fit.posterior
    if (truth >= posterior.shape[1]).any():
        posterior = np.hstack([posterior, np.zeros((len(posterior), 1))])
    found = score(fit.labels, posterior, truth)
    figures = {"accuracy": found.accuracy, "macro_f1": found.macro_f1, "log_loss": found.log_loss, "ece": found.ece}
    if math.isfinite(found.rare_f1):
        figures["f1"] = found.rare_f1
    return {"scored": found.tasks, **{name: _finite(value) for name, value in figures.items()}}


def _finite(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def best_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """For the comparison table: by accuracy where it is known, else in the order of the registry."""
    return sorted(outcomes, key=lambda outcome: -(outcome.facts.get("accuracy") or 0.0))
