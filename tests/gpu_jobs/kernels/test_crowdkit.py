"""Crowd-kit as oracle: the same labels where the methods are the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import crowdkit.aggregation as oracle
import numpy as np
import pytest
from crowds import drawn, frame

from gpu_jobs.kernels import GLAD, KOS, DawidSkene, MajorityVote

SEEDS = (0, 1, 2)


@pytest.fixture(autouse=True)
def _their_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("classes", [2, 4])
def test_dawid_skene_gives_the_same_probabilities(seed: int, classes: int) -> None:
    data = frame(drawn(seed, classes=classes)[0])

    ours = DawidSkene().fit_predict_proba(data)
    theirs = oracle.DawidSkene().fit_predict_proba(data).reindex(ours.index)[ours.columns]

    assert np.abs(ours.to_numpy() - theirs.to_numpy()).max() < 1e-4, "the same start, steps and stop"


@pytest.mark.parametrize("seed", SEEDS)
def test_majority_vote_gives_the_same_labels_but_for_ties(seed: int) -> None:
    data = frame(drawn(seed)[0])
    ours, theirs = MajorityVote().fit_predict(data), oracle.MajorityVote().fit(data)

    shares = theirs.probas_.reindex(ours.index)
    clear = shares.eq(shares.max(axis=1), axis=0).sum(axis=1) == 1
    assert (ours == theirs.labels_.reindex(ours.index))[clear].all(), "votes are votes"


def test_glad_and_kos_mostly_give_the_same_labels() -> None:
    data = frame(drawn(3, tasks=50, classes=2, overlap=7)[0])

    for ours, theirs in ((GLAD(), oracle.GLAD()), (KOS(), oracle.KOS(random_state=0))):
        labels = ours.fit_predict(data)
        same = float((labels == theirs.fit_predict(data).reindex(labels.index)).mean())
        assert same > 0.95, f"{type(ours).__name__}: other optimiser, other start, same model"
