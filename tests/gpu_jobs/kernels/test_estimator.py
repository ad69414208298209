"""Data frames in and out."""

from __future__ import annotations

import pandas as pd
import pytest
from crowds import table

from gpu_jobs.kernels import DawidSkene, MajorityVote
from gpu_jobs.kernels.estimator import encode


def test_indices_are_dense_and_sorted() -> None:
    answers, names = encode(table("tb1 ta0 sa1"))

    assert list(names.tasks) == ["s", "t"] and list(names.workers) == ["a", "b"], "in sorted order"
    assert answers.task.tolist() == [1, 1, 0] and answers.label.tolist() == [1, 0, 1], "codes follow it"


def test_known_labels_become_gold_even_if_nobody_said_them() -> None:
    answers, names = encode(table("ta0 sa1"), pd.Series({"s": "2", "elsewhere": "0"}))

    assert list(names.labels) == ["0", "1", "2"] and answers.gold.tolist() == [2, -1], "a new class; no new task"


def test_a_prior_is_put_in_order_and_evened_where_missing() -> None:
    prior = pd.DataFrame({"1": [3.0], "0": [1.0]}, index=["t"])

    answers, _ = encode(table("ta0 sa1"), prior=prior)

    assert answers.prior is not None
    assert answers.prior.tolist() == [[0.5, 0.5], [0.25, 0.75]], "s is unknown, t is three to one"


def test_missing_columns_and_values_are_refused() -> None:
    with pytest.raises(ValueError, match="columns are missing: worker"):
        encode(table("ta0").drop(columns="worker"))
    with pytest.raises(ValueError, match="NaN"):
        encode(pd.DataFrame({"task": ["t"], "worker": [None], "label": [1]}))


def test_known_labels_decide() -> None:
    labels = MajorityVote().fit_predict(table("ta0 tb0 sa1"), pd.Series({"t": "1"}))

    assert labels.to_dict() == {"s": "1", "t": "1"}, "what is known is not voted on"


def test_errors_are_indexed_by_worker_and_answer() -> None:
    method = DawidSkene()
    method.fit_predict(table("ta1 tb1 tc0 sa0 sb0 sc1 ra1 rb1 rc0"))

    assert method.errors_.loc[("c", "0"), "1"] == pytest.approx(1), "c says 0 to what is 1"


def test_an_empty_frame_gives_empty_labels() -> None:
    empty = pd.DataFrame({"task": [], "worker": [], "label": []})

    assert MajorityVote().fit_predict(empty).empty, "nothing in, nothing out"
