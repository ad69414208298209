"""The simulated crowd of a plan (gpu_jobs.planning.crowd, simulate, plot) and `tapcrowd plan` (bots.plan_command)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import bots.plan_command
from bots.cli import app
from core.ledger import Price
from core.model import Overlap
from core.planning import Choice, Crowd, Work, choices
from gpu_jobs.planning.crowd import draw_accuracies, house_mean, simulate_crowd
from gpu_jobs.planning.plot import draw
from gpu_jobs.planning.simulate import simulate

WORK = Work(60, (0.5, 0.3, 0.2), Overlap("dynamic", 2, 4, 0.9), Price(20_000, 4_000, "USD"))
JOB = "title: Fruit\nquestion: Which?\noptions: [fruit, bread]\nprice: 0.02 USD\noverlap: 3\n"


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["plan", *map(str, words)], env={"COLUMNS": "200", "TERM": "dumb"})


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.yaml").write_text(JOB)
    rows = "".join(f"t{n},item {n},{'fruit' if n < 4 else ''}\n" for n in range(40))
    (tmp_path / "items.csv").write_text("id,text,gold\n" + rows)
    return tmp_path / "job.yaml", tmp_path / "items.csv"


def test_the_crowd_is_as_right_as_was_said_hard_tasks_included() -> None:
    recording = simulate_crowd(Crowd(0.8, 200), (0.6, 0.4), 300, np.random.default_rng(1))
    right = np.mean([(said == recording.gold).mean() for said in recording.said])
    assert abs(right - 0.8) < 0.03, "the average over all answers is the stated accuracy"
    assert abs((recording.gold == 0).mean() - 0.6) < 0.1, "classes are as common as the control tasks are"


def test_what_the_house_knows_shifts_the_crowd() -> None:
    strong, weak = Crowd(0.8, 100, known=((95.0, 5.0),) * 30), Crowd(0.8, 100, known=((50.0, 50.0),) * 30)
    assert house_mean(strong) > 0.87 and house_mean(weak) < 0.65, "a stranger is taken for one like those who are known"
    rng = np.random.default_rng(2)
    means = [draw_accuracies(crowd, rng).mean() for crowd in (strong, Crowd(0.8, 100), weak)]
    assert means[0] > means[1] > means[2], "and known workers come with their own record"


def test_more_answers_are_dearer_slower_and_better_and_the_seeds_decide_all() -> None:
    told: list[tuple[int, int]] = []
    tried = choices(WORK)
    found = simulate(WORK, Crowd(), tried, 4, lambda done, total: told.append((done, total)))
    one, three, five, dynamic = found[:4]
    assert one.accuracy < three.accuracy < five.accuracy, "more answers are more often right"
    assert one.cost < three.cost < five.cost and one.seconds < three.seconds, "and cost more money and time"
    assert three.cost == 60 * 3 * 24_000 and three.seconds == 60 * 3 * 6 / 20, "by the price and the pace"
    assert 2 <= dynamic.answers_per_task <= 4, "dynamic overlap keeps its bounds"
    assert all(each.low <= each.accuracy <= each.high for each in found), "a range around each"
    assert found == simulate(WORK, Crowd(), tried, 4) and told[-1] == (24, 24), "the same again, and told how far"


def test_a_checkpoint_lies_between_its_two_halves() -> None:
    looked = Overlap("dynamic", 1, 5, 0.95)
    work = Work(60, (0.5, 0.5), Overlap("checkpoint", 1, 5, 0.95, 0.5), Price(1, 0, "USD"))
    tried = [choices(work, ["fixed"])[0], *choices(work, ["checkpoint"]), Choice("", looked)]
    least, checkpoint, dynamic = (one.answers_per_task for one in simulate(work, Crowd(), tried, 2))
    assert least == 1.0 and checkpoint == pytest.approx((1 + dynamic) / 2), "the rule looks at half of the tasks"
    assert dynamic > 1.2, "where it looks it buys more"


def test_the_table_the_advice_and_the_plot(files: tuple[Path, Path], tmp_path: Path) -> None:
    result = call(*files, "--seeds", "2", "--plot", tmp_path / "plan.png")
    assert result.exit_code == 0, result.output
    assert "fixed 3 (yours)" in result.stdout and "dynamic 2-5 at 90%" in result.stdout, "side by side"
    assert "Advised: " in result.stdout and "written: " in result.stdout, "what to take, and where the figure is"
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG"), "a picture"
    assert draw.__module__ == "gpu_jobs.planning.plot", "drawn there"


def test_json_is_one_object(files: tuple[Path, Path]) -> None:
    result = call(*files, "--seeds", "2", "--policy", "fixed", "--workers", "5", "--json")
    facts = json.loads(result.stdout)
    assert [row["policy"] for row in facts["policies"]] == ["fixed 1", "fixed 3", "fixed 5"], "only what was asked for"
    assert facts["tasks"] == 36 and facts["crowd"]["workers"] == 5, "what it was planned from"
    assert facts["policies"][1]["yours"] and facts["policies"][1]["cost"] == pytest.approx(36 * 3 * 1.1 * 0.024), "cost"
    assert facts["reason"].startswith("Advised"), "and why"


def test_what_is_wrong_is_said_as_in_an_upload(files: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(JOB.replace("title: Fruit\n", "").replace("overlap: 3", "overlap: 0"))
    result = call(tmp_path / "bad.yaml", files[1])
    assert result.exit_code == bots.plan_command.UNUSABLE, "not planned"
    assert "title: is missing" in result.stderr and "overlap: " in result.stderr, "every fault of the job file"
    (tmp_path / "bad.csv").write_text("id,text,gold\na,x,cheese\n")
    assert "cheese" in call(files[0], tmp_path / "bad.csv").stderr, "and those of the items"
    assert "no policy 'best'" in call(*files, "--policy", "best").stderr, "an unknown policy"
    assert call(*files, "--plot", "x.bmp", "--seeds", "2").exit_code == 2, "a format that cannot be drawn"
    assert call(tmp_path / "none.yaml", files[1]).exit_code == 2, "a file that is not there"
