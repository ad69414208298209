"""The large path: the answers of the small one, whole numbers, the same bits however the work is divided or cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from crowds import bits, crowd, shuffled
from large_process import METHOD, all_bits, big

from gpu_jobs.kernels import method
from gpu_jobs.kernels.agreement import krippendorff_alpha
from gpu_jobs.kernels.dawid_skene import DawidSkene
from gpu_jobs.kernels.large import State, alpha, blocks
from gpu_jobs.kernels.large_cpu import UNIT, CpuSweeps, shares, softmax
from gpu_jobs.kernels.large_torch import TorchSweeps
from gpu_jobs.kernels.packed import pack
from gpu_jobs.kernels.values import Ints


def test_it_agrees_with_the_small_path() -> None:
    answers = big()
    small = DawidSkene(n_iter=15, tol=-1.0).fit(answers)
    fit = METHOD.fit(answers)
    assert (fit.labels == small.labels).mean() >= 0.999, "both are Dawid and Skene's model from the same start"
    np.testing.assert_allclose(fit.posterior, small.posterior, atol=0.01, err_msg="posteriors may differ by rounding")


def test_dawid_skene_takes_it_from_a_million_answers_on(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = big()
    monkeypatch.setattr("gpu_jobs.kernels.dawid_skene.LARGE", len(answers.task))
    fit = method("dawid-skene")(answers, iterations=15)
    assert all_bits(fit) == all_bits(replace(METHOD, tol=DawidSkene.tol).fit(answers)), "a batch run is as quick"


def test_the_order_of_rows_does_not_matter() -> None:
    answers = big()
    assert all_bits(METHOD.fit(answers)) == all_bits(METHOD.fit(shuffled(answers, 1))), "pay depends on the bits"


@pytest.mark.parametrize(("threads", "block"), [(1, 500), (2, 1024), (3, 1 << 20)])
def test_threads_and_blocks_do_not_matter(threads: int, block: int) -> None:
    packed = pack(big())
    whole, cut = CpuSweeps(packed, 1), CpuSweeps(packed, threads, block)
    ours, theirs = whole.votes(), cut.votes()
    assert bits(*ours) == bits(*theirs), "sums of whole numbers do not depend on their order"
    assert bits(whole.posterior) == bits(cut.posterior), "nor does a posterior on its neighbours"


def test_counts_are_whole_units_of_all_answers() -> None:
    packed = pack(big())
    counts, classes = CpuSweeps(packed).votes()
    assert abs(counts.sum() / UNIT - len(packed.column)) < 1e-3, "every answer counts once"
    assert abs(classes.sum() / UNIT - packed.n_tasks) < 1e-3, "and every task once"


def test_torch_sweeps_agree_with_those_on_the_cpu() -> None:
    packed = pack(big())
    ours, theirs = CpuSweeps(packed), TorchSweeps(packed, "cpu", chunk=5000)
    counts, classes = ours.votes()
    assert np.abs(theirs.votes()[0] - counts).max() <= 100, "shares of votes differ by rounding only"
    log_rows, log_classes = METHOD._model(State(0, counts, classes), packed.n_classes)
    ours.sweep(log_rows, log_classes)
    theirs.sweep(log_rows, log_classes)
    np.testing.assert_allclose(ours.posterior, theirs.posterior, atol=1e-5, err_msg="the same step in torch")


def test_controls_are_clamped_and_silent_tasks_have_no_label() -> None:
    rows = [(task, worker, task % 2) for task in range(6) for worker in range(3)]
    fit = METHOD.fit(crowd(rows, tasks=8, gold={0: 1, 6: 1}))
    assert fit.labels.tolist() == [1, 1, 0, 1, 0, 1, 1, -1], "control tasks are as known, and task 7 is unknown"
    assert fit.posterior[0].tolist() == [0, 1], "whatever the answers say"


def test_a_checkpoint_resumes_to_the_same_bits(tmp_path: Path) -> None:
    class CutOff(Exception):
        pass

    def cut(step: int, change: float) -> None:
        if step == 7:
            raise CutOff

    packed, steps = pack(big()), []
    kept = replace(METHOD, checkpoint=tmp_path / "state.npz")
    with pytest.raises(CutOff):
        kept.fit_packed(packed, progress=cut)
    again = kept.fit_packed(packed, progress=lambda step, change: steps.append(step))
    assert steps[0] == 7, "the second fit goes on after the sixth iteration"
    assert all_bits(again) == all_bits(METHOD.fit_packed(packed)), "and ends where an uncut one ends"
    assert not list(tmp_path.iterdir()), "nothing is left of the checkpoint"


def test_a_checkpoint_of_other_answers_is_not_used(tmp_path: Path) -> None:
    path, steps = tmp_path / "state.npz", []
    np.savez(path, mark="another", iteration=9, counts=np.zeros(1), classes=np.zeros(1))
    replace(METHOD, checkpoint=path).fit(big(), progress=lambda step, change: steps.append(step))
    assert steps[0] == 1, "it starts anew"


def process(folder: Path, name: str, *words: str) -> list[str]:
    """A process that fits `big` and writes its bits; words go before its name."""
    script = Path(__file__).parents[2] / "large_process.py"
    return [sys.executable, *words, str(script), str(folder / f"{name}.bits"), str(folder / "state.npz")]


def run(command: list[str], pause: str = "0") -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[3]
    paths = os.pathsep.join([str(root), str(root / "tests")])
    return subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": paths, "PAUSE": pause})


def test_a_killed_process_resumes_to_the_same_bits(tmp_path: Path) -> None:
    killed = run(process(tmp_path, "cut"), pause="0.05")
    while not (tmp_path / "state.npz").exists():
        assert killed.poll() is None, "it ended before its first checkpoint"
        time.sleep(0.01)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL, "it must have died in the middle"
    assert not (tmp_path / "cut.bits").exists(), "without a result"
    assert run(process(tmp_path, "cut")).wait() == 0, "the second start goes on"
    assert (tmp_path / "cut.bits").read_bytes() == all_bits(METHOD.fit(big())), "and pays the same"


def test_two_ranks_give_the_same_bits_as_one(tmp_path: Path) -> None:
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    assert run(process(tmp_path, "two", *launch)).wait() == 0, "both ranks must end well"
    assert (tmp_path / "two.bits").read_bytes() == all_bits(METHOD.fit(big())), "pay does not depend on the ranks"


def test_alpha_is_that_of_the_votes() -> None:
    answers = big()
    assert alpha(pack(answers)) == pytest.approx(krippendorff_alpha(answers.votes())), "block by block or at once"


def test_blocks_cover_all_tasks_once() -> None:
    packed = pack(big())
    found: Ints = np.concatenate([np.arange(first, last) for first, last in blocks(packed, 1000)])
    assert (found == np.arange(packed.n_tasks)).all(), "every task is in one block"


def test_softmax_and_shares_sum_to_one() -> None:
    table = np.array([[0, 3, 1], [0, 0, 0]], np.float32)
    assert np.allclose(softmax(table - 100).sum(axis=1), 1), "also far from zero"
    assert np.allclose(shares(table), [[0, 0.75, 0.25], [1 / 3] * 3]), "even where nobody voted"
