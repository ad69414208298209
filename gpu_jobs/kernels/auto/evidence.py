"""What speaks for each fit: how it predicts answers that it has not seen and control tasks that it was not told.

The fits are made again, each time with a fold of the answers left out and a fold of the control tasks treated as
unknown (with all its answers), so that one set of refits serves both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gpu_jobs.kernels.em import Crowd, normalised_rows, sorted_answers
from gpu_jobs.kernels.hierarchical import Hierarchical
from gpu_jobs.kernels.values import Answers, Floats, Ints

FOLDS = 5
SPARED = 10_000  # answers left out of one quick fit, at most
Members = dict[str, Floats]
Fitter = Callable[[Crowd], Members]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Out-of-fit predictions of every member."""

    answers: Floats  # [answer, member], the probability of what was answered
    controls: Floats  # [control task, member, class]
    truth: Ints  # of the control tasks


@dataclass(frozen=True, slots=True)
class Split:
    """Sorted answers and the fold of each answer and task, -1 for none."""

    task: Ints
    worker: Ints
    label: Ints
    answer_fold: Ints
    control_fold: Ints


def gather(answers: Answers, fitter: Fitter) -> Evidence:
    """Refit without each fold in turn."""
    split = _split(answers, FOLDS)
    parts = [_without(answers, split, fold, fitter)[0] for fold in range(FOLDS)]
    return Evidence(
        np.concatenate([part.answers for part in parts]),
        np.concatenate([part.controls for part in parts]),
        np.concatenate([part.truth for part in parts]),
    )


def gather_once(answers: Answers, fitter: Fitter) -> tuple[Evidence, Members]:
    """One fit without a few answers and without half of the control tasks, and that fit itself."""
    split = _split(answers, 2)
    spared = np.flatnonzero(split.answer_fold == 0)
    kept = spared[:: max(1, len(spared) // SPARED)][:SPARED]
    few = np.full(len(split.task), -1)
    few[kept] = 0
    return _without(answers, replace(split, answer_fold=few), 0, fitter)


def _split(answers: Answers, folds: int) -> Split:
    task, worker, label = sorted_answers(answers)
    rng = np.random.default_rng(0)
    known = np.flatnonzero(answers.gold >= 0)
    control_fold = np.full(answers.n_tasks, -1)
    control_fold[known] = rng.permutation(len(known)) % folds
    place = np.arange(len(task)) - np.searchsorted(task, task)
    answer_fold = (place + rng.integers(folds, size=answers.n_tasks)[task]) % folds
    answer_fold[answers.gold[task] >= 0] = -1
    return Split(task, worker, label, answer_fold, control_fold)


def _without(answers: Answers, split: Split, fold: int, fitter: Fitter) -> tuple[Evidence, Members]:
    out = split.answer_fold == fold
    asked = np.flatnonzero(split.control_fold == fold)
    gold = answers.gold.copy()
    gold[asked] = -1
    part = replace(answers, task=split.task[~out], worker=split.worker[~out], label=split.label[~out], gold=gold)
    crowd = Crowd(part)
    found = fitter(crowd)
    left_out = split.task[out], split.worker[out], split.label[out]
    said = np.stack([_foretell(crowd, posterior, left_out) for posterior in found.values()], axis=1)
    told = np.stack([posterior[asked] for posterior in found.values()], axis=1)
    return Evidence(said, told, answers.gold[asked]), found


def _foretell(crowd: Crowd, posterior: Floats, left_out: tuple[Ints, Ints, Ints]) -> Floats:
    """The probability of each left-out answer by a decoder that is common to all members."""
    task, worker, label = left_out
    decoder = Hierarchical()
    counts = crowd.counts(posterior)
    rows = normalised_rows(decoder.rows(counts, decoder.pool(counts)))
    chance: Floats = np.einsum("az,az->a", posterior[task], rows[worker, :, label])
    return chance
