"""Reads the data frames of the methods whose answers are not single classes, and names what they learn of workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_jobs.kernels.values import Floats, Ints, credible_interval

if TYPE_CHECKING:
    import pandas as pd

PSEUDO_ANSWERS = 1.0  # of right and of wrong, behind every worker's quality


def checked(data: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Only `columns` of `data`; ValueError when one is missing or holds a missing value."""
    if missing := [name for name in columns if name not in data.columns]:
        raise ValueError(f"columns are missing: {', '.join(missing)}")
    frame = data[list(columns)]
    if (holes := frame.isna().any()).any():
        raise ValueError(f"missing values (NaN) in: {', '.join(map(str, holes[holes].index))}")
    return frame


def factorise(values: pd.Series[Any]) -> tuple[Ints, pd.Index[Any]]:
    """Dense codes and the sorted values that they stand for."""
    import pandas as pd

    codes, uniques = pd.factorize(values, sort=True)
    return codes.astype(np.int64), pd.Index(uniques)


def weighted_sums(index: Ints, weights: Floats, size: int) -> Floats:
    """Sum of `weights` for each of `size` indices, added in the order of the rows."""
    return np.bincount(index, weights=weights, minlength=size).astype(np.float64)


def qualities(workers: pd.Index[Any], right: Floats, wrong: Floats) -> dict[str, Any]:
    """`skills_` and `intervals_` of workers from (expected) counts of right and wrong answers."""
    right, wrong = right + PSEUDO_ANSWERS, wrong + PSEUDO_ANSWERS
    lower, upper = credible_interval(right, wrong)
    return skills(workers, right / (right + wrong), lower, upper)


def skills(workers: pd.Index[Any], skill: Floats, lower: Floats, upper: Floats) -> dict[str, Any]:
    """`skills_`, a series by worker, and `intervals_`, its lower and upper bound."""
    import pandas as pd

    index = workers.rename("worker")
    return {
        "skills_": pd.Series(skill, index=index, name="skill"),
        "intervals_": pd.DataFrame({"lower": lower, "upper": upper}, index=index),
    }
