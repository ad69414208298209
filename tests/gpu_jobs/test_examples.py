"""A job's items as examples: which columns are read, what a pair is, and that no known answer is given away.

Proves gpu_jobs.examples and the choice of items in gpu_jobs.finetune_run.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import Town, make_items, make_spec

from core.model import Option
from core.store import jobs
from core.store.jobs import Job
from gpu_jobs import tables
from gpu_jobs.examples import Texts, write_examples
from gpu_jobs.finetune_run import chosen, opinions
from gpu_jobs.learn.values import EXAMPLES, read_examples

SCALE = {"kind": "rating", "options": (Option("1", "1"), Option("2", "2"))}


def rows(*items: dict[str, str]) -> list[tuple[int, str, str, None]]:
    return [(number, f"t{number}", json.dumps(item), None) for number, item in enumerate(items)]


async def job_of(town: Town, **changes: object) -> Job:
    number = await town.publish(make_items(1), make_spec(**changes))
    found: Job = await town.read(jobs.get_job, number)
    return found


@pytest.mark.parametrize(
    ("items", "task", "first"),
    [
        (({"text": "a"}, {"text": "b"}), "text", ("a", "")),
        (({"left": "a", "right": "x"}, {"left": "b", "right": "y"}), "pair", ("a", "x")),
        (({"left": "a", "right": "x"}, {"left": "b", "right": "x"}), "text", ("a", "")),
        (({"a": "1", "b": "2", "c": "3"}, {"a": "4", "b": "5", "c": "6"}), "text", ("1\n2\n3", "")),
        (({"text": "same"}, {"text": "same"}), "text", ("same", "")),
    ],
)
async def test_columns_that_differ_are_the_text(
    town: Town, items: tuple[dict[str, str], ...], task: str, first: tuple[str, str]
) -> None:
    texts = Texts(await job_of(town), rows(*items))
    assert (texts.task, texts.of(0)) == (task, first), "two columns are a pair; one that never changes says nothing"


async def test_a_rating_stays_one(town: Town) -> None:
    texts = Texts(await job_of(town, **SCALE), rows({"a": "x", "b": "y"}, {"a": "z", "b": "w"}))
    assert (texts.task, texts.of(0)) == ("rating", ("x\ny", "")), "its order matters more than its two columns"


async def test_the_table_is_what_learning_runs_read(town: Town, tmp_path: Path) -> None:
    texts = Texts(await job_of(town), rows({"text": "a"}, {"text": "b"}, {"text": "c"}))
    write_examples(tmp_path / "examples.parquet", texts, [0, 1, 2], {0: [0.8, 0.2]}, {1: 1})
    found = read_examples(tmp_path / "examples.parquet", 2)
    assert (found.text, found.labelled().tolist(), found.held_out().tolist()) == (["a", "b", "c"], [0], [1]), "as meant"
    assert len(tables.read_table(tmp_path / "examples.parquet", EXAMPLES)) == 3, "and the unlabelled one is there"


async def test_the_text_of_a_known_item_is_not_taught(town: Town) -> None:
    texts = Texts(await job_of(town), rows({"text": "a"}, {"text": "b"}, {"text": "a"}, {"text": "c"}))
    soft = {0: [0.9, 0.1], 1: [0.9, 0.1]}
    assert chosen([0, 1, 2, 3], texts, soft, {2: 0}) == [1, 2], "a control made of task 0 must not have been learnt"


def test_without_held_out_gold_there_are_no_opinions(tmp_path: Path) -> None:
    assert opinions(tmp_path) == {}, "a model folder of another kind says nothing"
