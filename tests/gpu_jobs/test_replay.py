"""The replay: real router code over recorded answers, sums that add up, the same seed the same outcome.

Covers gpu_jobs.replay.recording, gpu_jobs.replay.desk, gpu_jobs.replay.arrivals, gpu_jobs.replay.policy,
gpu_jobs.replay.run, gpu_jobs.replay.curve, gpu_jobs.replay.report, gpu_jobs.replay.frontier, gpu_jobs.replay.peers,
gpu_jobs.replay.plot and bots.replay_command.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bots.cli import app
from core import beliefs, enough, policies, routing
from core.beliefs import untold
from core.errors import BadUpload
from core.service import judging
from gpu_jobs.replay import desk, policy
from gpu_jobs.replay.desk import NO_CONTROLS, Controls
from gpu_jobs.replay.frontier import compare, cost_at, frontier, spread
from gpu_jobs.replay.peers import peer_of
from gpu_jobs.replay.policy import Policy, judge_of
from gpu_jobs.replay.recording import Recording, read_recording
from gpu_jobs.replay.run import Arrivals, Outcome, Plan, replay

WORKERS, TASKS = 12, 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a made-up crowd: everybody answers every task, the last workers guess."""
    rng, place = np.random.default_rng(5), tmp_path_factory.mktemp("birds")
    truth = rng.integers(2, size=TASKS)
    accuracy = np.linspace(0.95, 0.5, WORKERS)
    said = np.where(rng.random((WORKERS, TASKS)) < accuracy[:, None], truth, 1 - truth)
    rows = [f"t{t:02},w{w:02},{said[w, t]}" for w in range(WORKERS) for t in range(TASKS)]
    (place / "answers.csv").write_text("\n".join(["task,worker,label", *rows]))
    (place / "gold.csv").write_text("\n".join(["task,label", *(f"t{t:02},{label}" for t, label in enumerate(truth))]))
    return place


@pytest.fixture(scope="module")
def birds(folder: Path) -> Recording:
    """The same, read."""
    return read_recording(folder)


def test_a_recording_holds_what_the_files_say(birds: Recording) -> None:
    assert (birds.n_tasks, birds.n_workers, birds.n_classes, birds.deepest) == (TASKS, WORKERS, 2, WORKERS), "all of it"


def test_a_folder_without_known_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadUpload, match="no such file"):
        read_recording(tmp_path)


def test_the_replay_decides_by_the_code_of_the_live_service() -> None:
    used = {**vars(desk), **vars(policy)}
    assert used["refit"] is beliefs.refit and used["hypotheses"] is beliefs.hypotheses, "beliefs are core's own"
    assert used["decide"] is enough.decide and used["decide"] is vars(judging)["enough"].decide, (
        "and the router's verdicts"
    )
    assert used["judge_shares"] is policies.judge_shares and used["judge"] is routing.judge, (
        "and those of plain overlap"
    )


def test_a_seed_says_everything(birds: Recording) -> None:
    first, second, other = (replay(birds, Plan(), 0.9, seed) for seed in (1, 1, 2))
    assert first.answers_per_task == second.answers_per_task and first.accuracy == second.accuracy, (
        "same seed, same run"
    )
    assert (first.answers_per_task, first.load) != (other.answers_per_task, other.load), "another seed, another run"


def bought(recording: Recording, plan: Plan, targets: tuple[float, ...]) -> list[Outcome]:
    """One replay per target."""
    return [replay(recording, plan, target, 0) for target in targets]


@pytest.mark.parametrize("arrivals", list(Arrivals))
def test_higher_confidence_costs_more_and_is_right_more_often(birds: Recording, arrivals: Arrivals) -> None:
    low, high = bought(birds, Plan(arrivals=arrivals), (0.6, 0.99))
    assert low.answers_per_task < high.answers_per_task, "confidence is bought"
    assert high.accuracy > 0.9 and high.accuracy >= low.accuracy, "and is worth its price"


def test_fixed_overlap_buys_exactly_that(birds: Recording) -> None:
    assert [o.answers_per_task for o in bought(birds, Plan(Policy.FIXED), (1, 3))] == [1, 3], "no more and no less"


def test_a_budget_is_kept_and_reaches_every_task(birds: Recording) -> None:
    outcome = replay(birds, Plan(Policy.BUDGET), 1.5, 0)
    assert outcome.answers_per_task == 1.5, "the budget is spent to the last answer"
    assert len(outcome.right), "and every task has a label"


