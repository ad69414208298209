"""Every span method on small crowds; token Dawid-Skene's own decisions."""

from __future__ import annotations

import doctest
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels.spans import BSCSeq, HMMCrowd, TokenDawidSkene, token_dawid_skene
from gpu_jobs.kernels.spans.bio import legal_starts, legal_steps
from gpu_jobs.kernels.spans.tagger import Tagger

COLUMNS = ["task", "worker", "label"]
METHODS = [TokenDawidSkene, HMMCrowd, BSCSeq]
TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]
LENGTHS = [3, 1, 4, 0]
crowds = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=10).flatmap(
    lambda who: st.tuples(
        *(
            st.tuples(st.just(t), st.just(w), st.lists(st.sampled_from(TAGS), min_size=LENGTHS[t], max_size=LENGTHS[t]))
            for t, w in who
        )
    )
)


def frame_of(rows: tuple[tuple[int, int, list[str]], ...]) -> pd.DataFrame:
    return pd.DataFrame([(task, worker, " ".join(tags)) for task, worker, tags in rows], columns=COLUMNS)


def is_legal(line: str) -> bool:
    codes = [TAGS.index(tag) for tag in line.split()]
    steps = all(legal_steps(TAGS)[a, b] for a, b in itertools.pairwise(codes))
    return steps and (not codes or bool(legal_starts(TAGS)[codes[0]]))


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25, deadline=None)
@given(crowds)
def test_every_output_is_legal_and_ignores_the_order_of_rows(method: type[Tagger], rows: tuple) -> None:
    frame = frame_of(rows)
    labels = method(n_iter=8).fit_predict(frame)
    assert all(map(is_legal, labels)), "whatever workers tag, the result is legal BIO"
    assert [len(line.split()) for line in labels] == [LENGTHS[task] for task in labels.index], "a tag per token"
    assert method(n_iter=8).fit_predict(frame[::-1]).equals(labels), "rows are a set"


@pytest.mark.parametrize("method", METHODS)
def test_agreement_is_kept_and_posteriors_are_shares(method: type[Tagger]) -> None:
    line = "O B-A I-A O B-B"
    fitted = method()
    labels = fitted.fit_predict(frame_of(tuple(("t", worker, line.split()) for worker in "abcd")))
    assert labels["t"] == line, "what all say stands"
    assert np.allclose(fitted.probas_.sum(axis=1), 1.0) and len(fitted.probas_) == 5, "a distribution per token"
    assert np.allclose(fitted.errors_.groupby("worker").sum(), 1.0), (
        "a worker's answers to a true tag are a distribution"
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_careless_worker_is_found(method: type[Tagger]) -> None:
    lines = ["B-A I-A O O", "O O B-B O", "B-B O B-A I-A", "O B-A O O"] * 15
    rows = [(n, worker, line.split()) for n, line in enumerate(lines) for worker in "abc"]
    rows += [(n, "lazy", ["O"] * 4) for n in range(len(lines))]
    fitted = method()
    fitted.fit(frame_of(tuple(rows)))
    assert fitted.skills_.idxmin() == "lazy" and fitted.skills_["lazy"] < 0.2 < 0.8 < fitted.skills_["a"], (
        "no span found"
    )
    assert (fitted.intervals_["lower"] < fitted.intervals_["upper"]).all(), "skills have intervals"


def test_only_outside_tags() -> None:
    assert TokenDawidSkene().fit_predict(frame_of(((0, 0, ["O"] * 3),)))[0] == "O O O", "a sentence without spans"


def test_one_more_of_the_same_worker_keeps_a_unanimous_result() -> None:
    rows = [(n, worker, ["B-A", "I-A", "O"]) for n in range(5) for worker in "abc"]
    more = rows + [(n, "twin of a", tags) for n, worker, tags in rows if worker == "a"]
    method = TokenDawidSkene()
    assert method.fit_predict(frame_of(tuple(more))).equals(method.fit_predict(frame_of(tuple(rows)))), "a twin agrees"


def test_a_discount_makes_it_less_sure() -> None:
    rows = tuple((0, worker, ["B-A"] if worker else ["O"]) for worker in range(4))
    bold, shy = (TokenDawidSkene(power=power) for power in (1.0, 0.5))
    for method in (bold, shy):
        method.fit(frame_of(rows))
    assert bold.probas_.to_numpy().max() > shy.probas_.to_numpy().max(), "answers that count half convince less"


def test_example_runs() -> None:
    outcome = doctest.testmod(token_dawid_skene)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
