"""`auto`: one configuration for all crowds, a blend of fits by evidence that says what it chose and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_jobs.kernels.auto.blend import Calibration, Calibrator, answer_weights, mixture_weights
from gpu_jobs.kernels.auto.evidence import Evidence, Members, gather, gather_once
from gpu_jobs.kernels.auto.library import VOTE, library_for
from gpu_jobs.kernels.em import Crowd, conclude, normalised_rows
from gpu_jobs.kernels.estimator import Categorical
from gpu_jobs.kernels.hierarchical import Hierarchical
from gpu_jobs.kernels.values import Answers, Fit, Floats

if TYPE_CHECKING:
    from gpu_jobs.kernels.estimator import Progress

SHOWN = 0.15  # weight from which a member is named
FALLBACK = "majority vote"
NOTHING = "Nobody can be compared with anybody: one class, no answers, or one per task and no control tasks."


@dataclass(frozen=True)
class Auto(Categorical):
    """A weighted mean of up to thirteen fits, from majority vote to EBCC and ordered classes, calibrated.

    p_t = sum_m w_m q_m,t. First weights: those that maximise the likelihood of left-out answers, sum_a log sum_m w_m
    p_m(a), with `answer_prior` pseudo-answers (stacking; Yao, Vehtari, Simpson and Gelman, Bayesian Analysis 13,
    2018). With control tasks these are the prior, `control_prior` tasks strong, of weights that maximise the
    likelihood of the control tasks' labels, predicted by fits that were not told them. The result is raised to a
    power, `power` without control tasks (real crowds err together, so that models are too sure), else fitted on them
    with log-normal shrinkage `power_spread`; class biases join when BIC supports them. When majority vote is clearly
    better on the control tasks, it is taken instead. Above `large` answers few fits of few steps are blended.

    >>> import pandas as pd
    >>> rows = [("t1", "a", 1), ("t1", "b", 1), ("t1", "c", 0), ("t2", "a", 0), ("t2", "b", 0), ("t2", "c", 0)]
    >>> method = Auto()
    >>> method.fit_predict(pd.DataFrame(rows, columns=["task", "worker", "label"])).to_dict()
    {'t1': 1, 't2': 0}
    >>> method.fit_.reason.endswith("no control tasks, so the default calibration.")
    True
    """

    answer_prior: float = 30.0
    control_prior: float = 5.0
    power: float = 0.65
    power_spread: float = 0.5
    bias_spread: float = 0.3
    large: int = 100_000

    def fit(self, answers: Answers, *, progress: Progress | None = None) -> Fit:
        """Fit all, gather evidence, blend, calibrate."""
        crowd = Crowd(answers)
        if answers.n_classes < 2 or crowd.degree.max(initial=0) < 2 - (len(crowd.known) > 0):
            trivial = conclude(crowd, crowd.vote_shares(1.0), iterations=0)
            return replace(trivial, chosen=FALLBACK, reason=NOTHING)
        library = library_for(crowd)
        if len(answers.task) < self.large:
            found, evidence = library.members(crowd), gather(answers, library.members)
        else:
            evidence, part = gather_once(answers, library.quick_members)
            found = library.finished(crowd, part)
        if progress:
            progress(1, 0.0)
        return self._blend(crowd, found, evidence)

    def _blend(self, crowd: Crowd, found: Members, evidence: Evidence) -> Fit:
        truth = evidence.truth
        weights = answer_weights(evidence.answers, self.answer_prior)
        told = evidence.controls[np.arange(len(truth)), :, truth]
        if len(truth):
            weights = mixture_weights(told, self.control_prior * weights)
        foretold = np.tensordot(evidence.controls, weights, ([1], [0]))
        vote_wins = _clearly_better(evidence.controls[:, 0], foretold, evidence)
        if vote_wins:
            weights, foretold = np.eye(len(weights))[0], evidence.controls[:, 0]
        calibration = Calibrator(self.power, self.power_spread, self.bias_spread).fit(foretold, truth)
        posterior = np.zeros_like(found[VOTE])
        for weight, member in zip(weights, found.values(), strict=True):
            posterior += weight * member
        posterior = crowd.clamp(calibration.apply(posterior))
        fit = conclude(crowd, posterior, rows=_rows(crowd, posterior))
        chosen = _named(list(found), weights)
        return replace(fit, chosen=chosen, reason=_reason(len(found), evidence, calibration, vote_wins))


def _clearly_better(vote: Floats, blend: Floats, evidence: Evidence) -> bool:
    """Whether the vote is right on more control tasks, by more than a standard error."""
    right = (table.argmax(axis=1) == evidence.truth for table in (vote, blend))
    ours, theirs = next(right), next(right)
    discordant = int((ours != theirs).sum())
    return bool(int(ours.sum()) - int(theirs.sum()) > max(1.0, discordant**0.5))


def _rows(crowd: Crowd, posterior: Floats) -> Floats:
    """Worker confusions that belong to the blended posterior."""
    decoder = Hierarchical()
    counts = crowd.counts(posterior)
    return normalised_rows(decoder.rows(counts, decoder.pool(counts)))


def _named(names: list[str], weights: Floats) -> str:
    """The heaviest members with their weights in percent."""
    order = np.argsort(-weights, kind="stable")
    heavy = [place for place in order if weights[place] >= SHOWN] or [order[0]]
    return " + ".join(f"{names[place]} {weights[place]:.0%}" for place in heavy)


def _reason(size: int, evidence: Evidence, calibration: Calibration, vote_wins: bool) -> str:
    """One sentence for the requester."""
    controls = len(evidence.truth)
    if vote_wins:
        return f"Majority vote is clearly better than the blend of {size} fits on {controls} control tasks."
    base = f"A blend of {size} fits, weighted by how well they predict {len(evidence.answers)} left-out answers"
    if not controls:
        return f"{base}; no control tasks, so the default calibration."
    shift = " and class shares" if calibration.bias.any() else ""
    return f"{base} and {controls} control tasks, which also set the confidence (power {calibration.power:.2f}){shift}."
