"""Judges `auto` on recorded crowds, without and with control tasks.

    python -m bench.auto_crowds FOLDER [--draws 20]

FOLDER holds one folder per crowd with answers.csv (task, worker, label) and gold.csv (task, label). First table: each
crowd without control tasks. Second: means over draws of a random tenth of the gold (five at least) as control tasks,
scored on the rest. `best` is the best single method after the fact, `regret` what auto lacks to it, `by crowd` what it
lacks to the best of each single draw, `over vote` its lead on smoothed majority vote. Drawn crowds: synthetic_crowds.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from bench.aggregate_crowds import load
from bench.judging import SINGLES, SLOW, Row, Scores, judge, table, with_controls


def recorded(folder: Path, seed: int | None) -> tuple[Row, Scores]:
    """One recorded crowd; with control tasks when there is a seed."""
    crowd = load(folder)
    assert crowd is not None, f"{folder} is not a crowd of classes"
    if seed is None:
        return judge(crowd.answers, crowd.truth, SINGLES + SLOW)
    return judge(with_controls(crowd.answers, crowd.truth, seed), crowd.truth, SINGLES)


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--draws", type=int, default=20)
    given = parser.parse_args()
    folders = [path for path in sorted(given.folder.iterdir()) if (path / "gold.csv").is_file() and load(path)]
    started = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        plain = pool.map(partial(recorded, seed=None), folders)
        table("without control tasks", ((path.name, [found]) for path, found in zip(folders, plain, strict=True)))
        several = ((path.name, list(pool.map(partial(recorded, path), range(given.draws)))) for path in folders)
        table(f"with control tasks, {given.draws} draws", several)
    print(f"\n{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
