"""HRRASA weighs answers by their likeness to the others of the task."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels.texts import HRRASA, hrrasa
from gpu_jobs.kernels.texts.answers import read

COLUMNS = ["task", "worker", "text"]


def test_local_reliability_by_hand() -> None:
    seen = read(pd.DataFrame([("t", 1, "a"), ("t", 2, "a"), ("t", 3, "b"), ("s", 1, "a")], columns=COLUMNS))
    vectors = np.array([[1.0, 0.0] if text == "a" else [0.0, 1.0] for text in seen.text])
    local = HRRASA()._local(seen, vectors)
    apart = 0.5 * np.exp(-2.0)  # squared distance 2 over norms of 1, no word in common
    assert np.allclose(local, [1.0, (1 + apart) / 2, (1 + apart) / 2, apart]), "mean likeness to the others"


def test_the_odd_answer_out_loses() -> None:
    rows = [("t", 1, "red green blue"), ("t", 2, "red green blues"), ("t", 3, "nothing heard"), ("t", 4, "red green")]
    assert HRRASA().fit_predict(pd.DataFrame(rows, columns=COLUMNS))["t"].startswith("red green"), "most say that"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.sampled_from(["a b", "a c", "z", ""])), min_size=1))
def test_the_result_is_an_answer_whatever_the_order(rows: list[tuple[int, int, str]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    texts = HRRASA().fit_predict(frame)
    assert all(texts[task] in set(frame[frame["task"] == task]["text"]) for task in texts.index), "somebody wrote it"
    assert HRRASA().fit_predict(frame[::-1]).equals(texts), "rows are a set"


def test_example_runs() -> None:
    outcome = doctest.testmod(hrrasa)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
