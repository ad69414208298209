"""The text of items becomes features where it can tell something, and the reason is said where it cannot."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from gpu_jobs.item_text import LEAST_LABELLED, text_of


def tasks(size: int, *, same: bool = False) -> pa.Table:
    payloads = [json.dumps({"text": "alike" if same else f"word{at}", "topic": "one"}) for at in range(size)]
    return pa.table({"payload": payloads})


def test_texts_that_differ_become_a_row_a_task() -> None:
    found, skipped = text_of(tasks(LEAST_LABELLED), np.ones(LEAST_LABELLED, dtype=np.int64))
    assert found is not None and found.shape[0] == LEAST_LABELLED and not skipped, "every task has its features"


@pytest.mark.parametrize(
    ("answered", "same", "reason"),
    [(LEAST_LABELLED - 1, False, "49 tasks have answers"), (LEAST_LABELLED, True, "no text that differs")],
)
def test_what_tells_nothing_is_left_out_with_a_reason(answered: int, same: bool, reason: str) -> None:
    per_task = np.array([1] * answered + [0] * (LEAST_LABELLED - answered), dtype=np.int64)
    found, skipped = text_of(tasks(LEAST_LABELLED, same=same), per_task)
    assert found is None and reason in skipped, "the report says why"
