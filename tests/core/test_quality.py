"""What is known of a worker is bounded and grows with evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quality import ACCURACY_RANGE, Standing, accuracy, carried, is_fast, wilson

counts = st.integers(0, 500)


def standing(**counts: int) -> Standing:
    return Standing(1, 1, **counts)


@given(counts, counts, counts, counts)
def test_accuracy_is_never_certain(ok: int, wrong: int, agreed: int, other: int) -> None:
    known = standing(controls=ok + wrong, control_ok=ok, compared=agreed + other, agreed=agreed)
    assert ACCURACY_RANGE[0] <= accuracy(known) <= ACCURACY_RANGE[1], "no worker is certainly right or wrong"


@given(counts, counts)
def test_a_right_control_raises_and_a_wrong_one_lowers(ok: int, wrong: int) -> None:
    known = standing(controls=ok + wrong, control_ok=ok)
    right = known._replace(controls=known.controls + 1, control_ok=ok + 1)
    bad = known._replace(controls=known.controls + 1)
    assert accuracy(bad) <= accuracy(known) <= accuracy(right), "evidence moves the belief its own way"


def test_a_stranger_is_right_three_times_in_four() -> None:
    assert accuracy(standing()) == 0.75, "the prior is Beta(3, 1)"


def test_agreement_counts_half_as_much_as_a_control() -> None:
    assert accuracy(standing(controls=4, control_ok=1)) == accuracy(standing(compared=8, agreed=2)), "half the weight"


def test_earlier_jobs_count_a_quarter_and_ten_at_most() -> None:
    assert carried([standing(controls=8, control_ok=6)]) == (150, 200), "eight controls are worth two"
    assert carried([standing(controls=4_000, control_ok=4_000)]) == (1000, 1000), "however many, ten at most"
    assert carried([]) == (0, 0), "a stranger brings nothing along"


@given(st.integers(0, 300), st.integers(0, 300))
def test_wilson_holds_the_share_and_narrows(ok: int, wrong: int) -> None:
    n = ok + wrong
    low, high = wilson(ok, n)
    assert -1e-9 <= low <= high <= 1 + 1e-9, "an interval of proportions"
    if n:
        assert low - 1e-9 <= ok / n <= high + 1e-9, "around the share that was seen"
        assert high - low >= (wilson(10 * ok, 10 * n)[1] - wilson(10 * ok, 10 * n)[0]) - 1e-9, "narrower with more"


@pytest.mark.parametrize(
    ("duration", "mean", "own", "fast"),
    [(999, 0.0, 1.0, True), (1000, 0.0, 1.0, False), (199, 1000.0, None, True), (0, 0.0, None, False)],
)
def test_fast_is_below_the_jobs_own_limit_or_a_fifth_of_its_mean(
    duration: int, mean: float, own: float | None, fast: bool
) -> None:
    assert is_fast(duration, mean, own, 0.2) is fast, "a job without answers calls nobody fast"
