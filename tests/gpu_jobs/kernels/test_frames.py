"""Frames are checked once, and qualities have honest intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gpu_jobs.kernels.frames import checked, factorise, qualities, weighted_sums


def test_missing_columns_and_values_are_named() -> None:
    frame = pd.DataFrame({"task": ["t"], "worker": [None]})
    with pytest.raises(ValueError, match="label"):
        checked(frame, ["task", "label"])
    with pytest.raises(ValueError, match=r"NaN.*worker"):
        checked(frame, ["task", "worker"])


def test_codes_follow_the_sorted_values() -> None:
    codes, names = factorise(pd.Series(["b", "a", "b"]))
    assert codes.tolist() == [1, 0, 1] and list(names) == ["a", "b"], "codes must not depend on the order of rows"


def test_sums_by_index() -> None:
    assert weighted_sums(np.array([2, 0, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist() == [2, 0, 4, 0], "zero where none"


def test_quality_starts_at_one_half_and_narrows() -> None:
    found = qualities(pd.Index(["new", "old"]), np.array([0.0, 90.0]), np.array([0.0, 10.0]))
    assert found["skills_"].round(3).to_dict() == {"new": 0.5, "old": 0.892}, "means of Beta(1, 1) and Beta(91, 11)"
    assert found["intervals_"].loc["new"].round(3).tolist() == [0.025, 0.975], "nothing known: nearly everything"
    width = found["intervals_"]["upper"] - found["intervals_"]["lower"]
    assert width["old"] < 0.15, "a hundred answers say much"
