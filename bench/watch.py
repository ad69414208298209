"""How often a watch cries wolf, and how soon it finds a planted surge: 100 quiet streams, and surges of three sizes.

    python -m bench.watch [FOLDER] [--streams 100] [--windows 250] [--window 200] [--quiet 10000]

Without FOLDER: drawn class sequences of three classes whose shares differ from window to window a little more than
chance allows. With a FOLDER of items.csv, answers.csv and gold.csv: texts drawn from a third of its items, judged by a
model that learnt from the gold of the others; a surge is planted by drawing texts of that gold class more often, so
that the model has to see it. Columns: streams with an alarm while nothing happened, windows per alarm; of surges with
that many times the usual share of the rarest class: those found within 10 windows, mean delay in windows (1: in the
very first one), streams in which another class was named.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.learning_crowd import FOLDS, read
from gpu_jobs.learn.calibration import wilson
from gpu_jobs.learn.probe import fit_calibrated
from gpu_jobs.watch.surge import Floats
from gpu_jobs.watch.watcher import Watcher

TIMES = (2.0, 3.0, 5.0)
BEFORE, AFTER = 40, 10  # windows before and in a planted surge
NAMES = ("neutral", "positive", "negative")
SHARES = np.array([0.62, 0.3, 0.08])
VARIED = 400.0  # pseudo-texts of a window's own shares: half again the variance of chance at 200 texts
SURE = 0.9  # mean confidence of a drawn text

Source = Callable[[np.random.Generator, int, float], Floats]
"""Probabilities of one window's texts, with the rarer class that many times as frequent."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Sizes of the trial."""

    streams: int
    windows: int
    window: int
    quiet: float
    names: tuple[str, ...]

    def watcher(self) -> Watcher:
        """A new one."""
        return Watcher(self.names, self.window, quiet=self.quiet)


def drawn(rng: np.random.Generator, size: int, times: float) -> Floats:
    """Classes drawn from shares that vary, with a confidence for each."""
    shares = rng.dirichlet(raised(SHARES, times) * VARIED)
    kind = rng.choice(len(shares), size, p=shares)
    sure = rng.beta(SURE * 10, (1 - SURE) * 10, size).clip(1 / 3 + 0.01, 0.999)
    rows = np.repeat(((1 - sure) / (len(shares) - 1))[:, None], len(shares), axis=1)
    rows[np.arange(size), kind] = sure
    return rows


def raised(shares: Floats, times: float) -> Floats:
    """The rarest class that many times as frequent; the others share the rest as before."""
    found = shares.copy()
    rare = int(shares.argmin())
    new = min(0.95, times * shares[rare])
    found *= (1 - new) / (1 - shares[rare])
    found[rare] = new
    return found


def recorded(folder: Path) -> tuple[Source, tuple[str, ...], str]:
    """Items of a recorded set through a model that learnt from the gold of the others."""
    story = read(folder, "hashed", model=False)
    kinds, size = story.truth[story.held], story.answers.n_classes
    soft = np.eye(size)[story.truth[story.train]]
    model = fit_calibrated(story.read[story.train], soft, np.ones(len(soft)), FOLDS, 0)
    chances = model.probabilities(story.read[story.held])
    shares = np.bincount(kinds, minlength=size) / len(kinds)

    def source(rng: np.random.Generator, size: int, times: float) -> Floats:
        weight = (raised(shares, times) / shares)[kinds]
        return np.asarray(chances[rng.choice(len(kinds), size, p=weight / weight.sum())], dtype=np.float64)

    right = float((chances.argmax(axis=1) == kinds).mean())
    print(f"{folder.name}: {len(kinds):,} texts, model's accuracy {right:.3f}, rarest class {shares.min():.3f}")
    names = tuple(f"class {kind}" for kind in range(size))
    return source, names, names[int(shares.argmin())]


def quiet(setup: Setup, source: Source) -> None:
    """Print how often nothing was called something."""
    alarmed = surges = drifts = 0
    for seed in range(setup.streams):
        rng, watcher = np.random.default_rng(seed), setup.watcher()
        windows = [one for _ in range(setup.windows) for one in watcher.feed(source(rng, setup.window, 1.0))]
        alarmed += any(not window.quiet for window in windows)
        surges += sum(len(window.surges) for window in windows)
        drifts += sum(window.drift is not None for window in windows)
    low, high = wilson(alarmed, setup.streams)
    seen = setup.streams * setup.windows
    print(f"\n| quiet streams of {setup.windows} windows | with an alarm | surges | drifts | windows per alarm |")
    print("|---|---|---|---|---|")
    rate = f"{seen / (surges + drifts):,.0f}" if surges + drifts else f"none in {seen:,}"
    print(f"| {setup.streams} | {alarmed} ({low:.1%} to {high:.1%}) | {surges} | {drifts} | {rate} |")


def planted(setup: Setup, source: Source, rare: str) -> None:
    """Print how many surges are found, and how soon."""
    print("\n| surge of the rarest class | found within 10 windows | mean delay, windows | other classes named |")
    print("|---|---|---|---|")
    for times in TIMES:
        runs = [_planted(setup, source, times, seed) for seed in range(setup.streams)]
        delays = [at for run in runs for at in [_first(run, rare)] if at]
        others = sum(bool(set().union(*run) - {rare}) for run in runs)
        late = f"{np.mean(delays):.1f}" if delays else "-"
        print(f"| x{times:g} | {len(delays)} of {setup.streams} | {late} | {others} |", flush=True)


def _first(run: list[set[str]], rare: str) -> int:
    """The window, from one on, in which the class is named first; 0 if it never is."""
    return next((at for at, names in enumerate(run, 1) if rare in names), 0)


def _planted(setup: Setup, source: Source, times: float, seed: int) -> list[set[str]]:
    """The classes named in each window of a surge."""
    rng, watcher = np.random.default_rng([seed, 1]), setup.watcher()
    for _ in range(BEFORE):
        watcher.feed(source(rng, setup.window, 1.0))
    windows = [one for _ in range(AFTER) for one in watcher.feed(source(rng, setup.window, times))]
    return [{surge.name for surge in window.surges} for window in windows]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--windows", type=int, default=250)
    parser.add_argument("--window", type=int, default=200)
    parser.add_argument("--quiet", type=float, default=10_000)
    given = parser.parse_args()
    source, names, rare = (drawn, NAMES, NAMES[-1]) if given.folder is None else recorded(given.folder)
    setup = Setup(given.streams, given.windows, given.window, given.quiet, names)
    quiet(setup, source)
    planted(setup, source, rare)


if __name__ == "__main__":
    main()
