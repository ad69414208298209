"""RASA takes the answer nearest to the average of reliable workers."""

from __future__ import annotations

import doctest
from collections.abc import Sequence

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_jobs.kernels.texts import RASA, rasa

COLUMNS = ["task", "worker", "text"]
crowds = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 4), st.sampled_from(["aa bb", "aa bc", "zz", "aa"])),
    min_size=1,
    max_size=12,
)


def on_a_line(texts: Sequence[str]) -> np.ndarray:
    """An embedding that reads each text as an angle in degrees."""
    angle = np.radians([float(text) for text in texts])
    return np.column_stack([np.cos(angle), np.sin(angle)])


def test_takes_the_answer_nearest_to_the_mean() -> None:
    rows = [("t", "a", "10"), ("t", "b", "14"), ("t", "c", "18")]
    assert RASA(embedding=on_a_line).fit_predict(pd.DataFrame(rows, columns=COLUMNS))["t"] == "14", "the middle angle"


def test_a_worker_who_is_far_off_elsewhere_weighs_less() -> None:
    rows = [(n, worker, "20") for n in range(5) for worker in "ab"] + [(n, "c", "80") for n in range(5)]
    rows += [("x", "a", "10"), ("x", "b", "20"), ("x", "c", "80")]
    frame = pd.DataFrame([(str(task), worker, text) for task, worker, text in rows], columns=COLUMNS)
    method = RASA(embedding=on_a_line)
    assert method.fit_predict(frame)["x"] in ("10", "20"), "the unreliable answer does not pull the average"
    assert method.skills_.idxmin() == "c", "its worker has the least precision"
    assert (method.intervals_["lower"] < method.intervals_["upper"]).all(), "precisions have intervals"


def test_a_lone_answer_says_nothing_about_its_worker() -> None:
    rows = [("s", "a", "20"), ("s", "b", "24"), ("s", "c", "60"), ("t", "d", "70")]
    method = RASA(embedding=on_a_line)
    texts = method.fit_predict(pd.DataFrame(rows, columns=COLUMNS))
    assert texts["t"] == "70", "the only answer is the result"
    assert method.skills_["d"] == np.median(method.skills_[["a", "b", "c"]]), "who is unknown is taken as typical"


@settings(max_examples=40, deadline=None)
@given(crowds)
def test_the_result_is_an_answer_whatever_the_order(rows: list[tuple[int, int, str]]) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    texts = RASA().fit_predict(frame)
    assert all(texts[task] in set(frame[frame["task"] == task]["text"]) for task in texts.index), "somebody wrote it"
    assert RASA().fit_predict(frame[::-1]).equals(texts), "rows are a set"


def test_example_runs() -> None:
    outcome = doctest.testmod(rasa)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
