"""Chains of tags against all paths, counted one by one."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels.spans.bio import legal_starts, legal_steps
from gpu_jobs.kernels.spans.chain import best_path, smooth

TAGS = ["O", "B-A", "I-A"]
STARTS, STEPS = legal_starts(TAGS), legal_steps(TAGS)
FIRST, STEP = STARTS / STARTS.sum(), STEPS / STEPS.sum(axis=1, keepdims=True)


def paths(length: int) -> list[tuple[int, ...]]:
    legal = product(range(3), repeat=length)
    return [path for path in legal if STARTS[path[0]] and all(STEPS[a, b] for a, b in pairwise(path))]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 99))
def test_best_path_is_the_best_of_all_legal_ones(lengths: list[int], seed: int) -> None:
    start = np.concatenate([[0], np.cumsum(lengths)])
    posterior = np.random.default_rng(seed).dirichlet([0.5] * 3, size=start[-1])
    found = best_path(posterior, start, STARTS, STEPS)
    for first, last in pairwise(start):
        score = np.log(posterior[first:last] + 1e-9)
        best = max(paths(last - first), key=lambda path, score=score: score[range(len(path)), path].sum())
        assert tuple(found[first:last]) == best, "sentences side by side must not disturb each other"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 99))
def test_smoothing_sums_over_all_legal_paths(lengths: list[int], seed: int) -> None:
    start = np.concatenate([[0], np.cumsum(lengths)])
    evidence = np.random.default_rng(seed).normal(0, 2, size=(start[-1], 3))
    posterior, moved = smooth(evidence, start, FIRST, STEP)
    tokens, steps = np.zeros_like(posterior), np.zeros((3, 3))
    for first, last in pairwise(start):
        weigh = {path: weight(path, evidence[first:last]) for path in paths(last - first)}
        for path, value in weigh.items():
            tokens[range(first, last), path] += value / sum(weigh.values())
            np.add.at(steps, (path[:-1], path[1:]), value / sum(weigh.values()))
    assert posterior == pytest.approx(tokens) and moved == pytest.approx(steps), "forward-backward equals enumeration"


def weight(path: tuple[int, ...], evidence: np.ndarray) -> float:
    chain = FIRST[path[0]] * np.prod([STEP[a, b] for a, b in pairwise(path)])
    return float(chain * np.exp(evidence[range(len(path)), path].sum()))


def test_a_hopeless_token_keeps_numbers_finite() -> None:
    posterior, moved = smooth(np.array([[-9e3, -9e3, 0.0], [0.0, -9e3, -9e3]]), np.array([0, 2]), FIRST, STEP)
    assert np.isfinite(posterior).all() and np.isfinite(moved).all(), "evidence for an illegal tag must not break it"
    assert posterior[0, 2] == 0.0, "an illegal first tag has no chance"


def test_no_sentences() -> None:
    assert best_path(np.empty((0, 3)), np.array([0]), STARTS, STEPS).tolist() == [], "nothing in, nothing out"
