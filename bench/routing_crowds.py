"""The router against dynamic overlap on drawn crowds, most of them of kinds for which nothing in it was tuned.

    python -m bench.routing_crowds [--crowds 4] [--kinds rare-class dense ...]

Crowds of bench.synthetic_crowds, with seven to ten answers per task, and of bench.held_out_crowds; each is replayed
under sessions as `tapcrowd replay` does. The curve is the mean over the crowds of a kind; dynamic overlap takes the
best of its settings and of two label rules after the fact.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from bench import held_out_crowds, synthetic_crowds
from gpu_jobs.replay.curve import CONFIDENCES, SPANS, points
from gpu_jobs.replay.frontier import compare, mean_spots
from gpu_jobs.replay.policy import TARGETS, Policy
from gpu_jobs.replay.recording import Recording, shelved
from gpu_jobs.replay.report import either_rule
from gpu_jobs.replay.run import Outcome, Plan, replay

DEEP = 7, 10
FIRST = 100
KINDS = (*synthetic_crowds.KINDS, *held_out_crowds.KINDS)


def recording_of(kind: str, seed: int) -> Recording:
    """One drawn crowd, as if it had been recorded."""
    drawn = kind in synthetic_crowds.KINDS
    answers, truth = synthetic_crowds.draw(kind, seed, DEEP) if drawn else held_out_crowds.draw(kind, seed)
    return shelved(kind, truth, answers.n_classes, (answers.task, answers.worker, answers.label))


def replayed(kind: str, seed: int) -> tuple[list[Outcome], list[Outcome]]:
    """The router's outcomes by target, and those of dynamic overlap by setting."""
    recording = recording_of(kind, seed)
    mine = [replay(recording, Plan(), target, seed) for target in TARGETS[Policy.ROUTER]]
    spans = [(min(least, recording.deepest), min(most, recording.deepest)) for least, most in SPANS]
    rivals = [(Plan(Policy.DYNAMIC, span=span), target) for span in spans for target in CONFIDENCES]
    return mine, [replay(recording, plan, target, seed) for plan, target in rivals]


def line(kind: str, crowds: Sequence[tuple[list[Outcome], list[Outcome]]]) -> str:
    """What is saved at equal accuracy and gained at equal cost, mean and worst point, and the calibration error."""
    mine, theirs = (list(zip(*side, strict=True)) for side in zip(*crowds, strict=True))
    curve = points([outcome for target in mine for outcome in target], TARGETS[Policy.ROUTER])
    found = compare([(one.answers_per_task, one.accuracy) for one in curve], mean_spots(either_rule(theirs)))
    shares = (found.saved, found.least_saved, found.gap, found.least_gap)
    cells = ["-" if share is None else f"{100 * share:.1f}" for share in shares]
    return row(kind, *cells, f"{max(one.ece for one in curve):.3f}")


def row(name: str, *cells: str) -> str:
    """One line of the table."""
    return "  ".join([f"{name:>14}", *(f"{cell:>12}" for cell in cells)])


def main() -> None:
    """Print a line per kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--crowds", type=int, default=4)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    given = parser.parse_args()
    print(row("crowd", "saved %", "worst point", "gained pts", "worst point", "worst ECE"), flush=True)
    with ProcessPoolExecutor() as pool:
        for kind in given.kinds:
            crowds = pool.map(partial(replayed, kind), range(FIRST, FIRST + given.crowds))
            print(line(kind, list(crowds)), flush=True)


if __name__ == "__main__":
    main()
