"""Features of item text, by hand."""

from __future__ import annotations

import numpy as np

from gpu_jobs.kernels.text_features import BUCKETS, features, hashed, likeness

FIRST = ["Sony camera DSC-W120 black", "Netgear switch 16 port", "$299.00"]
SECOND = ["Sony DSCW120 digital camera", "Canon toner", "$149.50"]


def test_every_row_has_length_one() -> None:
    table = hashed([FIRST, SECOND])
    assert table.shape == (3, BUCKETS), "one row an item"
    np.testing.assert_allclose(table.multiply(table).sum(axis=1), 1, err_msg="long texts must not outweigh short ones")


def test_equal_texts_are_more_alike_than_strange_ones() -> None:
    same, strange = likeness(["red shoe 42"] * 2, ["red shoe 42", "blue hat"])
    assert same[0] == 1 and strange[0] == 0, "the first figure is the share of shared words"


def test_a_part_number_is_found_with_or_without_its_dash() -> None:
    camera, switch, _ = likeness(FIRST, SECOND)
    assert camera[-4] == 1, "DSC-W120 is in the other text"
    assert switch[-4] == 0, "there is no part number"


def test_two_amounts_are_compared() -> None:
    assert likeness(FIRST, SECOND)[2][-2:].tolist() == [1.0, np.log(300 / 150.5)], "both are one amount"


def test_escaped_characters_and_case_do_not_matter() -> None:
    one, two = (features([[text], ["b"]]) for text in ("Tom &amp; Jerry", "tom & jerry"))
    assert (one != two).nnz == 0, "they are the same text"


def test_one_column_has_no_likeness() -> None:
    assert features([FIRST]).shape == (3, BUCKETS), "words only"


def test_missing_texts_are_empty_texts() -> None:
    assert np.isfinite(features([["", "a"], ["", ""]]).toarray()).all(), "nothing is divided by nothing"
