"""How near a plan comes: `tapcrowd plan` for crowds whose answers were recorded, beside the replay of those answers.

    python -m bench.planning DIR...

Each DIR holds answers.csv and gold.csv. The plan is told the crowd's size, the share of right answers and how common
the classes are; nothing else of the record.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from core.ledger import Price
from core.model import Overlap
from core.planning import Choice, Crowd, Work
from gpu_jobs.planning.simulate import simulate
from gpu_jobs.replay.desk import NO_CONTROLS
from gpu_jobs.replay.policy import Policy
from gpu_jobs.replay.recording import Recording, read_recording
from gpu_jobs.replay.run import Plan, replay

SEEDS = 10
TRIED = (
    (Choice("fixed 1", Overlap("fixed", 1, 1)), Plan(Policy.FIXED, controls=NO_CONTROLS), 1.0),
    (Choice("fixed 3", Overlap("fixed", 3, 3)), Plan(Policy.FIXED, controls=NO_CONTROLS), 3.0),
    (
        Choice("dynamic 2-5 at 90%", Overlap("dynamic", 2, 5, 0.9)),
        Plan(Policy.ROUTER, span=(2, 5), controls=NO_CONTROLS),
        0.9,
    ),
)


def main() -> None:
    """Print a line per set and policy."""
    print("set | policy | planned: answers, accuracy (range) | recorded: answers, accuracy | inside")
    for name in sys.argv[1:]:
        recording = read_recording(Path(name))
        work, crowd = told(recording)
        planned = simulate(work, crowd, [choice for choice, _, _ in TRIED], SEEDS)
        for one, (_, plan, target) in zip(planned, TRIED, strict=True):
            found = [replay(recording, plan, target, seed) for seed in range(SEEDS)]
            answers = np.mean([outcome.answers_per_task for outcome in found])
            accuracy = float(np.mean([outcome.accuracy for outcome in found]))
            inside = "yes" if one.low <= accuracy <= one.high else "no"
            print(
                f"{recording.name} | {one.choice.name} | {one.answers_per_task:.2f}, {one.accuracy:.3f} "
                f"({one.low:.3f} to {one.high:.3f}) | {answers:.2f}, {accuracy:.3f} | {inside}",
                flush=True,
            )


def told(recording: Recording) -> tuple[Work, Crowd]:
    """What a requester would have said of this crowd."""
    right = sum(
        int((said == recording.gold[shelf]).sum())
        for shelf, said in zip(recording.shelves, recording.said, strict=True)
    )
    shares = np.bincount(recording.gold, minlength=recording.n_classes) + 1.0
    crowd = Crowd(right / sum(len(shelf) for shelf in recording.shelves), min(50, recording.n_workers))
    return Work(recording.n_tasks, tuple(shares / shares.sum()), Overlap(), Price(1, 0, "USD")), crowd


if __name__ == "__main__":
    main()
