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

import numpy as np

from bench import held_out_crowds, synthetic_crowds
from core.beliefs.evidence import Ints
from gpu_jobs.kernels.values import Answers
from gpu_jobs.offline.scores import calibration_error
from gpu_jobs.replay.curve import CONFIDENCES, SPANS
from gpu_jobs.replay.frontier import Spot, compare
from gpu_jobs.replay.policy import Policy
from gpu_jobs.replay.recording import Recording
from gpu_jobs.replay.run import Outcome, Plan, replay

TARGETS = (0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
DEEP = 7, 10
FIRST = 100
KINDS = (*synthetic_crowds.KINDS, *held_out_crowds.KINDS)


def recording_of(kind: str, seed: int) -> Recording:
    """One drawn crowd, as if it had been recorded."""
    drawn = (
        synthetic_crowds.draw(kind, seed, DEEP) if kind in synthetic_crowds.KINDS else held_out_crowds.draw(kind, seed)
    )
    return _shelved(kind, *drawn)


def _shelved(kind: str, answers: Answers, truth: Ints) -> Recording:
    order = np.lexsort((answers.task, answers.worker))
    cuts = np.flatnonzero(np.diff(answers.worker[order])) + 1
    shelves = tuple(np.split(answers.task[order], cuts))
    said = tuple(np.split(answers.label[order].astype(np.int64), cuts))
    return Recording(kind, truth, answers.n_classes, shelves, said)


def replayed(kind: str, seed: int) -> tuple[list[Outcome], list[Outcome]]:
    """The router's outcomes by target, and those of dynamic overlap by setting."""
    recording = recording_of(kind, seed)
    mine = [replay(recording, Plan(), target, seed) for target in TARGETS]
    spans = [(min(least, recording.deepest), min(most, recording.deepest)) for least, most in SPANS]
    rivals = [(Plan(Policy.DYNAMIC, span=span), target) for span in spans for target in CONFIDENCES]
    return mine, [replay(recording, plan, target, seed) for plan, target in rivals]


def line(kind: str, crowds: Sequence[tuple[list[Outcome], list[Outcome]]]) -> str:
    """What is saved at equal accuracy and gained at equal cost, mean and worst point, and the calibration error."""
    mine, theirs = (list(zip(*side, strict=True)) for side in zip(*crowds, strict=True))
    found = compare(
        [_spot(one) for one in mine], [spot for one in theirs for spot in (_spot(one), _spot(one, other=True))]
    )
    errors = [
        calibration_error(np.concatenate([o.stated for o in one]), np.concatenate([o.right for o in one]))
        for one in mine
    ]
    parts = (found.saved, found.least_saved, found.gap, found.least_gap)
    return "  ".join(
        [f"{kind:>14}", *(f"{'-' if x is None else f'{100 * x:.1f}':>12}" for x in parts), f"{max(errors):12.3f}"]
    )


def _spot(outcomes: Sequence[Outcome], *, other: bool = False) -> Spot:
    accuracy = [one.other_accuracy if other else one.accuracy for one in outcomes]
    return float(np.mean([one.answers_per_task for one in outcomes])), float(np.mean(accuracy))


def main() -> None:
    """Print a line per kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--crowds", type=int, default=4)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    given = parser.parse_args()
    names = ("crowd", "saved %", "worst point", "gained pts", "worst point", "worst ECE")
    print("  ".join(f"{name:>{14 if name == 'crowd' else 12}}" for name in names), flush=True)
    with ProcessPoolExecutor() as pool:
        for kind in given.kinds:
            crowds = pool.map(partial(replayed, kind), range(FIRST, FIRST + given.crowds))
            print(line(kind, list(crowds)), flush=True)


if __name__ == "__main__":
    main()