def test_worth_buys_answers(birds: Recording) -> None:
    poor, rich = bought(birds, Plan(Policy.VALUE), (2, 200))
    assert poor.answers_per_task < rich.answers_per_task, "a label worth more gets more answers"


def test_a_checkpoint_buys_less_than_the_rule_on_all_tasks(birds: Recording) -> None:
    some, every = (replay(birds, Plan(one), 0.99, 0) for one in (Policy.CHECKPOINT, Policy.DYNAMIC))
    assert 2 <= some.answers_per_task < every.answers_per_task, "unchecked tasks stay at the minimum"


def test_invitations_keep_the_load_cap(birds: Recording) -> None:
    for target in (0.6, 0.8, 0.95):
        assert replay(birds, Plan(arrivals=Arrivals.NAMED, load_cap=2.0), target, 3).load <= 2, "nobody works for three"


def test_a_small_job_has_enough_control_tasks_to_learn_a_calibration_from(birds: Recording) -> None:
    def controls(share: float) -> int:
        return int(_fresh(birds, Controls(share)).control.sum())

    assert [controls(share) for share in (0.0, 0.1, 0.5)] == [0, 15, 30], "a quarter of 60 tasks at the least, or none"


def _fresh(recording: Recording, controls: Controls) -> desk.Desk:
    """A job that nobody has answered yet."""
    return desk.Desk(recording, judge_of(Policy.FIXED, 1, (1, 1)), 0, voting=True, budget=None, controls=controls)


def test_control_tasks_may_be_as_many_of_each_class(birds: Recording) -> None:
    rare = replace(birds, gold=(np.arange(TASKS) < 10).astype(np.int64))
    chosen = _fresh(rare, Controls(0.25, even=True)).control
    assert np.bincount(rare.gold[chosen]).tolist() == [8, 7], "fifteen, the classes in turn"
    most = _fresh(rare, Controls(0.5, even=True)).control
    assert np.bincount(rare.gold[most]).tolist() == [20, 10], "and the others once a class has no more"


def test_control_tasks_are_told_to_the_fit_and_are_not_scored(birds: Recording) -> None:
    one = _fresh(birds, Controls(0.25))
    known = one.evidence().gold
    assert known is not None and (known[one.control] == birds.gold[one.control]).all(), "their classes are known"
    assert (known[~one.control] == -1).all() and untold(one.evidence()).gold is None, "those of others never"
    outcome = replay(birds, Plan(controls=Controls(0.25)), 0.9, 0)
    assert len(outcome.right) <= TASKS - 15, "what is known is no achievement"


def test_how_a_control_task_is_judged_does_not_hang_on_its_class(birds: Recording) -> None:
    gold = birds.gold.copy()
    control = np.flatnonzero(_desk(birds).control)
    one, other = (int(control[gold[control] == label][0]) for label in (0, 1))
    gold[[one, other]] = gold[[other, one]]
    told, swapped = _desk(birds), _desk(replace(birds, gold=gold))
    assert not np.allclose(told.snapshot.rows, swapped.snapshot.rows), "the fit for the other tasks is told the classes"
    assert np.array_equal(told.weights[control], swapped.weights[control]), (
        "judged by what it teaches of its workers, a control task would close when right and stay open when wrong"
    )
    for task in (one, other):
        assert told.belief_about(task) is told.untold, "the same holds between two refits"


def _desk(recording: Recording) -> desk.Desk:
    """A job of which three workers have answered every task."""
    made = desk.Desk(recording, lambda *_: False, 3, voting=False, budget=None, controls=Controls(0.2))
    for worker in range(3):
        for place in range(TASKS):
            made.answer(worker, place)
    made.settle()
    return made


def test_a_replay_without_control_tasks_scores_every_task(birds: Recording) -> None:
    outcome = replay(birds, Plan(Policy.FIXED, controls=NO_CONTROLS), 3, 0)
    assert len(outcome.right) == TASKS, "nothing is left out"
    assert outcome.stated == pytest.approx(outcome.raw), "and nothing calibrates it"


