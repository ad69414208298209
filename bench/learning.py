"""What model and crowd make of each other on recorded crowds: labels, a fine-tuned model, the audit, auto-accept.

    python -m bench.learning FOLDER... [--draws 3] [--encoder PATH|hashed] [--overlaps 1,2,3,5,0] [--no-model]

FOLDER holds answers.csv (task, worker, label), gold.csv (task, label) and items.csv (task and text columns). A row is
a number of answers per task, `all` for 0: means over draws, and in brackets the half width of a 95 % interval over
tasks (bootstrap, the draws of a task together; Wilson for shares of few). Nothing is tuned on these crowds by this
script and no gold enters but where a column says so.

labels: accuracy on all tasks (and F1 of the rarer class where it is below a fifth) of majority vote, Dawid-Skene, auto,
and joint, which is auto with the text's prior as the aggregate job does it; joint - auto with its interval; the weight
of the text. model: accuracy on a third of the tasks of a probe trained on the others' majority labels, joint soft
labels (from their answers alone), gold. audit: share of wrong labels among the k most doubtful, k the true number of
wrong labels. accept: share of held-out tasks that the joint model's own confidence accepts at a promised precision of
0.95, with a threshold from the gold of the other half of them, and the precision reached.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.learning_crowd import LABELLERS, SCORES, TEACHERS, Draw, Story, play, read
from gpu_jobs.kernels.values import Floats, Ints
from gpu_jobs.learn.calibration import wilson

REDRAWS = 500
RARE = 0.2  # share of a class, below which its F1 says more than accuracy
Rows = Iterator[tuple[str, list[str]]]


def main() -> None:
    """Print four tables for each crowd."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--encoder", default="hashed")
    parser.add_argument("--overlaps", default="1,2,3,5,0")
    parser.add_argument("--no-model", action="store_true")
    given = parser.parse_args()
    overlaps = [int(one) for one in given.overlaps.split(",")]
    for folder in given.folders:
        started = time.perf_counter()
        story = read(folder, given.encoder, model=not given.no_model)
        found = {overlap: draws_of(story, overlap, given.draws) for overlap in _fitting(story, overlaps)}
        show(story, found)
        print(f"\n{given.draws} draws, encoder of the model: {story.encoder}, {time.perf_counter() - started:.0f} s\n")


def _fitting(story: Story, overlaps: Sequence[int]) -> list[int]:
    """Those below the number of answers that the tasks have."""
    mean = len(story.answers.task) / story.answers.n_tasks
    return [overlap for overlap in overlaps if overlap < mean]


def draws_of(story: Story, overlap: int, draws: int) -> list[Draw]:
    """Several draws; of all answers there is one."""
    return [play(story, overlap or len(story.answers.task), seed) for seed in range(draws if overlap else 1)]


def show(story: Story, found: dict[int, list[Draw]]) -> None:
    """The tables of one crowd, in Markdown."""
    shares = np.bincount(story.truth) / len(story.truth)
    rare = int(shares.argmin()) if shares.min() < RARE else None
    head = f"{len(story.truth):,} tasks, {len(story.answers.task):,} answers"
    print(f"### {story.name}: {head}, largest class {shares.max():.3f}\n")
    _table("labels, accuracy", [*LABELLERS, "joint - auto", "weight of text"], _accuracies(story, found))
    if rare is not None:
        _table("labels, F1 of the rarer class", [*LABELLERS, "joint - auto"], _f1s(story, found, rare))
    _table("audit, precision at k", ["k", *SCORES, "by chance"], _audits(story, found))
    if not len(story.by_gold):
        return
    _table("model, accuracy on held-out tasks, by its labels", TEACHERS, _tests(story, found, None))
    if rare is not None:
        _table("model, F1 of the rarer class", TEACHERS, _tests(story, found, rare))
    _table("accept at 0.95", ["covered", "precision reached"], _accepts(story, found))


def _table(title: str, columns: Sequence[str], rows: Rows) -> None:
    print(f"\n| {title}: answers per task | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for name, cells in rows:
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _named(found: dict[int, list[Draw]]) -> Iterator[tuple[str, list[Draw]]]:
    return ((str(overlap or "all"), draws) for overlap, draws in found.items())


def _accuracies(story: Story, found: dict[int, list[Draw]]) -> Rows:
    for name, draws in _named(found):
        scores = [_redrawn(np.stack([draw.labels[at] for draw in draws]), story.truth) for at in range(len(LABELLERS))]
        weight = float(np.mean([draw.weight for draw in draws]))
        yield name, [*map(_cell, scores), _cell(scores[3] - scores[2], sign=True), f"{weight:.1f}"]


def _f1s(story: Story, found: dict[int, list[Draw]], rare: int) -> Rows:
    for name, draws in _named(found):
        labels = [np.stack([draw.labels[at] for draw in draws]) for at in range(len(LABELLERS))]
        scores = [_redrawn(one, story.truth, rare) for one in labels]
        yield name, [*map(_cell, scores), _cell(scores[3] - scores[2], sign=True)]


def _tests(story: Story, found: dict[int, list[Draw]], rare: int | None) -> Rows:
    truth = story.truth[story.held]
    for name, draws in _named(found):
        labels = [np.stack([draw.taught[at] for draw in draws]) for at in range(len(TEACHERS))]
        yield name, [_cell(_redrawn(one, truth, rare)) for one in labels]


def _audits(story: Story, found: dict[int, list[Draw]]) -> Rows:
    for name, draws in _named(found):
        k = float(np.mean([draw.wrong for draw in draws]))
        shares = np.mean([draw.found for draw in draws], axis=0)
        yield name, [f"{k:.0f}", *(_share(share, k) for share in shares), f"{k / len(story.truth):.3f}"]


def _accepts(story: Story, found: dict[int, list[Draw]]) -> Rows:
    for name, draws in _named(found):
        kept, right = np.mean([draw.accepted for draw in draws], axis=0)
        covered = f"{kept / len(story.held):.3f}"
        yield name, [covered, _share(right / kept, kept) if kept else "nothing accepted"]


def _redrawn(labels: Ints, truth: Ints, rare: int | None = None) -> Floats:
    """Accuracy, or F1 of a class, mean over draws: of the tasks as they are, then of tasks drawn again."""
    size = len(truth)
    again = np.random.default_rng(0).multinomial(size, np.full(size, 1 / size), REDRAWS)
    weights = np.vstack([np.ones(size), again])
    if rare is None:
        return np.asarray(weights @ (labels == truth).mean(axis=0) / size, dtype=np.float64)
    there = weights @ (truth == rare)
    scores = []
    for drawn in labels == rare:
        hits = weights @ (drawn & (truth == rare))
        scores.append(2 * hits / np.maximum(1, weights @ drawn + there))
    return np.asarray(np.mean(scores, axis=0), dtype=np.float64)


def _cell(values: Floats, *, sign: bool = False) -> str:
    """The value and the half width of its interval."""
    low, high = np.quantile(values[1:], (0.025, 0.975))
    return f"{values[0]:+.4f} (±{(high - low) / 2:.4f})" if sign else f"{values[0]:.4f} (±{(high - low) / 2:.3f})"


def _share(share: float, of: float) -> str:
    low, high = wilson(share * of, of)
    return f"{share:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
