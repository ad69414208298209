"""Draws accuracy against answers per task: majority vote, Dawid-Skene and auto on random parts of recorded crowds.

    python -m bench.plot_aggregation FOLDER OUT.png [--crowds rte dogs bluebirds] [--draws 10]

FOLDER holds one folder per crowd with answers.csv and gold.csv. Each point is the mean over draws of as many random
answers per task; the figures are printed too.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np

from bench.aggregate_crowds import load
from gpu_jobs.kernels import method
from gpu_jobs.kernels.values import Answers

mpl.use("Agg")
import matplotlib.pyplot as plt

# colour-blind safe (Okabe and Ito), told apart by marker as well
LOOKS = {
    "majority-vote": ("majority vote", "#999999", "s"),
    "dawid-skene": ("Dawid–Skene", "#0072B2", "^"),
    "auto": ("auto", "#D55E00", "o"),
}
DEPTHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 39)


def part(answers: Answers, depth: int, seed: int) -> Answers:
    """`depth` random answers of each task."""
    rng = np.random.default_rng([seed, depth])
    order = np.lexsort((rng.random(len(answers.task)), answers.task))
    task = answers.task[order]
    kept = order[np.arange(len(task)) - np.searchsorted(task, task) < depth]
    seen, worker = np.unique(answers.worker[kept], return_inverse=True)
    return replace(
        answers, task=answers.task[kept], worker=worker.astype(np.int64), label=answers.label[kept], n_workers=len(seen)
    )


def accuracies(folder: Path, depth: int, seed: int) -> list[float]:
    """Of each method on one draw."""
    crowd = load(folder)
    assert crowd is not None, f"{folder} is not a crowd of classes"
    few = part(crowd.answers, depth, seed)
    known = crowd.truth >= 0
    found = [method(name)(few, iterations=100).labels for name in LOOKS]
    return [float((labels[known] == crowd.truth[known]).mean()) for labels in found]


def curves(folder: Path, draws: int) -> tuple[list[int], np.ndarray]:
    """Depths, and accuracy [depth, draw, method]."""
    crowd = load(folder)
    assert crowd is not None, f"{folder} is not a crowd of classes"
    most = int(np.median(np.bincount(crowd.answers.task)))
    depths = [depth for depth in DEPTHS if depth <= most]
    with ProcessPoolExecutor() as pool:
        found = [list(pool.map(partial(accuracies, folder, depth), range(draws))) for depth in depths]
    return depths, np.array(found)


def main() -> None:
    """Print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--crowds", nargs="*", default=["rte", "dogs", "bluebirds"])
    parser.add_argument("--draws", type=int, default=10)
    given = parser.parse_args()
    figure, panels = plt.subplots(1, len(given.crowds), figsize=(10, 3.4), layout="constrained", squeeze=False)
    for panel, name in zip(panels[0], given.crowds, strict=True):
        depths, found = curves(given.folder / name, given.draws)
        means, spread = found.mean(axis=1), found.std(axis=1)
        for place, (label, colour, marker) in enumerate(LOOKS.values()):
            panel.errorbar(depths, means[:, place], spread[:, place], color=colour, marker=marker, ms=5, lw=1.5,
                           capsize=2, elinewidth=0.8, label=label)  # fmt: skip
            figures = " ".join(f"{depth}:{value:.4f}" for depth, value in zip(depths, means[:, place], strict=True))
            print(f"{name:<10} {label:<14} {figures}", flush=True)
        panel.set_title(name, fontsize=11)
        panel.set_xlabel("answers per task")
        panel.grid(alpha=0.25)
        panel.spines[["top", "right"]].set_visible(False)
        if max(depths) > 15:
            panel.set_xscale("log", base=10)
            panel.set_xticks([1, 2, 5, 10, 20, 39], ["1", "2", "5", "10", "20", "39"])
            panel.minorticks_off()
    panels[0][0].set_ylabel("accuracy")
    panels[0][0].legend(frameon=False, loc="lower right")
    figure.savefig(given.out, dpi=150)


if __name__ == "__main__":
    main()
