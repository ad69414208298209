"""Judges `auto` on recorded and on drawn crowds, without and with control tasks.

    python -m bench.auto_crowds FOLDER [--draws 20] [--synthetic 24]

FOLDER holds one folder per crowd with answers.csv (task, worker, label) and gold.csv (task, label). First table: each
crowd without control tasks. Second: means over draws of a random tenth of the gold (five at least) as control tasks,
scored on the rest. Third: drawn crowds, each kind in turn, without control tasks. `best` is the best single method
after the fact, `regret` what auto lacks to it, `over vote` its lead on smoothed majority vote.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np

from bench.aggregate_crowds import load
from bench.synthetic_crowds import KINDS
from bench.synthetic_crowds import draw as draw_crowd
from gpu_jobs.kernels import method
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
SLOW = ("ebcc", "glad")  # on the recorded crowds only, without control tasks
SHARE, LEAST = 0.1, 5  # of the gold, as control tasks
BINS = 10  # of the calibration error
Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """What one crowd, or the mean of several, says about `auto`."""

    accuracy: float
    vote: float
    best: float
    log_loss: float
    ece: float
    seconds: float

    def text(self, name: str, best: str = "") -> str:
        """One line of a table."""
        regret, lead = self.best - self.accuracy, self.accuracy - self.vote
        head = f"{name:<14}{self.accuracy:>9.4f}{self.vote:>9.4f}{self.best:>9.4f}{regret:>+9.4f}{lead:>+11.4f}"
        return f"{head}{self.log_loss:>10.3f}{self.ece:>8.3f}{self.seconds:>9.2f}  {best}"


HEAD = (
    f"{'crowd':<14}{'auto':>9}{'vote':>9}{'best':>9}{'regret':>9}{'over vote':>11}"
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
    others = {name: method(name)(answers, iterations=100).labels[asked] for name in singles}
    scores = {name: float((labels == told).mean()) for name, labels in others.items()}
    ece = calibration_error(posterior.max(axis=1), right)
    return Row(float(right.mean()), scores["majority-vote"], 0.0, float(loss), ece, seconds), scores


def with_controls(answers: Answers, truth: Ints, seed: int) -> Answers:
    """A random share of the gold as control tasks."""
    rng = np.random.default_rng([seed, 7])
    known = np.flatnonzero(truth >= 0)
    chosen = rng.permutation(known)[: max(LEAST, round(SHARE * len(known)))]
    gold = np.full(answers.n_tasks, -1)
    gold[chosen] = truth[chosen]
    return replace(answers, gold=gold)


def recorded(folder: Path, seed: int | None) -> tuple[Row, Scores]:
    """One recorded crowd; with control tasks when there is a seed."""
    crowd = load(folder)
    assert crowd is not None, f"{folder} is not a crowd of classes"
    if seed is None:
        return judge(crowd.answers, crowd.truth, SINGLES + SLOW)
    return judge(with_controls(crowd.answers, crowd.truth, seed), crowd.truth, SINGLES)


def drawn(kind: str, seed: int) -> tuple[Row, Scores]:
    """One drawn crowd without control tasks."""
    return judge(*draw_crowd(kind, seed), SINGLES)


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


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--synthetic", type=int, default=24)
    given = parser.parse_args()
    folders = [path for path in sorted(given.folder.iterdir()) if (path / "gold.csv").is_file() and load(path)]
    started = time.perf_counter()
    with ProcessPoolExecutor() as pool:

        def groups(work: Callable[[int], tuple[Row, Scores]], seeds: Iterable[int]) -> list[tuple[Row, Scores]]:
            return list(pool.map(work, seeds))

        plain = pool.map(partial(recorded, seed=None), folders)
        table("without control tasks", ((path.name, [found]) for path, found in zip(folders, plain, strict=True)))
        several = ((path.name, groups(partial(recorded, path), range(given.draws))) for path in folders)
        table(f"with control tasks, {given.draws} draws", several)
        rounds = range(100, 100 + max(1, given.synthetic // len(KINDS)))
        table("drawn crowds", ((kind, groups(partial(drawn, kind), rounds)) for kind in KINDS))
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
