"""The medoid is a text that somebody wrote, nearest to the others."""

from __future__ import annotations

import doctest

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels.texts import Medoid, medoid

COLUMNS = ["task", "worker", "text"]
crowds = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4), st.lists(st.sampled_from("abc"), max_size=4).map(" ".join)),
    min_size=1,
    max_size=12,
)


def test_nearest_by_hand() -> None:
    rows = [("t", 1, "a b c d"), ("t", 2, "a b c"), ("t", 3, "a b")]
    # sums of relative distances: 1/4 + 2/4, 1/4 + 1/3, 2/4 + 1/3
    assert Medoid().fit_predict(pd.DataFrame(rows, columns=COLUMNS))["t"] == "a b c", "the middle text"


def test_skills_fall_with_distance() -> None:
    method = Medoid()
    method.fit(pd.DataFrame([("t", "u", "a b"), ("t", "v", "a b"), ("t", "w", "c d")], columns=COLUMNS))
    assert method.skills_["u"] == method.skills_["v"] > method.skills_["w"], "who wrote something else is worse"


@settings(max_examples=40, deadline=None)
@given(crowds)
def test_the_result_is_an_answer_and_ignores_order_and_names(rows: list[tuple[int, int, str]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    texts = Medoid().fit_predict(frame)
    assert all(texts[task] in set(frame[frame["task"] == task]["text"]) for task in texts.index), "somebody wrote it"
    changed = frame[::-1].assign(worker=9 - frame["worker"])
    assert Medoid().fit_predict(changed).equals(texts), "neither the order of rows nor names of workers matter"


@settings(max_examples=30, deadline=None)
@given(crowds)
def test_one_who_repeats_the_result_does_not_change_it(rows: list[tuple[int, int, str]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    texts = Medoid().fit_predict(frame)
    echo = pd.DataFrame([(task, 99, text) for task, text in texts.items()], columns=COLUMNS)
    assert Medoid().fit_predict(pd.concat([frame, echo])).equals(texts), "agreement confirms"


def test_example_runs() -> None:
    outcome = doctest.testmod(medoid)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