def test_the_share_of_control_tasks_may_be_chosen(folder: Path) -> None:
    told = ["replay", str(folder), "--target", "0.9", "--seeds", "1", "--json", "--controls"]
    none, half = (json.loads(CliRunner().invoke(app, [*told, share]).stdout)["points"][0] for share in ("0", "0.5"))
    assert none != half, "what is known changes what is bought"
    even = json.loads(CliRunner().invoke(app, [*told, "0.5", "--even-controls"]).stdout)["points"][0]
    assert even != half, "so does how they were chosen"


def test_a_frontier_drops_what_is_dearer_and_worse() -> None:
    assert frontier([(3, 0.8), (1, 0.7), (2, 0.65)]) == [(1, 0.7), (3, 0.8)], "only what nothing beats"


def test_cost_is_read_off_between_points() -> None:
    assert cost_at([(1, 0.7), (3, 0.8)], 0.75) == pytest.approx(2), "half of the way in accuracy and cost"
    assert cost_at([(1, 0.7), (3, 0.8)], 0.9) is None, "what is never reached has no cost"


def test_a_comparison_is_made_where_both_reach() -> None:
    found = compare([(1, 0.7), (3, 0.8)], [(2, 0.7), (4, 0.8), (9, 0.95)])
    assert [found.saved, found.least_saved] == pytest.approx([0.375, 0.25]), "half and a quarter are saved"


def test_the_worst_point_may_be_one_of_ours() -> None:
    found = compare([(1, 0.7), (3, 0.8), (6, 0.82)], [(2, 0.7), (4, 0.8), (6, 0.9)])
    assert found.least_saved == pytest.approx(1 - 6 / 4.4), "their curve has no spot there, and is cheaper"
    assert found.least_gap == pytest.approx(-0.08), "at equal cost"


def test_an_interval_holds_what_the_seeds_say() -> None:
    rng = np.random.default_rng(0)
    costs, (noise, other) = np.array([1.0, 2.0, 3.0, 4.0]), rng.normal(0, 0.004, (2, 4, 12))
    ours = np.stack([np.tile(costs[:, None], 12), 0.7 + 0.03 * costs[:, None] + noise], axis=2)
    theirs = np.stack([np.tile(1.25 * costs[:, None], 12), 0.7 + 0.03 * costs[:, None] + other], axis=2)
    saved, gap = spread(ours, theirs, rng)
    assert saved is not None and saved[0] <= 0.2 <= saved[1] and saved[1] - saved[0] < 0.1, "a fifth is saved"
    assert gap is not None and gap[0] > 0, "and it is surely better"
    assert spread(ours[:, :1], theirs[:, :1], rng) == (None, None), "one seed has no spread"


def test_a_peer_is_quoted_where_it_was_measured() -> None:
    assert peer_of("rte", "sessions") and peer_of("birds", "sessions") is None, "no figure is made up"


def test_the_command_prints_one_json_object(folder: Path) -> None:
    told = ["replay", str(folder), "--target", "0.8", "--target", "0.95", "--seeds", "2", "--json"]
    result = CliRunner().invoke(app, told)
    facts = json.loads(result.stdout)
    assert (facts["dataset"], facts["policy"], facts["seeds"]) == (folder.name, "router", 2), "what was replayed"
    names = {"target", "answers_per_task", "accuracy", "accuracy_sd", "ece"}
    assert [set(point) for point in facts["points"]] == [names] * 2, "the promised numbers of both targets"


def test_the_command_prints_a_table_and_draws_a_plot(folder: Path, tmp_path: Path) -> None:
    told = ["replay", str(folder), "--target", "0.9", "--seeds", "1", "--plot", str(tmp_path / "curve.png")]
    result = CliRunner().invoke(app, told)
    assert "dynamic overlap, best of all its settings" in result.stdout, "the rival is printed beside"
    assert "…" not in result.stdout and "95 % of mean" in result.stdout, "no heading and no figure is cut off in a pipe"
    assert (tmp_path / "curve.png").stat().st_size > 5000, "a figure was written"


@pytest.mark.parametrize("wrong", [["--policy", "best"], ["--arrivals", "bus"], ["--target", "7"]])
def test_a_wrong_word_is_one_line(folder: Path, wrong: list[str]) -> None:
    result = CliRunner().invoke(app, ["replay", str(folder), *wrong])
    assert result.exit_code == 2 and "✗" in result.output, "told in a line, with the exit code of unusable input"
