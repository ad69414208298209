"""A worker's counts become an accuracy, a row for each class when that explains more, and fade with time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.standing.posterior import Standing, carried, confusion, counts

tables = st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=3, max_size=3)


@given(tables)
def test_rows_are_distributions(seen: list[list[int]]) -> None:
    found = confusion(seen)
    assert all(abs(sum(row) - 1) < 1e-9 and min(row) > 0 for row in found.rows), "each row sums to one"
    assert 0 <= found.by_class <= 1, "a share"


def test_few_answers_give_one_coin() -> None:
    found = confusion([[2, 0], [1, 1]])
    assert found.by_class < 0.6 and abs(found.rows[0][0] - found.rows[1][1]) < 0.1, "four answers part no classes"


def test_many_answers_that_differ_by_class_give_rows() -> None:
    found = confusion([[40, 0], [20, 20]])
    assert found.by_class > 0.99, "who misses half of one class and none of the other has two rows"
    assert found.rows[0][0] > 0.9 and found.rows[1][1] == pytest.approx(0.52, abs=0.05), "as counted"


def test_equal_classes_keep_the_coin() -> None:
    assert confusion([[80, 20], [20, 80]]).by_class < 0.5, "nothing is gained by rows that are alike"


def test_old_records_fade_by_half_in_ninety_days() -> None:
    one = Standing(1, 1, controls=16, control_ok=12)
    assert carried([one]) == (300, 400), "sixteen controls are worth four"
    assert carried([one], [90.0]) == (150, 200), "and two after ninety days"
    fresh = Standing(1, 2, controls=16, control_ok=16)
    ok, n = carried([one, fresh], [900.0, 0.0])
    assert ok / n > 0.99, "what was long ago hardly counts beside what is new"


def test_counts_hold_the_prior() -> None:
    known = Standing(1, 1, controls=2, control_ok=1, compared=4, agreed=2)
    assert counts(known) == (5.0, 8.0), "3 + 1 + 2/2 of 4 + 2 + 4/2"
