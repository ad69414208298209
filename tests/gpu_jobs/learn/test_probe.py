"""The linear probe: what it learns, that it stays out of sample, and that equal arguments give equal bits."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from gpu_jobs.learn import probe


def blobs(size: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points of three classes that overlap a little, and their classes."""
    chance = np.random.default_rng(seed)
    label = chance.integers(0, 3, size)
    return np.eye(3)[label] + 0.35 * chance.normal(size=(size, 3)), label


def test_out_of_sample_opinions_are_good_and_calibrated() -> None:
    points, label = blobs()

    found = probe.out_of_sample(points, np.eye(3)[label], np.ones(len(label)), 5, 0)

    hit = found.argmax(axis=1) == label
    assert np.allclose(found.sum(axis=1), 1), "every row must be a distribution"
    assert hit.mean() > 0.9, "three blobs can be told apart"
    assert abs(found.max(axis=1).mean() - hit.mean()) < 0.04, "it must be as sure as it is right"


def test_a_row_does_not_see_its_own_label() -> None:
    points, label = blobs()
    soft = np.eye(3)[label]
    soft[:30] = np.roll(soft[:30], 1, axis=1)

    found = probe.out_of_sample(points, soft, np.ones(len(label)), 5, 0)

    assert (found[:30].argmax(axis=1) == label[:30]).mean() > 0.8, "planted wrong labels must not be repeated"


def test_a_row_of_no_weight_teaches_nothing() -> None:
    points, label = blobs()
    soft, weight = np.eye(3)[label], np.ones(len(label))
    weight[100:] = 0
    wrong = soft.copy()
    wrong[100:] = np.roll(soft[100:], 1, axis=1)

    honest, misled = (probe.out_of_sample(points, one, weight, 4, 1) for one in (soft, wrong))

    assert np.array_equal(honest, misled), "labels without weight must not matter"


def test_equal_arguments_give_equal_bits() -> None:
    points, label = blobs()
    table = sparse.csr_array(np.where(points > 0.5, points, 0))

    first, second = (probe.out_of_sample(table, np.eye(3)[label], np.ones(len(label)), 5, 7) for _ in range(2))

    assert np.array_equal(first, second), "an audit must be repeatable"


def test_sparse_and_dense_features_give_the_same_model() -> None:
    points, label = blobs()
    soft, weight = np.eye(3)[label], np.ones(len(label))

    dense = probe.fit(points, soft, weight, 1.0)
    thin = probe.fit(sparse.csr_array(points), soft, weight, 1.0)

    assert np.allclose(dense.weights, thin.weights, atol=1e-3), "the layout must not matter"


def test_the_temperature_cools_what_is_too_sure() -> None:
    points, label = blobs()
    fitted = probe.fit_calibrated(points, np.eye(3)[label], np.ones(len(label)), 5, 0)

    hot = probe.temperature(5 * fitted.scores(points), np.eye(3)[label], np.ones(len(label)))
    plain = probe.temperature(fitted.scores(points), np.eye(3)[label], np.ones(len(label)))

    assert np.isclose(hot, 5 * plain, rtol=0.01), "five times the scores need five times the temperature"
    assert probe.temperature(points, points, np.zeros(len(points))) == 1.0, "nothing to fit: left alone"
