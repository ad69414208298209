"""BSC-seq knows that a worker goes on as begun."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest

from gpu_jobs.kernels.spans import BSCSeq, bsc_seq
from gpu_jobs.kernels.spans.sentences import read

COLUMNS = ["task", "worker", "label"]


def test_rows_depend_on_the_workers_previous_tag() -> None:
    seen = read(pd.DataFrame([("t", "a", "B-A I-A O"), ("t", "b", "B-A O O")], columns=COLUMNS))
    method = BSCSeq()
    assert method._contexts(seen) == 4, "one context per tag and one for the start"
    assert method._context(seen).tolist() == [3, 1, 2, 3, 1, 0], (
        "start, after B-A, after I-A; start, after B-A, after O"
    )


def test_crowds_row_is_shrunk_to_the_row_without_context() -> None:
    counts = np.zeros((1, 2, 2, 2))
    counts[0, 0] = [[90.0, 0.0], [10.0, 0.0]]
    row = BSCSeq(context_strength=10.0)._crowd(counts)
    assert np.allclose(row.sum(axis=1), 1.0), "answers to a true tag are a distribution in each context"
    overall = (90 + 20 * 0.8) / (90 + 10 + 20)  # with the start of every crowd, 20 answers of which 0.8 are right
    assert row[1, 0, 0] == pytest.approx(overall), "a context that was never seen takes the row over all contexts"
    assert row[0, 0, 0] == pytest.approx((90 + 10 * overall) / 110), "one that was seen moves away from it"


def test_example_runs() -> None:
    outcome = doctest.testmod(bsc_seq)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
