"""The joint method: text that says something helps, text that says nothing changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from crowds import drawn
from scipy import sparse

from gpu_jobs.kernels.dawid_skene import DawidSkene
from gpu_jobs.kernels.joint import fit_logistic, foretell, item_prior, predict, read
from gpu_jobs.kernels.values import Floats, Ints


def said(truth: Ints, share: float) -> sparse.csr_array:
    """One feature per class, right for a share of the tasks; and a few that mean nothing."""
    rng = np.random.default_rng(0)
    read = np.where(rng.random(len(truth)) < share, truth, rng.integers(0, truth.max() + 1, len(truth)))
    return sparse.csr_array(np.hstack([np.eye(truth.max() + 1)[read], rng.random((len(truth), 5))]))


def test_telling_features_help() -> None:
    answers, truth = drawn(tasks=400, overlap=2)
    learned = item_prior(answers, said(truth, 0.9))
    alone, joint = (DawidSkene(smoothing=0.01).fit(replace(answers, prior=p)) for p in (None, learned.prior))
    lead = float((joint.labels == truth).mean() - (alone.labels == truth).mean())
    assert learned.weight > 0.5, "nine in ten is worth listening to"
    assert lead > 0.05, f"with two answers a task the text must help, not by {lead:.3f}"


def test_features_without_meaning_are_not_used() -> None:
    answers, truth = drawn(tasks=400, overlap=5)
    learned = item_prior(answers, said(truth, 0.0))
    assert learned.weight == 0.0, "there is nothing to learn"
    assert (learned.prior == learned.prior[0]).all(), "so that all tasks start alike"


def test_a_prediction_has_not_seen_its_own_target() -> None:
    alone: Floats = np.eye(50)[:, :50]  # one feature per row: a model learns every row by heart
    target = np.eye(2)[np.random.default_rng(0).integers(0, 2, 50)]
    chances = foretell(sparse.csr_array(alone), target, np.ones(50, bool), 0.01)
    right = (chances.argmax(axis=1) == target.argmax(axis=1)).mean()
    assert right < 0.75, "out of fold, a row that is like no other says nothing"


def test_the_model_learns_a_plain_rule() -> None:
    truth = np.arange(90) % 3
    features, target = said(truth, 1.0), np.eye(3)[truth]
    assert (predict(features, fit_logistic(features, target, 1.0)).argmax(axis=1) == truth).all(), "it is written there"
    assert read(features, target, np.ones(90, bool)).penalty == 1.0, "a certain rule needs no holding back"


def test_one_column_of_weights_says_the_same_of_two_classes_as_two() -> None:
    rng = np.random.default_rng(1)
    features = sparse.csr_array(rng.random((80, 6)))
    chance = rng.random(80)
    target = np.stack([1 - chance, chance], axis=1)
    two = fit_logistic(features, target, 1.0)
    many = fit_logistic(features, np.hstack([target, np.zeros((80, 1))]), 1.0)
    odds, others = two[:, 1] - two[:, 0], many[:, 1] - many[:, 0]
    assert np.allclose(odds, others, atol=0.05), "a third class that never comes up changes next to nothing"


def test_tasks_of_which_nothing_is_known_teach_nothing() -> None:
    truth = np.arange(90) % 3
    features, target = said(truth, 1.0), np.eye(3)[truth]
    taught = np.arange(90) < 60
    unsaid = target.copy()
    unsaid[60:] = 1 / 3
    found, same = (foretell(features, one, taught, 1.0) for one in (target, unsaid))
    assert (found == same).all(), "what stands in their rows does not matter"
    assert (found[60:].argmax(axis=1) == truth[60:]).all(), "and they are foretold like any others"
