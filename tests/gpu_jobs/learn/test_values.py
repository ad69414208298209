"""The examples table: what is written is read, and what is no examples table is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gpu_jobs.contract import BadInput
from gpu_jobs.learn.values import EXAMPLES_FILE, of_texts, read_examples, stream_items, write_examples


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    gold, held = np.array([1, -1, 0]), np.array([True, False, False])
    write_examples(tmp_path / EXAMPLES_FILE, of_texts(["a", "b", "c"], np.full((3, 2), 0.5), gold=gold, held=held))

    found = read_examples(tmp_path / EXAMPLES_FILE, 2)

    assert found.text == ["a", "b", "c"] and found.soft[1].tolist() == [[0.5, 0.5]], "texts and soft labels"
    assert found.held_out().tolist() == [0] and found.labelled().tolist() == [1, 2], "held-out gold teaches nothing"
    assert found.take(np.array([2])).gold[0].tolist() == [0], "rows can be taken"


def test_gold_without_a_posterior_is_a_certain_label(tmp_path: Path) -> None:
    write_examples(tmp_path / EXAMPLES_FILE, of_texts(["a"], gold=np.array([1])))

    assert read_examples(tmp_path / EXAMPLES_FILE, 2).soft[0].tolist() == [[0.0, 1.0]], "gold is certain"


@pytest.mark.parametrize("classes", [2, 4])
def test_a_posterior_of_other_classes_is_bad_input(tmp_path: Path, classes: int) -> None:
    write_examples(tmp_path / EXAMPLES_FILE, of_texts(["a"], np.array([[0.2, 0.3, 0.5]])))

    with pytest.raises(BadInput, match="classes"):
        read_examples(tmp_path / EXAMPLES_FILE, classes)


def test_items_come_in_pieces(tmp_path: Path) -> None:
    write_examples(tmp_path / EXAMPLES_FILE, of_texts([str(row) for row in range(25)]))

    pieces = list(stream_items(tmp_path / EXAMPLES_FILE, 10))

    assert [len(piece) for piece in pieces] == [10, 10, 5], "no more in memory than asked for"
    assert [text for piece in pieces for text in piece.text] == [str(row) for row in range(25)], "all, in order"


def test_another_file_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / EXAMPLES_FILE).write_bytes(b"no table")

    with pytest.raises(BadInput):
        list(stream_items(tmp_path / EXAMPLES_FILE, 10))
