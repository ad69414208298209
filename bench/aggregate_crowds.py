"""Replays recorded crowds and compares the aggregation methods, to choose and defend one set of priors for all.

    python -m bench.aggregate_crowds FOLDER [--seeds 8] [--controls 0.1]

FOLDER holds one folder per crowd with answers.csv (task, worker, label) and gold.csv (task, label). Each draw keeps a
random 2, 3, 4 or 5 answers of every task and makes a share of the tasks control tasks, which are clamped and left out
of the score. Rows: crowd, answers per task, mean accuracy of each method, and the worst difference over the draws.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gpu_jobs.kernels import method
from gpu_jobs.kernels.values import Answers, Floats, Ints

OVERLAPS = (2, 3, 4, 5)
METHODS = ("majority-vote", "hierarchical")
ITERATIONS = 50
MAX_CLASSES = 50  # free text and sequences are not classes


@dataclass(frozen=True, slots=True)
class Crowd:
    """One recorded crowd and the truth, which the methods see for control tasks only."""

    name: str
    answers: Answers
    truth: Ints


def load(folder: Path) -> Crowd | None:
    """Read a crowd; None when its labels are not a small set of classes."""
    rows = list(csv.DictReader((folder / "answers.csv").open(encoding="utf-8")))
    gold = {row["task"]: row["label"] for row in csv.DictReader((folder / "gold.csv").open(encoding="utf-8"))}
    rows = [row for row in rows if row["task"] in gold]
    classes = sorted({row["label"] for row in rows} | set(gold.values()))
    if len(classes) > MAX_CLASSES:
        return None
    tasks, task = np.unique([row["task"] for row in rows], return_inverse=True)
    workers, worker = np.unique([row["worker"] for row in rows], return_inverse=True)
    label = np.array([classes.index(row["label"]) for row in rows])
    unknown = np.full(len(tasks), -1)
    answers = Answers(task, worker, label, len(tasks), len(workers), len(classes), unknown)
    return Crowd(folder.name, answers, np.array([classes.index(gold[name]) for name in tasks]))


def draw(crowd: Crowd, overlap: int, controls: float, rng: np.random.Generator) -> Answers:
    """A random `overlap` answers of every task and a random share of control tasks."""
    full = crowd.answers
    order = rng.permutation(len(full.task))
    order = order[np.argsort(full.task[order], kind="stable")]
    task = full.task[order]
    kept = order[np.arange(len(task)) - np.searchsorted(task, task) < overlap]
    gold = np.full(full.n_tasks, -1)
    known = rng.permutation(full.n_tasks)[: round(full.n_tasks * controls)]
    gold[known] = crowd.truth[known]
    return replace(full, task=full.task[kept], worker=full.worker[kept], label=full.label[kept], gold=gold)


def score(crowd: Crowd, overlap: int, controls: float, seeds: int) -> Floats:
    """Accuracy of majority vote and of the hierarchical model outside the control tasks, [draw, method]."""
    found = []
    for seed in range(seeds):
        answers = draw(crowd, overlap, controls, np.random.default_rng([seed, overlap]))
        free = answers.gold < 0
        fits = [method(name)(answers, iterations=ITERATIONS) for name in METHODS]
        found.append([float((fit.labels[free] == crowd.truth[free]).mean()) for fit in fits])
    return np.array(found)


def compare(folder: Path, controls: float, seeds: int) -> Iterator[tuple[str, int, Floats]]:
    """Every crowd of `folder` at every overlap that it can fill on average."""
    for path in sorted(folder.iterdir()):
        crowd = load(path) if (path / "gold.csv").is_file() else None
        if crowd is None:
            continue
        mean = len(crowd.answers.task) / crowd.answers.n_tasks
        for overlap in (overlap for overlap in OVERLAPS if overlap < mean + 1):
            yield crowd.name, overlap, score(crowd, overlap, controls, seeds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--controls", type=float, default=0.1)
    given = parser.parse_args()
    means = []
    print(f"{'crowd':<12}{'overlap':>8}{'majority':>10}{'hierarchical':>14}{'gain':>8}{'worst':>8}")
    for name, overlap, found in compare(given.folder, given.controls, given.seeds):
        vote, shrunk = found.mean(axis=0)
        means.append((vote, shrunk))
        worst = (found[:, 1] - found[:, 0]).min()
        print(f"{name:<12}{overlap:>8}{vote:>10.4f}{shrunk:>14.4f}{shrunk - vote:>+8.4f}{worst:>+8.4f}", flush=True)
    vote, shrunk = np.mean(means, axis=0)
    print(f"{'mean':<20}{vote:>10.4f}{shrunk:>14.4f}{shrunk - vote:>+8.4f}")


if __name__ == "__main__":
    main()
