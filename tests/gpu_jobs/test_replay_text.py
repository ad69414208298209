"""Replays in which the items' text speaks: cheaper where it tells something, the same where it does not.

Covers gpu_jobs.replay.reader, and gpu_jobs.replay.recording, gpu_jobs.replay.desk and gpu_jobs.replay.report where
there are items.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bots.cli import app
from core.beliefs import Evidence
from core.service.learning import LEAST_ANSWERS
from gpu_jobs.replay.frontier import compare
from gpu_jobs.replay.policy import Policy
from gpu_jobs.replay.reader import GROWTH, IN_VAIN, Reader
from gpu_jobs.replay.recording import Recording, read_recording
from gpu_jobs.replay.run import Plan, replay

TASKS, WORKERS, OVERLAP = 400, 20, 4
WORDS = ("pebble rock", "apple pear")


def made(place: Path, *, telling: float, key: str = "task") -> Path:
    """Answers three in four right, and items of which this share has a word that tells the class."""
    rng = np.random.default_rng(8)
    truth = rng.integers(2, size=TASKS)
    rows = ["task,worker,label"]
    for task in range(TASKS):
        said = np.where(rng.random(OVERLAP) < 0.75, truth[task], 1 - truth[task])
        rows += [f"t{task:03},w{w:02},{s}" for w, s in zip(rng.choice(WORKERS, OVERLAP, False), said, strict=True)]
    told = np.where(rng.random(TASKS) < telling, truth, rng.integers(2, size=TASKS))
    texts = [f"t{task:03},a {WORDS[told[task]]} on plate {rng.integers(99)}" for task in range(TASKS)]
    (place / "answers.csv").write_text("\n".join(rows))
    (place / "gold.csv").write_text("\n".join(["task,label", *(f"t{t:03},{label}" for t, label in enumerate(truth))]))
    (place / "items.csv").write_text("\n".join([f"{key},text", *texts]))
    return place


@pytest.fixture(scope="module")
def fruit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Items that say what they are nine times in ten."""
    return made(tmp_path_factory.mktemp("fruit"), telling=0.9)


def test_items_that_tell_the_class_make_labels_better_and_cheaper(fruit: Path) -> None:
    read, unread = (replay(read_recording(fruit, items=items), Plan(), 0.9, 1) for items in (True, False))
    assert read.text_weight > 0.5 and unread.text_weight == 0, "the text is heard when it is read"
    assert read.accuracy > unread.accuracy + 0.03, f"{read.accuracy:.3f} beside {unread.accuracy:.3f} without the text"
    assert read.answers_per_task < 0.8 * unread.answers_per_task, "and fewer answers are needed"


def test_items_that_tell_nothing_change_nothing(tmp_path: Path) -> None:
    recording = read_recording(made(tmp_path, telling=0.0), items=True)
    assert recording.text is not None, "the items are read"
    read, unread = (replay(one, Plan(), 0.9, 1) for one in (recording, replace(recording, text=None)))
    assert read.text_weight == 0, "their words foretell no answer"
    assert (read.answers_per_task, read.accuracy) == (unread.answers_per_task, unread.accuracy), (
        "so nothing is different"
    )


def test_plain_overlap_knows_no_text(fruit: Path) -> None:
    recording = read_recording(fruit, items=True)
    plan = Plan(Policy.DYNAMIC, span=(2, OVERLAP))
    read, unread = (replay(one, plan, 0.9, 1) for one in (recording, replace(recording, text=None)))
    assert (read.answers_per_task, read.accuracy) == (unread.answers_per_task, unread.accuracy), (
        "as it is known elsewhere"
    )


def test_items_of_something_else_are_left_alone(tmp_path: Path) -> None:
    recording = read_recording(made(tmp_path, telling=0.9, key="picture"), items=True)
    assert recording.text is None, "nobody knows which task they belong to"
    assert "is not read" in recording.note and "no column 'task'" in recording.note, "and the report says so"


def test_tasks_keep_their_own_text(fruit: Path) -> None:
    recording = read_recording(fruit, items=True)
    assert recording.text is not None and recording.text.shape[0] == recording.n_tasks, "one row a task"
    same = read_recording(fruit, items=True)
    assert same.text is not None and (same.text != recording.text).nnz == 0, "in the same order each time"


def evidence(recording: Recording, answers: int) -> Evidence:
    """The first answers of the record."""
    task, label = np.concatenate(recording.shelves)[:answers], np.concatenate(recording.said)[:answers]
    worker = np.repeat(np.arange(recording.n_workers), [len(shelf) for shelf in recording.shelves])[:answers]
    return Evidence(task, worker, label, recording.n_tasks, recording.n_workers, recording.n_classes)


def test_a_reader_waits_until_there_is_something_to_learn_from(fruit: Path) -> None:
    recording = read_recording(fruit, items=True)
    reader = Reader(recording.text)
    reader.read(evidence(recording, LEAST_ANSWERS - 1), final=True)
    assert reader.prior is None and reader.said_of(0) is None, "too few answers teach nothing, even at the end"
    reader.read(evidence(recording, 400))
    assert reader.prior is not None and reader.due == 400 * GROWTH, "then the next reading waits for half as many again"
    assert reader.said_of(7) == reader.prior[7].tolist(), "what is expected of one task"
    before = reader.prior
    reader.read(evidence(recording, 599))
    assert reader.prior is before, "not yet"
    reader.read(evidence(recording, 600))
    assert reader.prior is not before, "now"


def test_a_reader_that_learns_nothing_comes_back_later(tmp_path: Path) -> None:
    recording = read_recording(made(tmp_path, telling=0.0), items=True)
    reader = Reader(recording.text)
    reader.read(evidence(recording, 600))
    assert reader.prior is None and reader.due == 600 * IN_VAIN, "the answers have to double"


def test_the_command_says_what_the_text_was_worth(fruit: Path) -> None:
    told = ["replay", str(fruit), "--target", "0.9", "--seeds", "1"]
    shown = CliRunner().invoke(app, told, env={"COLUMNS": "300"})
    assert "items.csv is read" in shown.stdout and "its weight in the labels" in shown.stdout, "in a line of its own"
    read, unread = (
        json.loads(CliRunner().invoke(app, [*told, "--json", flag]).stdout)["points"][0]
        for flag in ("--items", "--no-items")
    )
    assert read["answers_per_task"] < unread["answers_per_task"], "and it can be left out"


def test_a_spot_beaten_in_accuracy_and_cost_counts_as_saved() -> None:
    found = compare([(1, 0.9), (2, 0.95)], [(1.5, 0.7), (2, 0.8), (0.5, 0.6)])
    assert found.saved == pytest.approx((1 / 3 + 1 / 2) / 2), "our cheapest is better and cheaper than two of theirs"
    assert found.least_saved == pytest.approx(1 / 3), "the one that is cheaper still cannot be compared"
