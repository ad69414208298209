"""Judges `auto` against every single method on one crowd, and prints means over crowds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields, replace

import numpy as np
import pandas as pd

from gpu_jobs.kernels import Ordinal, method
from gpu_jobs.kernels.values import Answers, Floats, Ints

SINGLES = (
    "majority-vote",
    "wawa",
    "zero-based-skill",
    "dawid-skene",
    "one-coin",
    "hierarchical",
    "ibcc",
    "bwa",
    "mace",
    "m-msr",
    "gold-majority-vote",
)
ORDINAL = "ordinal"  # takes frames and knows no control tasks
SLOW = ("ebcc", "glad")  # not where there are many draws
SHARE, LEAST = 0.1, 5  # of the gold, as control tasks
BINS = 10  # of the calibration error
Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """What one crowd, or the mean of several, says about `auto`."""

    accuracy: float
    vote: float
    best: float  # of the method that is best on the mean
    each: float  # of the method that is best on each crowd: the luck of that choice included
    log_loss: float
    ece: float
    seconds: float

    def text(self, name: str, best: str = "") -> str:
        """One line of a table."""
        regret, luck, lead = self.best - self.accuracy, self.each - self.accuracy, self.accuracy - self.vote
        head = f"{name:<16}{self.accuracy:>8.4f}{self.vote:>8.4f}{self.best:>8.4f}"
        head = f"{head}{regret:>+9.4f}{luck:>+9.4f}{lead:>+11.4f}"
        return f"{head}{self.log_loss:>10.3f}{self.ece:>8.3f}{self.seconds:>9.2f}  {best}"


HEAD = (
    f"{'crowd':<16}{'auto':>8}{'vote':>8}{'best':>8}{'regret':>9}{'by crowd':>9}{'over vote':>11}"
    f"{'log-loss':>10}{'ece':>8}{'seconds':>9}"
)


def calibration_error(confidence: Floats, right: Floats) -> float:
    """Mean gap between confidence and accuracy over equal bins of confidence, weighted by their sizes."""
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(places, right - confidence, BINS)
    return float(np.abs(gap).sum() / len(right))


def judge(answers: Answers, truth: Ints, singles: Iterable[str]) -> tuple[Row, Scores]:
    """`auto` and the single methods on one crowd, control tasks left out of the score."""
    asked = (answers.gold < 0) & (truth >= 0)
    started = time.perf_counter()
    fit = method("auto")(answers, iterations=100)
    seconds = time.perf_counter() - started
    posterior, told = fit.posterior[asked], truth[asked]
    right = (fit.labels[asked] == told).astype(float)
    loss = -np.log(np.maximum(posterior[np.arange(len(told)), told], 1e-12)).mean()
    others = {name: _labels(name, answers)[asked] for name in singles}
    scores = {name: float((labels == told).mean()) for name, labels in others.items()}
    ece = calibration_error(posterior.max(axis=1), right)
    vote, best = scores["majority-vote"], max(scores.values())
    return Row(float(right.mean()), vote, best, best, float(loss), ece, seconds), scores


def _labels(name: str, answers: Answers) -> Ints:
    if name != ORDINAL:
        return method(name)(answers, iterations=100).labels
    frame = pd.DataFrame({"task": answers.task, "worker": answers.worker, "label": answers.label})
    found = Ordinal(levels=range(answers.n_classes)).fit_predict(frame)
    labels: Ints = found.reindex(range(answers.n_tasks), fill_value=-1).to_numpy(dtype=np.int64)
    return labels


def with_controls(answers: Answers, truth: Ints, seed: int) -> Answers:
    """A random share of the gold as control tasks."""
    rng = np.random.default_rng([seed, 7])
    known = np.flatnonzero(truth >= 0)
    chosen = rng.permutation(known)[: max(LEAST, round(SHARE * len(known)))]
    gold = np.full(answers.n_tasks, -1)
    gold[chosen] = truth[chosen]
    return replace(answers, gold=gold)


def mean(found: list[tuple[Row, Scores]]) -> tuple[Row, str]:
    """Means over draws; the best single method is that of the mean."""
    columns = [float(np.mean(values)) for values in zip(*(astuple(row) for row, _ in found), strict=True)]
    singles = {name: float(np.mean([scores[name] for _, scores in found])) for name in found[0][1]}
    best = max(singles, key=lambda name: singles[name])
    return replace(Row(*columns), best=singles[best]), best


def table(title: str, groups: Iterator[tuple[str, list[tuple[Row, Scores]]]]) -> None:
    """Print one table with its means and extremes."""
    print(f"\n{title}\n{HEAD}")
    rows = []
    for name, found in groups:
        row, best = mean(found)
        rows.append(row)
        print(row.text(name, best), flush=True)
    columns = [float(np.mean([getattr(row, field.name) for row in rows])) for field in fields(Row)]
    worst = max(row.best - row.accuracy for row in rows), min(row.accuracy - row.vote for row in rows)
    print(Row(*columns).text("mean", f"worst regret {worst[0]:.4f}, least lead on vote {worst[1]:+.4f}"))
