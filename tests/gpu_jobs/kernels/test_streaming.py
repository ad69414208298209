"""Updates against the full fit of the same answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from crowds import crowd, drawn

from gpu_jobs.kernels.em import Crowd
from gpu_jobs.kernels.streaming import Stream, Streaming
from gpu_jobs.kernels.values import Answers, Ints

LABELS, POSTERIOR = 0.04, 0.04  # the error that the module states


def some(answers: Answers, rows: Ints) -> Answers:
    return replace(answers, task=answers.task[rows], worker=answers.worker[rows], label=answers.label[rows])


def streamed(answers: Answers, method: Streaming, parts: int = 12) -> tuple[Stream, list[tuple[float, float]]]:
    """Two thirds at once, the rest in parts; per part the share of other labels and the mean change of a posterior."""
    order = np.random.default_rng(1).permutation(len(answers.task))
    first = len(order) * 2 // 3
    state, errors = method.start(some(answers, order[:first])), []
    for rows in np.array_split(order[first:], parts):
        state = method.update(state, some(answers, rows))
        full = method.method.fit(state.answers)
        apart = float(np.abs(state.posterior - full.posterior).sum(axis=1).mean() / 2)
        errors.append((float((state.labels != full.labels).mean()), apart))
    return state, errors


@pytest.mark.parametrize("seed", range(4))
def test_updates_stay_within_the_stated_error_of_a_full_fit(seed: int) -> None:
    answers, _ = drawn(seed=seed, tasks=600, workers=40, overlap=6)
    state, errors = streamed(answers, Streaming(growth=10.0))
    labels, posterior = np.array(errors).max(axis=0)
    assert state.fits == 1, "no full fit may have helped"
    assert labels <= LABELS, f"{labels:.4f} of the labels differ from those of a full fit"
    assert posterior <= POSTERIOR, f"the posterior moved by {posterior:.4f} on average"


def test_enough_growth_brings_a_full_fit() -> None:
    answers, _ = drawn(tasks=200, workers=20)
    method = Streaming(growth=0.2)
    state, _ = streamed(answers, method)
    assert state.fits > 1, "a half more answers is more than a fifth"


def test_counts_are_those_of_the_posterior() -> None:
    answers, _ = drawn(tasks=200, workers=20)
    state, _ = streamed(answers, Streaming(growth=10.0))
    np.testing.assert_allclose(state.counts, Crowd(state.answers).counts(state.posterior), atol=1e-9, err_msg="drift")


def test_a_new_task_and_a_new_worker_are_taken_in() -> None:
    old = crowd([(0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0)], tasks=2)
    new = crowd([(2, 0, 1), (2, 2, 1)], tasks=3)
    method = Streaming(growth=10.0)
    state = method.update(method.start(old), new)
    assert state.labels.tolist() == [1, 0, 1], "the third task has two answers for 1"
    assert len(method.fit_of(state).accuracy) == 3, "the third worker is judged too"


def test_sizes_that_shrink_are_refused() -> None:
    method = Streaming()
    state = method.start(crowd([(0, 0, 1), (1, 1, 0)], tasks=2))
    with pytest.raises(ValueError, match="must cover"):
        method.update(state, crowd([(0, 0, 1)], tasks=1))
