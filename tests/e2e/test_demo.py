"""The demo must come to its end on little data of either kind, and its facts must hold together.

Proves bots.demo.main with bots.demo.facts, bots.demo.play, bots.demo.show and bots.demo.transcript.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bots.demo.main import demo, run_demo
from bots.demo.own import own_cast
from bots.demo.recorded import recorded_cast

FILES = {
    "telegram-chart.png", "telegram-job-1-labels.csv", "telegram-job-1-labels.jsonl",
    "slack-job-2-labels.csv", "slack-job-2-labels.jsonl", "slack-chart.png",
    "transcript-requester-telegram.txt", "transcript-worker-telegram.txt", "demo.log",
}  # fmt: skip
FAST = 60.0
Replay = Callable[..., Path]


@pytest.fixture
def recording(tmp_path: Path) -> Replay:
    """Writes a folder of answers: 24 tasks of two classes, eight workers of whom each fails on a task of their own."""

    def write(workers: int = 8) -> Path:
        folder = tmp_path / "tiny"
        folder.mkdir()
        gold = {str(n): str(n % 2) for n in range(24)}
        said = [
            (task, f"w{worker}", label if int(task) != worker else str(1 - int(label)))
            for task, label in gold.items()
            for worker in range(workers)
        ]
        for name, header, rows in (
            ("gold", ("task", "label"), list(gold.items())),
            ("answers", ("task", "worker", "label"), said),
        ):
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([header, *rows])
        return folder

    return write


def facts(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_replay_ends_with_facts_that_hold_together(
    recording: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    code = demo(recording(), 1, out, True)
    found = facts(capsys)

    assert code == 0 and found["ended"] == ["completed", "completed"], f"both jobs must be completed: {found}"
    assert (found["tasks"], found["data"], found["simulated"]) == (21, "tiny", False), (
        "24 tasks, three of them controls"
    )
    assert found["accuracy"] >= 0.9 and found["majority_accuracy"] >= 0.9, "such workers make good labels"
    assert found["answers_per_task"] == pytest.approx(found["answers"] / 21, abs=1e-3), "answers are counted per task"
    assert found["ledger_ok"], "the books must be sound"
    money = found["paid"] + found["fee"] + found["refunded"]
    assert money == pytest.approx(found["deposited"]), "what came in is paid, kept as fee or given back"
    bought = found["answers"] + found["control_answers"]
    assert found["paid"] == pytest.approx(0.02 * bought), "every answer bought is paid, controls too"
    assert {Path(file).name for file in found["files"]} >= FILES, "charts, labels, transcripts and log are kept"
    assert all(Path(file).stat().st_size for file in found["files"]), "and none of them is empty"


def test_a_replay_with_too_few_answers_ends_when_its_people_have_given_theirs(
    recording: Replay, tmp_path: Path
) -> None:
    folder = recording(workers=3)
    with (folder / "answers.csv").open(encoding="utf-8") as file:
        kept = [line for line in file if not line.startswith(("3,w1", "3,w2", "4,w1", "4,w2"))]
    (folder / "answers.csv").write_text("".join(kept), encoding="utf-8")

    found = run_demo(recorded_cast(folder, 1), tmp_path, Console(quiet=True), 1, speed=FAST)

    assert "exhausted" in found["ended"], f"a job that nobody can go on with must end by itself: {found}"
    assert found["ledger_ok"] and found["accuracy"] > 0.8, "its labels come all the same"


def test_the_simulated_crowd_labels_the_demos_own_messages(tmp_path: Path) -> None:
    found = run_demo(own_cast(1, tasks=24), tmp_path, Console(quiet=True), 1, speed=FAST)

    assert found["simulated"] and set(found["ended"]) == {"completed"}, f"both jobs must be completed: {found}"
    assert found["accuracy"] > 0.7 and found["ledger_ok"], "the labels are good and the books sound"
    chat = (tmp_path / "transcript-worker-telegram.txt").read_text(encoding="utf-8")
    assert "simulated" in chat.splitlines()[0], "what is simulated is called so"


def test_a_folder_that_is_no_recording_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = demo(tmp_path, 1, tmp_path / "out", True)

    shown = capsys.readouterr()
    assert code == 2 and not shown.out, "nothing but an exit code goes to standard output"
    assert "gold.csv is missing" in shown.err, "the reason is said"
