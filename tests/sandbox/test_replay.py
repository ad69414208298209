"""A folder of recorded answers must be read as it is, and refused with a sentence when it cannot be replayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.sandbox.minds import Thought
from bots.sandbox.replay import BadRecording, on_telegram, read_recording


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_answers_gold_and_items_come_together(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        answers="task,worker,label,duration_ms\n1,w1,10,2500\n1,w2,9,\n2,w1,9,999999\n7,w1,9,1\n",
        gold="task,label\n1,10\n2,9\n3,9\n",
        items="task,text\n1,Tom &amp; Jerry\n2,two\n",
    )

    recording = read_recording(folder)

    assert recording.tasks == {"1": {"text": "Tom & Jerry"}, "2": {"text": "two"}}, "tasks with gold and an answer"
    assert recording.labels == ["9", "10"], "labels that are numbers stand in their order"
    assert recording.answers["w1"] == {"1": Thought("10", 2.5), "2": Thought("9", 60.0)}, "times are kept in bounds"
    assert recording.workers_of("1") == ["w1", "w2"], "who answered a task is known"


def test_without_items_a_task_is_named_by_its_id(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path, answers="task,worker,label\nx,w,a\n", gold="task,label\nx,a\n"))

    assert recording.tasks == {"x": {"text": "Item x"}}, "there must be something to show"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"gold": "task,label\n1,a\n"}, "answers.csv is missing"),
        ({"gold": "task,label\n1,a\n", "answers": "task,label\n1,a\n"}, "column worker is missing"),
        ({"gold": "task,label\n2,a\n", "answers": "task,worker,label\n1,w,a\n"}, "no task of gold.csv has an answer"),
    ],
    ids=["no answers", "no worker", "no overlap"],
)
def test_what_cannot_be_replayed_is_refused(tmp_path: Path, files: dict[str, str], problem: str) -> None:
    with pytest.raises(BadRecording, match=problem):
        read_recording(write(tmp_path, **files))


def test_workers_are_split_evenly_and_for_good() -> None:
    split = [on_telegram(f"w{number:05}") for number in range(400)]

    assert 160 < sum(split) < 240, "about half of the workers must use Telegram"
    assert split[:6] == [on_telegram(f"w{number:05}") for number in range(6)], "a worker stays on their platform"
