"""Answers that are not single classes, from a file to labels, workers and a score."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.errors import BadUpload
from gpu_jobs.kernels import pairs, spans, texts
from gpu_jobs.offline import structured

FILES = {
    "win-share": "worker,left,right,label\na,x,y,x\nb,x,y,x\na,y,z,y\n",
    "medoid": "task,worker,label\n1,a,the cat\n1,b,the cat\n1,c,a dog\n",
    "token-dawid-skene": "task,worker,label\n1,a,B-PER O\n1,b,B-PER O\n1,c,O O\n",
    "box-clusters": "task,worker,x_min,y_min,x_max,y_max\n1,a,0,0,9,9\n1,b,0,0,9,9\n1,c,,,,\n",
    "robust-mean": "task,worker,label\n1,a,10\n1,b,10.5\n1,c,900\n1,d,11\n",
    "ordinal": "task,worker,label\n1,a,9\n1,b,10\n1,c,10\n2,a,2\n2,b,3\n2,c,3\n",
    "joint-multi-label": 'task,worker,label\n1,a,"cat,dog"\n1,b,cat\n1,c,cat\n2,a,\n2,b,\n2,c,dog\n',
}


def answers(folder: Path, name: str, text: str = "") -> Path:
    path = folder / "answers.csv"
    path.write_text(text or FILES[name])
    return path


@pytest.mark.parametrize("name", FILES)
def test_every_kind_goes_from_a_file_to_labels(tmp_path: Path, name: str) -> None:
    found = structured.aggregate(name, answers(tmp_path, name))
    assert found.facts["answers"] == FILES[name].count("\n") - 1, "every row is an answer"
    assert len(found.labels), "and something comes of them"


def test_levels_are_ordered_as_numbers(tmp_path: Path) -> None:
    found = structured.aggregate("ordinal", answers(tmp_path, "ordinal"))
    assert found.labels.set_index("task")["label"].to_dict() == {"1": 10, "2": 3}, "10 comes after 9, not after 1"


def test_an_empty_set_is_an_answer(tmp_path: Path) -> None:
    found = structured.aggregate("joint-multi-label", answers(tmp_path, "joint-multi-label"))
    assert found.labels.set_index("task")["label"].to_dict() == {"1": "cat", "2": ""}, "two of three said nothing holds"


def test_a_later_answer_replaces_the_earlier_one(tmp_path: Path) -> None:
    text = FILES["medoid"] + "1,a,a dog\n"
    found = structured.aggregate("medoid", answers(tmp_path, "medoid", text))
    assert found.facts["answers"] == 3, "a worker has one answer to a task"
    assert found.labels["label"].tolist() == ["a dog"], "the last one"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("robust-mean", "task,worker,label\n1,a,3\n1,b,tall\n", "row 2: column 'label': 'tall' is no number"),
        ("medoid", "task,worker,label\n1,a,\n", "row 1: column 'label' is empty"),
        ("win-share", "worker,left,right,label\na,x,y,z\n", "a label must be the left or the right item"),
        ("win-share", "task,worker,label\n1,a,x\n", "no column 'left'"),
        ("rover", "task,worker,label\n", "there are no answers in it"),
    ],
)
def test_bad_input_is_told(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(BadUpload) as caught:
        structured.aggregate(name, answers(tmp_path, name, text))
    assert message in str(caught.value), "the row or column that is wrong"


def test_gold_scores_it(tmp_path: Path) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text("task,label\n1,the cat sat\n")
    found = structured.aggregate("medoid", answers(tmp_path, "medoid"), gold)
    assert found.facts["word_error_rate"] == pytest.approx(1 / 3, abs=1e-6), "one of three words is missing"


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    found = structured.aggregate("win-share", answers(tmp_path, "win-share"))
    names = {path.name for path in structured.write(tmp_path / "out", found)}
    assert {"labels.csv", "labels.parquet", "workers.csv", "facts.json"} <= names, "labels, workers and facts"
    assert pd.read_csv(tmp_path / "out" / "labels.csv")["label"].tolist() == ["x", "y", "z"], "a score per item"


def test_no_method_of_a_package_is_forgotten() -> None:
    known = {**pairs.METHODS, **texts.METHODS, **spans.METHODS}
    assert known.keys() <= structured.METHODS.keys(), "the command line offers every registered method"
    assert all(structured.METHODS[name][2] == known[name][1] for name in known), "by the same class"
