"""Win share counts wins, smoothed."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest

from gpu_jobs.kernels.pairs import WinShare, win_share

COLUMNS = ["worker", "left", "right", "label"]


def test_scores_are_smoothed_win_shares() -> None:
    rows = [("w", "a", "b", "a"), ("w", "a", "c", "a"), ("v", "c", "b", "c"), ("v", "b", "a", "a")]
    scores = WinShare(prior=2.0).fit_predict(pd.DataFrame(rows, columns=COLUMNS))
    assert scores.to_dict() == {"a": 4 / 5, "b": 1 / 5, "c": 2 / 4}, "score is (wins + 1) / (comparisons + 2)"
    assert scores.name == "agg_score" and scores.index.name == "label", "names are those of crowd-kit"


def test_worker_skill_is_agreement_with_the_ranking() -> None:
    rows = [(w, "a", "b", "a") for w in "uvw"] + [("z", "a", "b", "b")]
    method = WinShare()
    method.fit(pd.DataFrame(rows, columns=COLUMNS))
    assert method.skills_.round(4).to_dict() == {"u": 0.6667, "v": 0.6667, "w": 0.6667, "z": 0.3333}, "Beta(1, 1) prior"
    inside = (method.intervals_["lower"] < method.skills_) & (method.skills_ < method.intervals_["upper"])
    assert inside.all(), "a skill lies in its interval"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("w", "a", "b", "c"), "left or the right"),
        (("w", "a", "a", "a"), "itself"),
        (("w", "a", "b", None), "missing values"),
    ],
)
def test_bad_rows_are_refused(row: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        WinShare().fit(pd.DataFrame([row], columns=COLUMNS))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="label"):
        WinShare().fit(pd.DataFrame([("w", "a", "b")], columns=COLUMNS[:3]))


def test_example_runs() -> None:
    outcome = doctest.testmod(win_share)
    assert outcome.attempted and not outcome.failed, "the docstring's example must run"
