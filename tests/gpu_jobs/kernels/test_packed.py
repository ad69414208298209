"""Packed answers are the same answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from crowds import drawn, shuffled

from gpu_jobs.kernels.em import sorted_answers
from gpu_jobs.kernels.packed import pack
from gpu_jobs.kernels.ranks import Ranks, join


def test_packing_and_unpacking_sorts() -> None:
    answers, _ = drawn()
    found = pack(shuffled(answers, 5)).answers()
    wanted = sorted_answers(answers)
    assert all((a == b).all() for a, b in zip((found.task, found.worker, found.label), wanted, strict=True)), "sorted"


@pytest.mark.parametrize("world", [1, 2, 3, 7])
def test_parts_are_the_whole(world: int) -> None:
    packed = pack(drawn(tasks=50)[0])
    parts = [packed.part(rank, world) for rank in range(world)]
    columns = np.concatenate([part.column for part, _ in parts])
    assert (columns == packed.column).all(), "every answer is in one part"
    assert sum(part.n_tasks for part, _ in parts) == packed.n_tasks, "and every task"


def test_too_many_workers_are_refused() -> None:
    answers, _ = drawn()
    with pytest.raises(ValueError, match="too many"):
        pack(replace(answers, n_workers=2**31))


def test_alone_there_is_nothing_to_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    array = np.arange(3)
    assert join() == Ranks(0, 1) and join().total(array) is array, "one rank's sum is its own"
