"""Labels that people decided stand above what a method infers; those that a model gave alone fill what is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from gpu_jobs import contract, tables
from gpu_jobs.contract import BadInput
from gpu_jobs.kernels.values import Fit, Ints

Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


def overrule(folder: Path, tasks: Ints, fit: Fit) -> Fit:
    """The fit with every decided task of ``in/`` labelled as decided, at its stated weight; the same without any.

    The other classes share what the weight leaves, in the proportions that the method gave them.
    """
    return _decided(folder / contract.RULINGS_FILE, tasks, fit)[0]


def fill(folder: Path, tasks: Ints, fit: Fit, answered: Bools) -> tuple[Fit, Bools]:
    """The fit with what a model labelled alone, where nobody answered; and which tasks those are."""
    filled, said = _decided(folder / contract.ALONE_FILE, tasks, fit)
    alone = said & ~answered
    labels = np.where(alone, filled.labels, fit.labels)
    return replace(fit, labels=labels, posterior=np.where(alone[:, None], filled.posterior, fit.posterior)), alone


def _decided(path: Path, tasks: Ints, fit: Fit) -> tuple[Fit, Bools]:
    """The fit with the labels of a table, and which tasks have one there."""
    said = np.zeros(len(tasks), dtype=np.bool_)
    if not path.is_file():
        return fit, said
    table = tables.read_table(path, tables.RULINGS)
    decided, label, weight = (table[name].to_numpy() for name in ("task", "label", "weight"))
    order = np.argsort(tasks, kind="stable")
    place = order[np.minimum(np.searchsorted(tasks, decided, sorter=order), len(tasks) - 1)] if len(tasks) else decided
    if not len(tasks) or (tasks[place] != decided).any():
        raise BadInput(f"{path.name}: a ruling on an unknown task")
    if len(label) and (label.min() < 0 or label.max() >= fit.posterior.shape[1]):
        raise BadInput(f"{path.name}: a class index outside the classes")
    labels, posterior = fit.labels.copy(), fit.posterior.copy()
    labels[place] = label
    rest = posterior[place]
    rest[np.arange(len(place)), label] = 0.0
    total = rest.sum(axis=1, keepdims=True)
    even = np.ones_like(rest) / max(1, rest.shape[1] - 1)
    even[np.arange(len(place)), label] = 0.0
    shares = np.where(total > 0, rest / np.where(total > 0, total, 1.0), even)
    posterior[place] = shares * (1.0 - weight)[:, None]
    posterior[place, label] = weight
    said[place] = True
    return replace(fit, labels=labels, posterior=posterior), said
