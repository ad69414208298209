"""Times whole aggregation processes against crowd-kit's DawidSkene on the same answers, in the same run.

    python -m bench.aggregation [1e6 1e7] [--rounds 1] [--only tapcrowd:dawid-skene crowd-kit:DawidSkene] [--ranks]

Answers are drawn: 4 classes, 5 answers per task, one worker per 200 answers, accuracy Beta(6, 3), rows shuffled. Each
process reads Parquet, runs 10 iterations and writes its labels as Parquet. Wall is the whole process, cpu its user and
system time, peak its largest resident memory. Ratios are those of the medians, crowd-kit over tapcrowd. With --ranks,
the same fit on one and on two processes with one thread each, and whether their labels have the same bits.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CLASSES, OVERLAP, PER_WORKER, ITERATIONS = 4, 5, 200, 10
PEER = f"""
import sys
import pandas as pd
from crowdkit.aggregation import DawidSkene
labels = DawidSkene(n_iter={ITERATIONS}).fit_predict(pd.read_parquet(sys.argv[1]))
labels.to_frame().to_parquet(sys.argv[2])
"""
OURS = ("dawid-skene", "auto")
PEER_NAME = "crowd-kit:DawidSkene"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    peak: float  # MB


def draw(path: Path, answers: int) -> np.ndarray:
    """Write drawn answers as Parquet; the true class of each task."""
    rng = np.random.default_rng(0)
    tasks, workers = answers // OVERLAP, max(OVERLAP, answers // PER_WORKER)
    truth = rng.integers(0, CLASSES, tasks)
    skill = rng.beta(6, 3, workers)
    task = np.repeat(np.arange(tasks), OVERLAP)
    # five different workers a task: one at random, the others at different distances from it
    steps = np.sort(rng.integers(1, workers // OVERLAP, (tasks, OVERLAP)), axis=1).cumsum(axis=1)
    worker = ((rng.integers(0, workers, (tasks, 1)) + steps) % workers).ravel()
    right = rng.random(answers) < skill[worker]
    label = np.where(right, truth[task], (truth[task] + rng.integers(1, CLASSES, answers)) % CLASSES)
    order = rng.permutation(answers)
    pq.write_table(pa.table({"task": task[order], "worker": worker[order], "label": label[order]}), path)
    return truth


def measure(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Run to the end; CalledProcessError when it fails."""
    started = time.perf_counter()
    child = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise subprocess.CalledProcessError(status, command)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def command_of(name: str, answers: Path, out: Path) -> list[str]:
    """The process of one contestant."""
    if name == PEER_NAME:
        return [sys.executable, "-c", PEER, str(answers), str(out / "labels.parquet")]
    method = name.partition(":")[2]
    return [sys.executable, "-m", "bots", "aggregate", str(answers), "--method", method, "--out", str(out),
            "--iterations", str(ITERATIONS)]  # fmt: skip


def accuracy(out: Path, truth: np.ndarray) -> float:
    """Of the written labels."""
    table = pq.read_table(out / "labels.parquet")
    label = "label" if "label" in table.column_names else "agg_label"
    task = table["task"].to_numpy().astype(np.int64)
    return float((truth[task] == table[label].to_numpy().astype(np.int64)).mean())


def compare(size: int, names: list[str], rounds: int, folder: Path) -> None:
    """Print one table."""
    answers = folder / f"{size}.parquet"
    truth = draw(answers, size)
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            out = folder / name.replace(":", "-")
            out.mkdir(exist_ok=True)
            costs[name].append(measure(command_of(name, answers, out)))
    print(f"\n{size:,} answers\n{'':<24}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'accuracy':>10}"
          f"{'x wall':>9}{'x cpu':>8}{'x peak':>8}")  # fmt: skip
    middle = {name: Cost(*(statistics.median(values) for values in zip(*map(_row, many), strict=True)))
              for name, many in costs.items()}  # fmt: skip
    for name, cost in middle.items():
        line = f"{name:<24}{cost.wall:>9.2f}{cost.cpu:>9.2f}{cost.peak:>9.0f}"
        line += f"{accuracy(folder / name.replace(':', '-'), truth):>10.4f}"
        if peer := middle.get(PEER_NAME):
            line += f"{peer.wall / cost.wall:>9.1f}{peer.cpu / cost.cpu:>8.1f}{peer.peak / cost.peak:>8.1f}"
        print(line, flush=True)


def _row(cost: Cost) -> tuple[float, float, float]:
    return cost.wall, cost.cpu, cost.peak


def ranks(size: int, folder: Path) -> None:
    """The same fit on one and two processes with one thread each."""
    answers = folder / f"{size}.parquet"
    draw(answers, size)
    environment = {**os.environ, "TAPCROWD_THREADS": "1", "OMP_NUM_THREADS": "1"}
    prints, walls, cpus = [], [], []
    for world in (1, 2):
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(world)]
        command = [sys.executable, *launch, "-m", "bench.aggregation", "--process", str(answers)]
        text = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()
        prints.append(text[0])
        walls.append(float(text[1]))
        cpus.append(float(text[2]))
    same = "the same bits" if prints[0] == prints[1] else "DIFFERENT bits"
    print(
        f"{size:,} answers, one thread each, ms per iteration on one rank and on two: "
        f"wall {walls[0] * 1000:.0f} and {walls[1] * 1000:.0f} ({walls[0] / walls[1]:.2f} times as fast), "
        f"cpu of a rank {cpus[0] * 1000:.0f} and {cpus[1] * 1000:.0f} ({cpus[0] / cpus[1]:.2f}); {same}",
        flush=True,
    )


def process(answers: Path) -> None:
    """One rank's part of `ranks`: a fit, and from the first rank its hash and median seconds per iteration."""
    from gpu_jobs.kernels.large import LargeDawidSkene
    from gpu_jobs.kernels.ranks import join
    from gpu_jobs.offline.answers_file import read_answers

    group, packed, times = join(), read_answers(answers, {}).packed, []

    def tick(step: int, change: float) -> None:
        times.append((time.perf_counter(), time.process_time()))

    fit = LargeDawidSkene(n_iter=3 * ITERATIONS, tol=0.0).fit_packed(packed, progress=tick, ranks=group)
    if group.rank == 0:
        found = hashlib.sha256(fit.posterior.tobytes() + fit.accuracy.tobytes() + fit.confusion.tobytes())
        print(found.hexdigest(), *np.median(np.diff(times, axis=0), axis=0))
    group.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sizes", nargs="*", type=float, default=[1e6, 1e7])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[PEER_NAME, *(f"tapcrowd:{name}" for name in OURS)])
    parser.add_argument("--ranks", action="store_true")
    parser.add_argument("--process", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.process:
        process(given.process)
        return
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        for size in map(int, given.sizes):
            if given.ranks:
                ranks(size, Path(name))
            else:
                compare(size, given.only, given.rounds, Path(name))


if __name__ == "__main__":
    main()
