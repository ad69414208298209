"""Charts made of letters show what they should, and nothing breaks them. Proves core.charts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.charts import BARS, bar, compared, histogram, legend, letters, marks, rates, running_share, sparkline


@given(values=st.lists(st.floats(-1e6, 1e6), max_size=60))
def test_a_sparkline_has_one_bar_a_value(values: list[float]) -> None:
    line = sparkline(values)
    assert len(line) == len(values) and set(line) <= set(BARS), "whatever the values are"
    assert len(sparkline(values, 0, 1)) == len(values), "also when they lie outside of the scale"


def test_a_sparkline_rises_with_its_values() -> None:
    assert sparkline([0, 1, 2, 3], 0, 3) == "▁▃▆█", "low to high"
    assert sparkline([0.5, 0.5]) == "▁▁", "equal values are a flat line"


def test_right_and_wrong_and_their_running_share() -> None:
    assert marks([True, False]) == "✓✗", "one mark an answer"
    assert running_share([True, False, False, False], 2) == [1.0, 0.5, 0.0, 0.0], "among the last two"


def test_answers_as_letters() -> None:
    assert letters([0, 1, -1, None, *[0] * 7]) == "AB?–AAAAAA A", "can't tell and skips have marks; groups of ten"
    assert legend([1, 1, 0, -1], ["Apples", "Bread"]) == "B = Bread · A = Apples", "the most frequent first"


def test_bars_and_histograms() -> None:
    assert bar(0.5, 4) == "██░░" and bar(7, 2) == "██", "a share of one; more is full"
    assert histogram([0.5, 1.5, 9, 9], [1, 2]) == [0.25, 0.25, 0.5], "shares up to each edge and beyond"
    assert compared([("fast", 1.0, 0.0)]) == "████████ ░░░░░░░░ fast", "this one's and the others'"
    assert rates([0, 1, 9], 0, 10, 2) == [2, 1], "how many in each half"
