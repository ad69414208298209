"""What a model says of tasks beforehand: it takes the place of the class shares, and nothing is counted twice.

Covers core.beliefs.evidence, core.beliefs.posterior, core.beliefs.snapshot, core.beliefs.confusion and
core.beliefs.rows where tasks have a prior.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.beliefs import ROUTING, Evidence, all_hypotheses, class_shares, posterior, refit
from core.beliefs.evidence import Floats, Ints
from core.beliefs.rows import evidence_of

RARE = 0.1
SIZE = 2_000
WORKERS = 20


def uneven(seed: int = 3) -> tuple[Evidence, Ints]:
    """Two answers per task, three in four right, of uneven classes, with a calibrated model; and the truth."""
    rng = np.random.default_rng(seed)
    chance = np.where(rng.random(SIZE) < RARE, 0.75, 0.03)  # of the rare class, per task
    truth = (rng.random(SIZE) < chance).astype(np.int64)
    task = np.repeat(np.arange(SIZE), 2)
    worker = np.concatenate([rng.choice(WORKERS, 2, replace=False) for _ in range(SIZE)])
    label = np.where(rng.random(2 * SIZE) < 0.75, truth[task], 1 - truth[task])
    word = np.stack([1 - chance, chance], axis=1)
    return Evidence(task, worker, label, SIZE, WORKERS, 2, prior=word), truth


EVIDENCE, TRUTH = uneven()
SNAPSHOT = refit(EVIDENCE, settings=ROUTING)


def shares(evidence: Evidence) -> Floats:
    """What a fit of this evidence says of its tasks."""
    snapshot = refit(evidence, settings=ROUTING)
    return class_shares(snapshot, all_hypotheses(snapshot, evidence))


@given(st.floats(0.001, 0.999))
def test_before_any_answer_a_task_is_what_the_model_says(share: float) -> None:
    found = posterior(SNAPSHOT, [], [1 - share, share])
    assert np.allclose(found, [1 - share, share], atol=1e-6), "the model knows how common the classes are"


@given(st.lists(st.tuples(st.integers(0, WORKERS), st.integers(-1, 1)), max_size=6))
def test_a_model_that_knows_the_class_shares_alone_changes_nothing(votes: list[tuple[int, int]]) -> None:
    alone = replace(SNAPSHOT, vote_weight=0.0)
    told = posterior(alone, votes, alone.classes.tolist())
    assert np.allclose(told, posterior(alone, votes), atol=1e-9), "the class shares must count once"


def test_a_model_that_says_nothing_of_any_task_changes_no_fit() -> None:
    silent = replace(EVIDENCE, prior=np.zeros((SIZE, 2)))
    assert (shares(silent) == shares(replace(EVIDENCE, prior=None))).all(), "zeros are no opinion"


def test_one_task_and_all_tasks_are_judged_alike_where_a_model_speaks_of_some() -> None:
    some = EVIDENCE.prior * (np.arange(SIZE) % 2)[:, None] if EVIDENCE.prior is not None else np.zeros((SIZE, 2))
    evidence = replace(EVIDENCE, prior=some)
    found = class_shares(SNAPSHOT, all_hypotheses(SNAPSHOT, evidence))
    for task in range(20):
        votes = [(int(w), int(la)) for w, la in zip(evidence.worker, evidence.label, strict=True)][
            2 * task : 2 * task + 2
        ]
        alone = posterior(SNAPSHOT, votes, some[task].tolist() if some[task].any() else None)
        assert np.allclose(found[task], alone, atol=1e-12), f"task {task} must not depend on how it is asked about"


def test_tasks_without_a_prior_have_none_in_the_evidence() -> None:
    evidence, _ = evidence_of([(7, 1, 0), (8, 1, 1)], {}, {8: (0.3, 0.7)}, 2)
    assert evidence.foretold.tolist() == [False, True], "a model spoke of the second task only"


def test_the_rarer_class_is_not_counted_out() -> None:
    found = shares(EVIDENCE)
    labels, true = found.argmax(axis=1), int(TRUTH.sum())
    assert EVIDENCE.prior is not None, "this crowd has a model beside it"
    model, crowd = (
        (one.argmax(axis=1) == TRUTH).mean() for one in (EVIDENCE.prior, shares(replace(EVIDENCE, prior=None)))
    )
    assert (labels == TRUTH).mean() > max(model, crowd), "crowd and model together know more than either"
    assert abs(found[:, 1].sum() - true) < 0.15 * true, (
        f"{found[:, 1].sum():.0f} expected of the rare class, {true} are"
    )


def test_a_known_class_stands_above_what_a_model_says() -> None:
    gold = np.where(np.arange(SIZE) < 50, 1, -1)
    against = replace(EVIDENCE, gold=gold, prior=np.tile([0.99, 0.01], (SIZE, 1)), label=np.ones_like(EVIDENCE.label))
    snapshot = refit(against, settings=replace(ROUTING, rounds=1))
    assert snapshot.rows[0, 1, 1] > 0.6, "control tasks teach by their class, whatever the model says of them"
