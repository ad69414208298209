"""The fit that the tests of the large path repeat in processes of its own: killed, resumed, on two ranks."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from crowds import bits, drawn

from gpu_jobs.kernels.large import LargeDawidSkene
from gpu_jobs.kernels.packed import pack
from gpu_jobs.kernels.ranks import join
from gpu_jobs.kernels.values import Answers, Fit

METHOD = LargeDawidSkene(n_iter=15, tol=0.0)


def big() -> Answers:
    """Some controls among them."""
    answers, truth = drawn(seed=3, tasks=3000, workers=60, classes=4)
    gold = np.where(np.arange(3000) % 50 == 0, truth, -1)
    return replace(answers, gold=gold)


def all_bits(fit: Fit) -> bytes:
    """Everything that pay depends on."""
    return bits(fit.labels, fit.posterior, fit.confusion, fit.accuracy, fit.lower, fit.upper)


def main(out: Path, checkpoint: Path) -> None:
    """Fit, at most as quick as the pauses allow, and let the first rank write."""
    ranks = join()
    pause = float(os.environ["PAUSE"])
    method = replace(METHOD, checkpoint=checkpoint)
    fit = method.fit_packed(pack(big()), progress=lambda step, change: time.sleep(pause), ranks=ranks)
    if ranks.rank == 0:
        out.write_bytes(all_bits(fit))
    ranks.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
