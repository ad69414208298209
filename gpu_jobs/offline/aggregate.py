"""`tapcrowd aggregate` without its clothes: read, fit one method or all, score, and give the facts to print."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadUpload
from gpu_jobs.kernels import METHODS, method
from gpu_jobs.kernels.agreement import krippendorff_alpha
from gpu_jobs.kernels.values import Fit, Ints
from gpu_jobs.offline.answers_file import AnswersTable, Columns, read_answers, read_known
from gpu_jobs.offline.scores import score

ITERATIONS = 100
Facts = dict[str, Any]
Progress = Callable[[str, int, float], None]
"""Told (method, iteration, change) while a method runs."""


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
        raise BadUpload([f"--method: {name!r} is none of {', '.join([*METHODS, 'all'])}"])
    return [name]


def load(answers: Path, columns: Columns, controls: Path | None) -> AnswersTable:
    """The answers, with the control tasks that the fit may use."""
    return read_answers(answers, columns, controls)


def truth_of(table: AnswersTable, gold: Path | None, columns: Columns) -> Ints | None:
    """What to score against, by task: control tasks are left out, and labels that nobody ever gave count as missed."""
    if gold is None:
        return None
    known = read_known(gold, columns)
    place = {label: index for index, label in enumerate(table.labels.to_pylist())}
    strange = len(place)
    names = table.tasks.to_pylist()
    truth = np.array([place.get(known[task], strange) if task in known else -1 for task in names], np.int64)
    return np.where(table.answers.gold >= 0, -1, truth)


def run(table: AnswersTable, name: str, truth: Ints | None, progress: Progress | None = None) -> Outcome:
    """Fit one method and collect its facts."""
    answers = table.answers
    started = time.perf_counter()
    told = None if progress is None else (lambda step, change: progress(name, step, change))
    fit = method(name)(answers, iterations=ITERATIONS, progress=told)
    facts: Facts = {
        "method": name,
        "chosen": fit.chosen or name,
        "reason": fit.reason,
        "tasks": answers.n_tasks,
        "workers": answers.n_workers,
        "answers": len(answers.task),
        "classes": answers.n_classes,
        "alpha": _finite(krippendorff_alpha(answers.votes())),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if truth is not None:
        facts |= _scores(fit, truth)
    return Outcome(fit, facts)


def _scores(fit: Fit, truth: Ints) -> Facts:
    posterior = fit.posterior
    if (truth >= posterior.shape[1]).any():
        posterior = np.hstack([posterior, np.zeros((len(posterior), 1))])
    found = score(fit.labels, posterior, truth)
    figures = {"accuracy": found.accuracy, "macro_f1": found.macro_f1, "log_loss": found.log_loss, "ece": found.ece}
    return {"scored": found.tasks, **{name: _finite(value) for name, value in figures.items()}}


def _finite(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def best_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """For the comparison table: by accuracy where it is known, else in the order of the registry."""
    return sorted(outcomes, key=lambda outcome: -(outcome.facts.get("accuracy") or 0.0))
